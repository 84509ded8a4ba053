package sarif

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// Bounds on what one result says; the whole evidence is in the JSON report.
const (
	maxSteps   = 20   // of evidence
	maxMessage = 4000 // characters
)

// results are the worst findings; it is never nil, because code scanning
// refuses a run without a list.
func (d *document) results(findings []finding.Finding) []*sarif.Result {
	n := min(len(findings), d.Most)
	d.dropped = len(findings) - n
	out := make([]*sarif.Result, n)
	for i := range out {
		f := &findings[i]
		out[i] = d.result(f, d.URI(f.Location.Path))
	}
	return out
}

// result is one finding, its evidence as related locations. The fingerprint is
// ours: a binary file has no line to hash.
func (d *document) result(f *finding.Finding, uri string) *sarif.Result {
	location := d.location(f, uri, f.Location)
	r := sarif.NewRuleResult(f.Rule.ID).
		WithRuleIndex(d.index[f.Rule]).
		WithLevel(level(f.Rule.Severity)).
		WithMessage(sarif.NewTextMessage(Message(f))).
		WithLocations([]*sarif.Location{location}).
		WithPartialFingerPrints(map[string]any{"primaryLocationLineHash": f.Fingerprint()})
	related := f.Evidence[:min(len(f.Evidence), maxSteps)]
	if d.Brief {
		related = nil
	}
	for i, s := range related {
		step := d.location(f, uri, finding.Location{Offset: s.Offset, Line: s.Line}).WithId(i + 1)
		r.AddRelatedLocation(step.WithMessage(sarif.NewTextMessage(escapeLinks(plain.Safe(s.Text)))))
	}
	r.PropertyBag = *sarif.NewPropertyBag()
	r.Add("severity", f.Rule.Severity.String())
	return r
}

// Message is the sentence about the file, then the place and the evidence, for
// readers who cannot open the file at an offset.
func Message(f *finding.Finding) string {
	var b strings.Builder
	b.WriteString(plain.Safe(f.Message))
	if inside := nesting(f.Location.Inside); inside != "" {
		fmt.Fprintf(&b, "\nInside the file: %s", inside)
	}
	for _, s := range f.Evidence[:min(len(f.Evidence), maxSteps)] {
		fmt.Fprintf(&b, "\n%s %s", s.Place(), plain.Safe(s.Text))
	}
	if more := len(f.Evidence) - maxSteps; more > 0 {
		fmt.Fprintf(&b, "\nand %s", plain.Count(more, "more step"))
	}
	return escapeLinks(cut(b.String(), maxMessage))
}

// place is what a line of evidence in a message begins with.
var place = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^(0x[0-9a-f]{8,}|line [0-9]+) `) })

// Claim is what a message of Message says but where, so that it is the same of a
// model that was exported again, and whether or not links in it are escaped.
func Claim(message string) string {
	message = place().ReplaceAllString(message, "")
	return strings.NewReplacer(`\[`, "[", `\]`, "]").Replace(message)
}

// location is a place in the file of a finding, or in a file nested in it. The
// region names a line, which every reader of code scanning needs, and keeps the
// bytes as properties: lines and bytes in one region must be the same place.
func (d *document) location(f *finding.Finding, uri string, at finding.Location) *sarif.Location {
	l := sarif.NewLocationWithPhysicalLocation(d.physical(f.Location.Path, uri, at.Line))
	bytes := sarif.Properties{"byteOffset": at.Offset}
	if at.Length > 0 {
		bytes["byteLength"] = at.Length
	}
	inside := f.Location.Inside
	if len(inside) > 0 {
		bytes["inside"] = nesting(inside)
		l.AddLogicalLocations(sarif.NewLogicalLocation().
			WithName(quote(inside[len(inside)-1])).
			WithFullyQualifiedName(uri + separator + nesting(inside)).
			WithKind("resource"))
	}
	region := l.PhysicalLocation.Region
	region.PropertyBag = *sarif.NewPropertyBag()
	region.Properties = bytes
	return l
}

// physical is the file as the repository holds it, at a line, or at the first if
// that is 0. Of a Git LFS pointer the second line names the content, and changes
// whenever the content does, so that an alert on it lies within the diff.
func (d *document) physical(path, uri string, line int) *sarif.PhysicalLocation {
	line = max(1, line)
	if d.Pointer != nil && d.Pointer(path) {
		line = 2
	}
	return sarif.NewPhysicalLocation().
		WithArtifactLocation(sarif.NewSimpleArtifactLocation(uri)).
		WithRegion(sarif.NewRegion().WithStartLine(line))
}

// separator stands between a file and what is inside it.
const separator = "!/"

// nesting is the way from the file on disk to the one that is meant.
func nesting(inside []string) string {
	quoted := make([]string, len(inside))
	for i, name := range inside {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, separator)
}

// quote makes a name from a file fit for a viewer.
func quote(name string) string { return plain.Safe(finding.Quote(name)) }

// escapeLinks keeps text from being a link, [text](target), in a message.
func escapeLinks(s string) string { return strings.NewReplacer("[", `\[`, "]", `\]`).Replace(s) }
