// Package report writes what a scan concluded, one file per form.
package report

import (
	"io"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// schemaVersion changes when a reader of the JSON document must change.
const schemaVersion = "1"

// A document is the whole report. Its keys are a contract: see schemaVersion.
type document struct {
	SchemaVersion string           `json:"schema_version"`
	Tool          tool             `json:"tool"`
	Summary       summary          `json:"summary"`
	Files         []fileEntry      `json:"files"`
	Findings      []findingItem    `json:"findings"`
	Suppressed    []suppressedItem `json:"suppressed"`
	Fixed         []findingItem    `json:"fixed,omitempty"` // what a change removes, where versions were compared
	Warnings      []string         `json:"warnings"`        // about the policy's own entries
}

// A tool is what wrote the document.
type tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// A summary is what a script decides by, without a look at the lists.
type summary struct {
	Files        int    `json:"files"`
	Findings     counts `json:"findings"`
	Incomplete   int    `json:"incomplete"`
	Suppressed   int    `json:"suppressed"`
	Unrecognised int    `json:"unrecognised"` // binary files of no format that a model loader takes
	Verdict      string `json:"verdict"`
}

// counts are findings by severity, suppressed ones left out.
type counts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Info     int `json:"info"`
}

// A fileEntry is a file on disk, whatever became of it: also what was not read
// is in the document.
type fileEntry struct {
	Path    string   `json:"path"`
	Bytes   []byte   `json:"path_bytes,omitempty"` // the path, where it is no UTF-8 and Path shows escapes
	Status  string   `json:"status"`
	Formats []string `json:"formats"`
	Size    int64    `json:"size"`
	Reason  string   `json:"reason"`
	// Unsearched is how many bytes of weights were not searched for hidden files.
	Unsearched int64 `json:"unsearched,omitempty"`
}

// A findingItem is a finding. Offset and Length are bytes in the innermost of
// Inside; Line is that of Offset in a text on disk.
type findingItem struct {
	Rule        string   `json:"rule"`
	Severity    string   `json:"severity"`
	Precision   string   `json:"precision"`
	Path        string   `json:"path"`
	Inside      []string `json:"inside"`
	Offset      int64    `json:"offset"`
	Line        int      `json:"line,omitempty"`
	Length      int64    `json:"length"`
	Message     string   `json:"message"`
	Fingerprint string   `json:"fingerprint"`
	Evidence    []step   `json:"evidence"`
	State       string   `json:"state,omitempty"`     // new or known, where versions were compared
	Dismissed   string   `json:"dismissed,omitempty"` // why its alert was closed by hand
}

// A suppressedItem is a finding that the policy does not count, and what says
// so.
type suppressedItem struct {
	findingItem
	By     string `json:"by"`
	Reason string `json:"reason"`
	Until  string `json:"until,omitempty"` // the last day, of an acceptance that ends
}

// A step is one piece of evidence and where in the same content it stands.
type step struct {
	Offset int64  `json:"offset"`
	Line   int    `json:"line,omitempty"`
	Text   string `json:"text"`
}

// JSON writes the outcome as one JSON document, in ASCII where a terminal or a
// log could take it for anything but text.
func JSON(w io.Writer, version string, o policy.Outcome) error {
	// Empty lists are [], not null: a reader may range over them.
	doc := document{
		SchemaVersion: schemaVersion,
		Tool:          tool{Name: "modelaudit", Version: version},
		Summary:       summarise(&o),
		Files:         []fileEntry{},
		Findings:      []findingItem{},
		Suppressed:    []suppressedItem{},
		Warnings:      append([]string{}, o.Warnings...),
	}
	for i := range o.Report.Files {
		doc.Files = append(doc.Files, entry(&o.Report.Files[i]))
	}
	for _, f := range o.Report.Findings() {
		out := item(&f)
		out.Dismissed = o.Policy.WhyDismissed(&f)
		if c := o.Policy.Compared; c != nil {
			out.State = string(c.State(&f))
		}
		doc.Findings = append(doc.Findings, out)
	}
	if c := o.Policy.Compared; c != nil {
		for _, d := range c.Files {
			for _, f := range d.Fixed {
				doc.Fixed = append(doc.Fixed, item(&f))
			}
		}
	}
	for _, s := range o.Suppressed {
		doc.Suppressed = append(doc.Suppressed, suppressedItem{item(&s.Finding), string(s.By), s.Reason, policy.LastDay(s.Until)})
	}
	return plain.WriteJSON(w, doc, "  ")
}

// summarise is the head of the document.
func summarise(o *policy.Outcome) summary {
	n := o.Report.Count()
	return summary{
		Files:        len(o.Report.Files),
		Findings:     counts{n[rule.Critical], n[rule.High], n[rule.Medium], n[rule.Low], n[rule.Info]},
		Incomplete:   len(o.Report.Unread()),
		Suppressed:   len(o.Suppressed),
		Unrecognised: count(&o.Report).binaries,
		Verdict:      string(o.Verdict),
	}
}

// entry is one file. A path that is no UTF-8 is given as bytes as well, so that
// it can be found again.
func entry(f *audit.File) fileEntry {
	e := fileEntry{
		Path: finding.UTF8(f.Path), Status: string(f.Status), Formats: append([]string{}, f.Formats...),
		Size: f.Size, Reason: f.Reason, Unsearched: f.Unsearched,
	}
	if e.Path != f.Path {
		e.Bytes = []byte(f.Path)
	}
	return e
}

// item is one finding.
func item(f *finding.Finding) findingItem {
	out := findingItem{
		Rule:        f.Rule.ID,
		Severity:    f.Rule.Severity.String(),
		Precision:   f.Rule.Precision.String(),
		Path:        finding.UTF8(f.Location.Path),
		Inside:      []string{},
		Offset:      f.Location.Offset,
		Line:        f.Location.Line,
		Length:      f.Location.Length,
		Message:     f.Message,
		Fingerprint: f.Fingerprint(),
		Evidence:    []step{},
	}
	for _, name := range f.Location.Inside {
		out.Inside = append(out.Inside, finding.UTF8(name))
	}
	for _, s := range f.Evidence {
		out.Evidence = append(out.Evidence, step{s.Offset, s.Line, s.Text})
	}
	return out
}
