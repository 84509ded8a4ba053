package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// baselineVersion changes when a reader of baselines must change.
const baselineVersion = "1"

// A Baseline is a list of findings that were there when it was written. They do
// not count; new ones do.
type Baseline struct {
	Name    string // of the file it was read from
	Entries []Entry
}

// An Entry is one known finding. Only path and fingerprint are compared; rule
// and message are for people who review the file.
type Entry struct {
	Path        string `json:"path"` // as Policy.Name gives it
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule"`
	Message     string `json:"message"`
}

type baselineDocument struct {
	SchemaVersion string  `json:"schema_version"`
	Findings      []Entry `json:"findings"`
}

// ReadBaseline reads what Baseline.Write wrote. Errors name the file.
func ReadBaseline(name string, data []byte) (*Baseline, error) {
	var doc baselineDocument
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%s: not a baseline: %w", name, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: not a baseline: more follows its end", name)
	}
	if doc.SchemaVersion != baselineVersion {
		return nil, fmt.Errorf("%s: schema_version %q is not %q", name, doc.SchemaVersion, baselineVersion)
	}
	for i, e := range doc.Findings {
		if e.Path == "" || e.Fingerprint == "" {
			return nil, fmt.Errorf("%s: entry %d lacks a path or a fingerprint", name, i+1)
		}
	}
	return &Baseline{Name: name, Entries: doc.Findings}, nil
}

// Record makes the baseline in which every finding of an outcome is known,
// whether it counts or is known already; what was accepted or allowed stays
// with the policy file.
func Record(o *Outcome) *Baseline {
	b := &Baseline{}
	add := func(path, fingerprint, rule, message string) {
		b.Entries = append(b.Entries, Entry{o.Policy.name(path), fingerprint, rule, message})
	}
	for _, f := range o.Report.Findings() {
		add(f.Location.Path, f.Fingerprint(), f.Rule.ID, f.Message)
	}
	for _, s := range o.Suppressed {
		if f := s.Finding; s.By == ByBaseline {
			add(f.Location.Path, f.Fingerprint(), f.Rule.ID, f.Message)
		}
	}
	slices.SortFunc(b.Entries, func(x, y Entry) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Rule, y.Rule), strings.Compare(x.Fingerprint, y.Fingerprint))
	})
	return b
}

// Write writes the baseline as JSON, one key a line, for review as text.
func (b *Baseline) Write(w io.Writer) error {
	return plain.WriteJSON(w, baselineDocument{baselineVersion, append([]Entry{}, b.Entries...)}, "  ")
}

type entryKey struct{ path, fingerprint string }

// A matcher finds entries and remembers which were found.
type matcher struct{ seen map[entryKey]bool }

// matcher matches findings with entries; without a baseline nothing matches.
func (b *Baseline) matcher() *matcher {
	m := &matcher{seen: make(map[entryKey]bool)}
	if b != nil {
		for _, e := range b.Entries {
			m.seen[entryKey{e.Path, e.Fingerprint}] = false
		}
	}
	return m
}

// match reports whether a finding is known, and remembers that its entry was
// used.
func (m *matcher) match(path, fingerprint string) bool {
	key := entryKey{path, fingerprint}
	if _, ok := m.seen[key]; !ok {
		return false
	}
	m.seen[key] = true
	return true
}

// unused counts entries that match nothing any more.
func (m *matcher) unused() int {
	n := 0
	for _, used := range m.seen {
		if !used {
			n++
		}
	}
	return n
}
