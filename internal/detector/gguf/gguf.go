// Package gguf judges GGUF files and what came before them: whether their
// numbers make loaders write outside of their buffers, and what text they carry
// that loaders interpret.
package gguf

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/gguf"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	overflow = &rule.Rule{
		ID: "gguf-overflow", Title: "The numbers of a GGUF file overflow",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{190, 122},
		CVE: []string{"CVE-2024-21802", "CVE-2024-21825", "CVE-2024-21836", "CVE-2024-23496", "CVE-2024-23605",
			"CVE-2025-53630", "CVE-2026-33298"}, Since: "0.1.0",
	}
	overlap = &rule.Rule{
		ID: "gguf-tensors-overlap", Title: "Tensors of a GGUF file share their bytes",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{1284}, Since: "0.1.0",
	}
	alignment = &rule.Rule{
		ID: "gguf-alignment", Title: "A GGUF file has an impossible alignment",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{369, 1284}, Since: "0.1.0",
	}
	trailing = &rule.Rule{
		ID: "gguf-trailing-data", Title: "A GGUF file goes on after its last tensor",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
	}
)

// Detector recognises GGUF and the formats before it.
var Detector = &detector.Detector{
	Name:  "gguf",
	Rules: rule.Explain(help, overflow, overlap, alignment, trailing),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return h.HasPrefix(gguf.Magic) && !about(h) || legacy(h) },
	Run:   run,
}

// about reports whether a file is a text about GGUF that begins with the word: its
// version would be four letters, which no loader reads. A file that is named as one
// is not asked.
func about(h *artifact.Head) bool {
	const version = 8 // where it ends
	if h.Extension() == ".gguf" || len(h.First) < version {
		return false
	}
	return !bytes.ContainsFunc(h.First[len(gguf.Magic):version], func(c rune) bool { return c < ' ' || c > '~' })
}

// legacy knows the formats before GGUF, which have no metadata but their
// hyperparameters.
func legacy(h *artifact.Head) bool {
	return h.HasPrefix(gguf.MagicGGML, gguf.MagicGGMF, gguf.MagicGGJT, gguf.MagicGGLA)
}

// run decodes the header. The tensors' data is never read.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	if string(r.Peek(4)) != gguf.Magic {
		p.Recognised("ggml")
		return gguf.Legacy(r)
	}
	p.Recognised("gguf")
	j := &judge{p: p, texts: p.Reader()}
	file, err := gguf.Decode(r, gguf.Visitor{Text: j.text, Tensor: j.tensor, Absurd: j.absurd})
	j.alignment(file)
	j.overlaps()
	if err == nil {
		j.rest(file)
	}
	j.causes.Report(p.Report)
	return cmp.Or(j.stop, err, j.texts.Err())
}

// A judge gathers what the decoder tells until it is known where everything
// lies.
type judge struct {
	p      *detector.Pass
	causes finding.Causes
	spans  []span
	texts  *hostile.Reader // of what is looked at here
	stop   error           // the budget is spent, or the memory for spans
}

// A span is where a tensor lies in the data section.
type span struct {
	start, end uint64
	entry      int64
	name       string
}

// absurd notes a claim that overflows. One finding lists them all: which one a
// loader multiplies first is its own affair.
func (j *judge) absurd(offset int64, what string) {
	j.causes.At(overflow, "numbers", "The header claims what no file can hold: loaders that multiply before they check write outside of their buffers.").
		Add(offset, "%s", what)
}

// spanCost is what a kept tensor is charged beside its name.
const spanCost = 48

// tensor keeps where a tensor lies.
func (j *judge) tensor(t gguf.Tensor) {
	if !t.Sized || t.Size == 0 || j.stop != nil {
		return
	}
	if err := j.p.Budget.Hold(uint64(spanCost + len(t.Name))); err != nil {
		j.stop = err
		return
	}
	j.spans = append(j.spans, span{start: t.Offset, end: t.Offset + t.Size, entry: t.Entry, name: t.Name})
}

// overlaps reports tensors that share bytes: what one loader patches in one of
// them, another reads in the other.
func (j *judge) overlaps() {
	slices.SortStableFunc(j.spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	for i := 1; i < len(j.spans); i++ {
		a, b := j.spans[i-1], j.spans[i]
		if b.start < a.end {
			j.causes.At(overlap, "overlap", "Tensors share their bytes.").
				Add(b.entry, "tensor %q starts at byte %d of the data, %q ends at %d", finding.Quote(b.name), b.start, finding.Quote(a.name), a.end)
			// The next one is compared with whatever reaches farthest.
			j.spans[i].end = max(a.end, b.end)
		}
	}
}

// alignment reports what loaders divide by: 0 ends them, and other numbers
// misplace the data (GGUF specification, general.alignment).
func (j *judge) alignment(file gguf.File) {
	if a := file.Alignment; a == 0 || a&(a-1) != 0 {
		j.causes.At(alignment, "alignment", fmt.Sprintf("The alignment of the data is %d, which is no power of two.", a)).
			Add(0, "general.alignment is %d", a)
	}
}

// maxPadding is what writers pad the end of the data to, at most.
const maxPadding = 64 << 10

// rest hands what follows the last tensor back to the scan.
func (j *judge) rest(file gguf.File) {
	left := j.p.File.Size - file.End
	if !file.Whole || left <= 0 || j.stop != nil || j.padding(file.End, left) {
		return
	}
	j.causes.At(trailing, "trailing", fmt.Sprintf("%d bytes follow the last tensor.", left)).
		Add(file.End, "the last tensor ends here")
	j.stop = j.p.Part("trailing data", file.End, left)
}

// padding reports whether the rest of the file is a short run of zeros.
func (j *judge) padding(from, left int64) bool {
	if left > maxPadding {
		return false
	}
	j.texts.MoveTo(from)
	return len(bytes.TrimLeft(j.texts.Peek(int(left)), "\x00")) == 0
}

const (
	// minText is the shortest text that is handed on: shorter ones hold names.
	minText = 64
	// minElement is the same for an element of an array: vocabularies have
	// hundreds of thousands. What is shorter than minShown is not even shown.
	minElement = 256
	minShown   = 20
	template   = "tokenizer.chat_template"
	// license holds an SPDX identifier or expression; longer texts are none.
	license    = "general.license"
	maxLicense = 256
)

// peek returns a short text.
func (j *judge) peek(t gguf.Text) []byte {
	j.texts.MoveTo(t.Offset)
	return j.texts.Peek(int(t.Size))
}

// maxTemplate is how long a text is that may be a template under a name that does
// not say so, in bytes.
const maxTemplate = 64 << 10

// computes reports whether a text has expressions of templates with names that
// Python reserves: programs render what they know by other keys, too.
func computes(text []byte) bool {
	return (bytes.Contains(text, []byte("{{")) || bytes.Contains(text, []byte("{%"))) && bytes.Contains(text, []byte("__"))
}

// text hands strings on: templates, which loaders render, by a name that says
// so, and long ones by their key.
func (j *judge) text(t gguf.Text) {
	if t.Key == license && t.Size <= maxLicense {
		j.p.License(string(j.peek(t)))
	}
	rendered := len(t.Key) >= len(template) && strings.EqualFold(t.Key[:len(template)], template)
	if t.Index >= 0 && t.Size < minShown && !rendered {
		return // most of a vocabulary
	}
	rendered = rendered || t.Index < 0 && t.Size < maxTemplate && computes(j.peek(t))
	name, least := t.Key, int64(minText)
	if t.Index >= 0 {
		name, least = fmt.Sprintf("%s[%d]", t.Key, t.Index), minElement
	}
	if rendered {
		name, least = name+".jinja", 1
	}
	if t.Size < least {
		j.p.Text(name, t.Offset, string(j.peek(t)))
	}
	switch {
	case t.Size < least || j.stop != nil:
	case rendered:
		j.stop = j.p.Part(name, t.Offset, t.Size)
	default:
		j.stop = j.p.Value(name, t.Offset, t.Size)
	}
}
