// Package audit is what a scan concluded: the status of every file and what was
// found. Reports, policy and the gate read it; only the scan writes it.
package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Status says what became of one file on disk.
type Status string

// The statuses of a file. What was not read is never clean.
const (
	Clean      Status = "clean"       // recognised, read to its end, nothing found
	Findings   Status = "findings"    // recognised, read to its end, something found
	Incomplete Status = "incomplete"  // recognised, not fully read; there may be findings too
	NotScanned Status = "not-scanned" // not opened at all, for the reason given
	NotAModel  Status = "not-a-model" // read, recognised as nothing that a model loader takes
)

// A File is the conclusion about one file on disk.
type File struct {
	Path     string
	Status   Status
	Formats  []string // recognised, in the order of recognition, nested ones included
	Size     int64    // bytes
	Reason   string   // why it was not or not fully read; hostile text in it is quoted
	Binary   bool     // for NotAModel: it is not text
	Findings []finding.Finding
	Licenses []string // what the file says of its own licence, quoted, each once
	// MoreLicenses: the file names more licences than are kept.
	MoreLicenses bool
	// Unsearched is how many bytes of weights were not searched for hidden files.
	// No loader interprets them, so that this makes nothing incomplete.
	Unsearched int64
	Loads      []string // paths of other files that are loaded with it, as in Path
	Digest     []byte   // SHA-256 of the bytes as they were scanned, where the scan computed it
}

// Unread reports whether something that should have been inspected was not.
func (f *File) Unread() bool { return f.Status == Incomplete || f.Status == NotScanned }

// A Report is a whole scan.
type Report struct {
	Files []File // sorted by path
}

// Findings returns all findings, in the order of finding.Compare.
func (r *Report) Findings() []finding.Finding {
	var all []finding.Finding
	for i := range r.Files {
		all = append(all, r.Files[i].Findings...)
	}
	slices.SortStableFunc(all, finding.Compare)
	return all
}

// Count returns the number of findings of each severity.
func (r *Report) Count() map[rule.Severity]int {
	n := make(map[rule.Severity]int)
	for i := range r.Files {
		for _, f := range r.Files[i].Findings {
			n[f.Rule.Severity]++
		}
	}
	return n
}

// Severities names the findings by severity, worst first: "1 critical, 2 low". It
// is empty if there are none.
func (r *Report) Severities() string {
	n := r.Count()
	var parts []string
	for _, s := range rule.Severities {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	return strings.Join(parts, ", ")
}

// Unread returns the files of which something was not inspected.
func (r *Report) Unread() []*File {
	var out []*File
	for i := range r.Files {
		if f := &r.Files[i]; f.Unread() {
			out = append(out, f)
		}
	}
	return out
}
