// Package safetensors judges safetensors files, which hold no code by design,
// and the index files that name the parts of a sharded model.
package safetensors

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/safetensors"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	// JSON leaves it open which one counts (RFC 8259, section 4), and readers
	// differ.
	repeatedName = &rule.Rule{
		ID: "safetensors-repeated-name", Title: "A safetensors header says one thing twice",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{694}, Since: "0.1.0",
	}
	// The reference implementation refuses the file; others read the header and
	// map the data.
	overlap = &rule.Rule{
		ID: "safetensors-overlapping-tensors", Title: "Tensors of a safetensors file share bytes",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{1288}, Since: "0.1.0",
	}
	mismatch = &rule.Rule{
		ID: "safetensors-size-mismatch", Title: "A tensor's bytes do not fit its shape",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{130}, Since: "0.1.0",
	}
	// The format allows no holes (safetensors, README, "Format"), so that no
	// honest writer leaves one.
	stowaway = &rule.Rule{
		ID: "safetensors-hidden-bytes", Title: "A safetensors file carries bytes that belong to no tensor",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
	}
	// Low: it takes a tool that makes a file of each tensor.
	climbs = &rule.Rule{
		ID: "safetensors-name-climbs", Title: "A tensor is called like a path that leaves its directory",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{22}, Since: "0.1.0",
	}
	// Possible: metadata may quote a program, as model cards do.
	code = &rule.Rule{
		ID: "safetensors-code-in-metadata", Title: "The metadata of a safetensors file contains program code",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{506}, Since: "0.1.0",
	}
)

// Detector judges safetensors files.
var Detector = &detector.Detector{
	Name:  "safetensors",
	Rules: rule.Explain(help, repeatedName, overlap, mismatch, stowaway, climbs, code),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// match knows a file by the length before its header, and by its name what has
// only the brace.
func match(h *artifact.Head) bool {
	return safetensors.Looks(h.First) || h.Extension() == ".safetensors" && safetensors.Braced(h.First)
}

// run reads the header; of the data it needs no byte.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("safetensors")
	h, err := safetensors.Decode(p.Reader())
	names(p, h)
	if failed := texts(p, h); failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	return layout(p, h)
}

// names reports what stands twice in one object of the header.
func names(p *detector.Pass, h *safetensors.Header) {
	seen := make(map[string]bool)
	for _, n := range h.Repeated {
		if seen[n.Text] {
			continue
		}
		seen[n.Text] = true
		name := finding.Quote(n.Text)
		p.Report(finding.Finding{
			Rule: repeatedName, Key: n.Text,
			Message:  fmt.Sprintf("The header has %s more than once. Readers that take the first and readers that take the last load different models.", name),
			Location: finding.Location{Offset: n.Offset, Length: int64(len(n.Text)) + 2},
			Evidence: []finding.Step{{Offset: n.Offset, Text: "again: " + name}},
		})
	}
}

// layout reports what is wrong with the places of the tensors, and hands on the
// bytes that belong to none.
func layout(p *detector.Pass, h *safetensors.Header) error {
	for i := range h.Tensors {
		// Without a size nothing after it can be judged either: once is enough.
		if t := &h.Tensors[i]; t.Bits == 0 {
			p.Incomplete(hostile.Faultf(hostile.Unsupported, t.Offset, "tensor %s is of dtype %s, which is not known",
				finding.Quote(t.Text), finding.Quote(t.DType)))
			break
		}
	}
	var first [safetensors.Outside + 1]*safetensors.Flaw
	var count [safetensors.Outside + 1]int
	for _, f := range h.Layout() {
		if count[f.Kind]++; first[f.Kind] == nil {
			first[f.Kind] = &f
		}
		if f.Kind == safetensors.Hole {
			if err := p.Part(hidden(f), h.Data+int64(f.Begin), int64(f.End-f.Begin)); err != nil {
				return err
			}
		}
	}
	for kind, f := range first {
		if f != nil {
			flaw(p, h, f, count[kind])
		}
	}
	return nil
}

// flaw reports the first of count flaws of one kind.
func flaw(p *detector.Pass, h *safetensors.Header, f *safetensors.Flaw, count int) {
	out := finding.Finding{
		Location: finding.Location{Offset: h.Data + int64(f.Begin), Length: int64(f.End - f.Begin)},
	}
	name := "the end"
	if f.Tensor != nil {
		name = finding.Quote(f.Tensor.Text)
		out.Key = f.Tensor.Text
		out.Evidence = []finding.Step{describe(f.Tensor)}
	}
	switch f.Kind {
	case safetensors.Outside:
		p.Incomplete(hostile.Faultf(hostile.Truncated, f.Tensor.Offset, "tensor %s claims bytes %d to %d of the data, there are %d",
			name, f.Begin, f.End, h.DataSize))
		return
	case safetensors.Hole:
		out.Rule = stowaway
		out.Key = "hole"
		out.Message = fmt.Sprintf("%d bytes before %s belong to no tensor%s.", f.End-f.Begin, name, others(count))
		if f.Tensor == nil {
			out.Evidence = []finding.Step{{Offset: out.Location.Offset, Text: "the tensors end here"}}
		}
	case safetensors.Overlap:
		out.Rule = overlap
		out.Evidence = []finding.Step{describe(f.Other), describe(f.Tensor)}
		out.Message = fmt.Sprintf("Tensor %s shares %d bytes with tensor %s%s.", name, f.End-f.Begin, finding.Quote(f.Other.Text), others(count))
	case safetensors.Mismatch:
		out.Rule = mismatch
		out.Message = fmt.Sprintf("Tensor %s has %d bytes, its dtype and shape make %d%s.", name, f.End-f.Begin, f.Want, others(count))
	}
	p.Report(out)
}

// others says how often the same thing is in the file.
func others(count int) string {
	if count == 1 {
		return ""
	}
	return fmt.Sprintf(", and so it is %d times in all", count)
}

// describe is a tensor as evidence.
func describe(t *safetensors.Tensor) finding.Step {
	return finding.Step{Offset: t.Offset, Text: fmt.Sprintf("%s: %s %v at %d to %d",
		finding.Quote(t.Text), finding.Quote(t.DType), shape(t.Shape), t.Begin, t.End)}
}

// shape caps what is shown of a shape.
func shape(s []uint64) []uint64 { return s[:min(len(s), 16)] }

// hidden names the file that a hole may be.
func hidden(f safetensors.Flaw) string {
	if f.Tensor != nil {
		return "bytes before " + f.Tensor.Text
	}
	return "bytes behind the tensors"
}
