// Package hdf5 judges HDF5 files: what they make a reader open besides
// themselves, and what their attributes and byte datasets carry. Keras's own
// content, the JSON in attributes, goes back to the scan.
package hdf5

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/hdf5"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	escape = &rule.Rule{
		ID: "hdf5-external-escape", Title: "HDF5 data is taken from outside the model's directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22, 73}, CVE: []string{"CVE-2026-1669"}, Since: "0.1.0",
	}
	// A file beside the model is how HDF5 is meant to be used.
	external = &rule.Rule{
		ID: "hdf5-external-file", Title: "HDF5 data is taken from another file",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{73}, CVE: []string{"CVE-2026-1669"}, Since: "0.1.0",
	}
	shape = &rule.Rule{
		ID: "hdf5-shape-bomb", Title: "An HDF5 dataset declares far more data than the file holds",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{789}, CVE: []string{"CVE-2026-0897"}, Since: "0.1.0",
	}
)

// Detector judges HDF5 files.
var Detector = &detector.Detector{
	Name:  "hdf5",
	Rules: rule.Explain(help, escape, external, shape),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// match looks for the signature where a superblock may stand within the head;
// behind larger user blocks only a name tells.
func match(h *artifact.Head) bool {
	for at := 0; at < len(h.First); at = max(512, at*2) {
		if (&artifact.Head{First: h.First[at:]}).HasPrefix(hdf5.Signature) {
			return true
		}
	}
	switch h.Extension() {
	case ".h5", ".hdf5", ".keras", ".hdf":
		return h.Size > artifact.FirstSize
	}
	return false
}

// run judges every object of a file, reached by whatever link.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	if hdf5.Find(r) < 0 {
		return nil
	}
	p.Recognised("hdf5")
	f, err := hdf5.Open(r)
	if err != nil {
		return err
	}
	if err := outside(p, f); err != nil {
		return err
	}
	return f.Walk(func(o *hdf5.Object) error { return object(p, f, o) })
}

// outside hands what lies before and behind the HDF5 data to the scan.
func outside(p *detector.Pass, f *hdf5.File) error {
	if f.Start > 0 {
		if err := p.Part("user block", 0, f.Start); err != nil {
			return err
		}
	}
	end := f.Start + int64(f.EndOfFile)
	if end < p.File.Size {
		return p.Part("trailing data", end, p.File.Size-end)
	}
	return nil
}

// minContent is the shortest value that can be a stream of any format: shorter
// ones are flags and versions.
const minContent = 4

// object judges one object: where its links lead, what its attributes hold,
// where its data lies.
func object(p *detector.Pass, f *hdf5.File, o *hdf5.Object) error {
	for _, fault := range o.Faults {
		p.Incomplete(fault)
	}
	for _, l := range o.Links {
		if l.Kind == hdf5.External {
			reference(p, path.Join(o.Path, l.Name), o.Offset, "an external link to", l.File)
		}
	}
	for _, a := range o.Attributes {
		if err := attribute(p, o, a); err != nil {
			return err
		}
	}
	if o.Dataset == nil {
		return nil
	}
	return dataset(p, f, o)
}

// attribute hands the texts of an attribute on.
func attribute(p *detector.Pass, o *hdf5.Object, a *hdf5.Attribute) error {
	texts, err := a.Texts()
	if err != nil {
		p.Incomplete(err)
	}
	for _, text := range texts {
		if len(text) < minContent {
			continue
		}
		name := strings.TrimPrefix(o.Path+"@"+a.Name, "/")
		value := p.File.Member(name, hostile.Bytes(text), int64(len(text)))
		value.Value = true
		if err := p.Nested(value); err != nil {
			return err
		}
	}
	return nil
}

// Declared sizes from which Keras refuses a dataset as a bomb.
const (
	bombSize  = 4 << 30
	bombRatio = 1000
)

// dataset judges where a dataset has its data from.
func dataset(p *detector.Pass, f *hdf5.File, o *hdf5.Object) error {
	d := o.Dataset
	for _, name := range d.Files {
		reference(p, o.Path, o.Offset, "kept by external storage in", name)
	}
	for _, s := range d.Sources {
		if s.File != "." {
			reference(p, o.Path, o.Offset, "a virtual dataset over", s.File)
		}
	}
	if d.Declared > bombSize && d.Declared/bombRatio > d.Stored && len(d.Files)+len(d.Sources) == 0 {
		p.Report(finding.Finding{
			Rule: shape, Key: o.Path, Location: finding.Location{Offset: o.Offset},
			Message: fmt.Sprintf("Dataset %s declares %s of data, %d are stored. Loading it allocates what it declares.",
				finding.Quote(o.Path), bytes(d.Declared), d.Stored),
			Evidence: []finding.Step{{Offset: o.Offset, Text: fmt.Sprintf("dimensions %v of %d bytes each", d.Dims, d.Type.Size)}},
		})
	}
	return content(p, f, o)
}

// bytes is a size that may be a claim beyond all files.
func bytes(n uint64) string {
	if n >= 1<<63 {
		return "more than 2^63 bytes"
	}
	return fmt.Sprintf("%d bytes", n)
}

// content hands datasets of bytes to the scan: PyTables and others keep pickled
// objects in them.
func content(p *detector.Pass, f *hdf5.File, o *hdf5.Object) error {
	d := o.Dataset
	name := strings.TrimPrefix(o.Path, "/")
	if data := d.Data(); data != nil && d.Type.Bytes() && data.Left() >= minContent {
		if d.Type.Class == hdf5.String {
			if err := p.Strings(name, data.Start(), data.Left()); err != nil {
				return err
			}
		}
		return p.Part(name, data.Start(), data.Left())
	}
	// Numbers that were packed, which are no file hidden among numbers.
	f.Packed(d, p.Claim)
	if !d.Type.Bytes() && d.Type.Class != hdf5.VarLen {
		unsearched(p, d.Filtered())
	}
	if err := inChunks(p, f, d, name); err != nil {
		return err
	}
	err := f.Sequences(d, func(text []byte) error {
		if len(text) < minContent {
			return nil
		}
		return p.Nested(p.File.Member(name, hostile.Bytes(text), int64(len(text))))
	})
	if err != nil && p.Budget.Spent() == nil {
		p.Incomplete(err)
		return nil
	}
	return err
}

// inChunks hands a row of bytes in chunks to the scan if it starts like something
// that a loader takes: elsewhere, such rows are numbers. What cannot be unpacked is
// taken for numbers, too, unless its type is that of bytes without a meaning.
func inChunks(p *detector.Pass, f *hdf5.File, d *hdf5.Dataset, name string) error {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	data, err := f.Chunks(d, func(head []byte) bool {
		return encoded.Kind(head[:min(len(head), artifact.FirstSize)]) != ""
	})
	var fault *hostile.Fault
	switch {
	case err == nil && len(data) == 0 && d.Type.Bytes():
		unsearched(p, d.Filtered())
	case err == nil:
	case len(data) == 0 && d.Type.Class != hdf5.Opaque && errors.As(err, &fault) && fault.Kind == hostile.Unsupported:
		unsearched(p, d.Stored)
	default:
		p.Incomplete(err)
	}
	if len(data) == 0 {
		return p.Budget.Spent()
	}
	return p.Nested(p.File.Member(name, hostile.Bytes(data), int64(len(data))))
}

// unsearched tells of numbers in which nothing that is hidden can be seen. How many
// there are is a claim of the file.
func unsearched(p *detector.Pass, size uint64) {
	p.Unsearched(int64(min(size, uint64(p.File.Size))))
}

// reference reports data that a reader of the object takes from a named file.
func reference(p *detector.Pass, object string, offset int64, what, name string) {
	r := external
	consequence := "Readers take it from beside the model."
	if location.Leaves(name) != "" {
		r = escape
		consequence = "Whoever loads the model reads that file into its weights."
	}
	quoted := finding.Quote(name)
	p.Report(finding.Finding{
		Rule: r, Key: what + " " + name, Location: finding.Location{Offset: offset},
		Message:  fmt.Sprintf("%s is %s the file %s. %s", finding.Quote(object), what, quoted, consequence),
		Evidence: []finding.Step{{Offset: offset, Text: what + " " + quoted}},
	})
}
