// Package detectortest is the acceptance test that every detector passes.
package detectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// A Case is a file and what the detector must say about it.
type Case struct {
	Name string
	File string // the file's name on disk; "model.bin" when empty
	Data []byte
	Want []string // IDs of the rules that fire, sorted, each once; none: the file is clean
	// Unread: the file must end as incomplete (with the findings in Want, besides
	// scan-incomplete, which is not listed).
	Unread bool
	// AnyPrefix: a proper prefix of the file may be clean, because its format has
	// no end that could be missing; it says why.
	AnyPrefix string
	// Named: the file is not text, and yet known by its name; it says why.
	Named string
	// Heavy: every scan of the file is expensive, so only a few prefixes are
	// tried.
	Heavy bool
}

// maxPrefixes bounds how many prefixes of a case are tried.
const (
	maxPrefixes      = 600
	maxHeavyPrefixes = 6
)

// Run checks that each case is as wanted; that two scans agree; that every rule
// of d fires in some case, has help and a sound ID; that nothing undeclared
// fires; that no case and no prefix of one crashes, and that no proper prefix of a
// clean case is clean; that JSON is judged alike behind white space. also are
// detectors for what d hands back to the scan.
func Run(t *testing.T, d *detector.Detector, cases []Case, also ...*detector.Detector) {
	t.Helper()
	all := append([]*detector.Detector{d}, also...)
	fired := make(map[string]bool)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			got := check(t, all, c)
			for _, id := range got {
				fired[id] = true
			}
			prefixes(t, all, c)
			renamed(t, all, c)
			behindSpace(t, all, c)
		})
	}
	rules(t, d, fired)
}

// rules checks that every rule of d fired somewhere and is written out.
func rules(t *testing.T, d *detector.Detector, fired map[string]bool) {
	t.Helper()
	for _, r := range d.Rules {
		if !fired[r.ID] {
			t.Errorf("rule %s fires in no case", r.ID)
		}
		if r.Help() == "" {
			t.Errorf("rule %s has no section in help.md", r.ID)
		}
		if r.Title == "" || r.Severity == 0 || r.Precision == 0 || r.Since == "" {
			t.Errorf("rule %s lacks a title, a severity, a precision or a version: %+v", r.ID, r)
		}
	}
}

// check scans a case twice and compares the outcome with what is wanted. It
// returns the rules that fired.
func check(t *testing.T, all []*detector.Detector, c Case) []string {
	t.Helper()
	first, second := Scan(all, c.File, c.Data), Scan(all, c.File, c.Data)
	if a, b := fmt.Sprintf("%+v", view(first)), fmt.Sprintf("%+v", view(second)); a != b {
		t.Errorf("two scans differ:\n%s\n%s", a, b)
	}
	got := RuleIDs(first)
	if !slices.Equal(got, c.Want) {
		t.Errorf("rules: got %v, want %v\n%s", got, c.Want, view(first))
	}
	if unread := first.Unread(); unread != c.Unread {
		t.Errorf("unread: got %v (%s), want %v", unread, first.Reason, c.Unread)
	}
	if slices.Contains(allIDs(first), "scan-crashed") {
		t.Errorf("crashes: %s", view(first))
	}
	if len(c.Want) == 0 && !c.Unread && first.Status != audit.Clean {
		t.Errorf("status: got %s, want clean", first.Status)
	}
	declared(t, all, first)
	return got
}

// renamed checks that content outranks the name: what is not text is known
// whatever it is called, unless it is damaged.
func renamed(t *testing.T, all []*detector.Detector, c Case) {
	t.Helper()
	if c.Named != "" || c.Unread || c.File == "" || utf8.Valid(c.Data) {
		return
	}
	want := Scan(all, c.File, c.Data).Formats
	for _, name := range []string{"model.bin", "model"} {
		got := Scan(all, name, c.Data).Formats
		if slices.ContainsFunc(want, func(f string) bool { return !slices.Contains(got, f) }) {
			t.Errorf("as %q: got %v, as %q %v", name, got, c.File, want)
		}
	}
}

// behindSpace checks that JSON is judged alike behind more white space than a
// detector sees of a file before it decides whether to run.
func behindSpace(t *testing.T, all []*detector.Detector, c Case) {
	t.Helper()
	if !json.Valid(c.Data) || bytes.IndexAny(c.Data, "{[") != 0 {
		return
	}
	got := Scan(all, c.File, append(bytes.Repeat([]byte(" "), artifact.FirstSize), c.Data...))
	if ids := RuleIDs(got); !slices.Equal(ids, c.Want) {
		t.Errorf("behind white space: got %v, want %v\n%s", ids, c.Want, view(got))
	}
}

// declared checks that no rule fires which the detectors do not declare, and
// that findings have what a report shows.
func declared(t *testing.T, all []*detector.Detector, f audit.File) {
	t.Helper()
	for _, found := range f.Findings {
		known := slices.Contains(scan.Rules, found.Rule)
		for _, d := range all {
			known = known || slices.Contains(d.Rules, found.Rule)
		}
		if !known {
			t.Errorf("rule %s is not declared", found.Rule.ID)
		}
		if found.Key == "" || found.Message == "" {
			t.Errorf("finding of %s lacks a key or a message: %+v", found.Rule.ID, found)
		}
	}
}

// prefixes scans the beginnings of a case: what is cut must neither crash nor
// pass for whole.
func prefixes(t *testing.T, all []*detector.Detector, c Case) {
	t.Helper()
	clean := len(c.Want) == 0 && !c.Unread && c.AnyPrefix == ""
	tried := maxPrefixes
	if c.Heavy {
		tried = maxHeavyPrefixes
	}
	step := max(1, len(c.Data)/tried)
	for n := 0; n < len(c.Data); n += step {
		got := Scan(all, c.File, c.Data[:n])
		if got.Status == audit.Clean && clean {
			t.Errorf("the first %d of %d bytes are clean", n, len(c.Data))
			return
		}
		if slices.Contains(allIDs(got), "scan-crashed") {
			t.Errorf("the first %d of %d bytes crash: %s", n, len(c.Data), view(got))
			return
		}
	}
}

// Scan scans data as a file on disk with the given detectors and the default
// limits. An empty name means "model.bin".
func Scan(all []*detector.Detector, name string, data []byte) audit.File {
	if name == "" {
		name = "model.bin"
	}
	return ScanFile(all, artifact.File{Path: name, Content: hostile.Bytes(data), Size: int64(len(data))})
}

// ScanFile is Scan for a file that has neighbours, or more content than there is
// memory for.
func ScanFile(all []*detector.Detector, f artifact.File) audit.File {
	s := scan.Scanner{Detectors: all, Limits: hostile.DefaultLimits(), Now: time.Now, Search: settings.DefaultSearch}
	return s.File(context.Background(), f)
}

// RuleIDs returns the rules that fired, sorted, each once, without
// scan-incomplete.
func RuleIDs(f audit.File) []string {
	ids := slices.DeleteFunc(allIDs(f), func(id string) bool { return id == "scan-incomplete" })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// allIDs are the rules of all findings, in their order.
func allIDs(f audit.File) []string {
	var ids []string
	for _, found := range f.Findings {
		ids = append(ids, found.Rule.ID)
	}
	return ids
}

// view prints a conclusion for a failed test.
func view(f audit.File) string {
	s := fmt.Sprintf("%s %v %s\n", f.Status, f.Formats, f.Reason)
	for _, found := range f.Findings {
		s += fmt.Sprintf("  %#x %s %v: %s\n", found.Location.Offset, found.Rule.ID, found.Location.Inside, found.Message)
		for _, step := range found.Evidence {
			s += fmt.Sprintf("      %#x %s\n", step.Offset, step.Text)
		}
	}
	return s
}
