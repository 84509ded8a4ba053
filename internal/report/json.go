// Package report writes what a scan concluded, one file per form.
package report

import (
	"encoding/json"
	"io"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// SchemaVersion changes when a reader of the JSON document must change.
const SchemaVersion = "1"

type document struct {
	SchemaVersion string        `json:"schema_version"`
	Tool          tool          `json:"tool"`
	Summary       summary       `json:"summary"`
	Files         []fileEntry   `json:"files"`
	Findings      []findingItem `json:"findings"`
}

type tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type summary struct {
	Files      int    `json:"files"`
	Findings   counts `json:"findings"`
	Incomplete int    `json:"incomplete"`
	Verdict    string `json:"verdict"`
}

type counts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Info     int `json:"info"`
}

type fileEntry struct {
	Path    string   `json:"path"`
	Status  string   `json:"status"`
	Formats []string `json:"formats"`
	Size    int64    `json:"size"`
	Reason  string   `json:"reason"`
}

type findingItem struct {
	Rule        string   `json:"rule"`
	Severity    string   `json:"severity"`
	Precision   string   `json:"precision"`
	Path        string   `json:"path"`
	Inside      []string `json:"inside"`
	Offset      int64    `json:"offset"`
	Length      int64    `json:"length"`
	Message     string   `json:"message"`
	Fingerprint string   `json:"fingerprint"`
	Evidence    []step   `json:"evidence"`
}

type step struct {
	Offset int64  `json:"offset"`
	Text   string `json:"text"`
}

// JSON writes the outcome as one JSON document.
func JSON(w io.Writer, version string, o policy.Outcome) error {
	r := &o.Report
	doc := document{
		SchemaVersion: SchemaVersion,
		Tool:          tool{Name: "modelaudit", Version: version},
		Summary:       summarise(r, o.Verdict),
		Files:         []fileEntry{},
		Findings:      []findingItem{},
	}
	for _, f := range r.Files {
		formats := append([]string{}, f.Formats...)
		doc.Files = append(doc.Files, fileEntry{f.Path, string(f.Status), formats, f.Size, f.Reason})
	}
	for _, f := range r.Findings() {
		doc.Findings = append(doc.Findings, item(f))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

func summarise(r *audit.Report, verdict policy.Verdict) summary {
	n := r.Count()
	return summary{
		Files:      len(r.Files),
		Findings:   counts{n[rule.Critical], n[rule.High], n[rule.Medium], n[rule.Low], n[rule.Info]},
		Incomplete: len(r.Unread()),
		Verdict:    string(verdict),
	}
}

func item(f finding.Finding) findingItem {
	out := findingItem{
		Rule:        f.Rule.ID,
		Severity:    f.Rule.Severity.String(),
		Precision:   f.Rule.Precision.String(),
		Path:        f.Location.Path,
		Inside:      append([]string{}, f.Location.Inside...),
		Offset:      f.Location.Offset,
		Length:      f.Location.Length,
		Message:     f.Message,
		Fingerprint: f.Fingerprint(),
		Evidence:    []step{},
	}
	for _, s := range f.Evidence {
		out.Evidence = append(out.Evidence, step{s.Offset, s.Text})
	}
	return out
}
