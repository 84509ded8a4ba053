// Package numpy judges NumPy's array files, which hold numbers, or a pickle of
// Python objects.
package numpy

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/npy"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	objects = &rule.Rule{
		ID: "numpy-object-array", Title: "A NumPy array of Python objects is a pickle",
		Severity: rule.Info, Precision: rule.Certain, CWE: []int{502}, CVE: []string{"CVE-2019-6446"}, Since: "0.1.0",
	}
	stowaway = &rule.Rule{
		ID: "numpy-hidden-content", Title: "Another file follows the data of a NumPy array",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
	trailing = &rule.Rule{
		ID: "numpy-trailing-bytes", Title: "Bytes follow the data of a NumPy array",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{1286}, Since: "0.1.0",
	}
)

// Detector judges .npy files. Those in .npz archives come to it through the scan,
// and a pickle by the name of .npy, which numpy.load takes too, is the business of
// whoever knows pickles.
var Detector = &detector.Detector{
	Name:  "numpy",
	Rules: rule.Explain(help, objects, stowaway, trailing),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return h.HasPrefix(npy.Magic) },
	Run:   run,
}

// run reads array behind array: numpy.save may be called on one file many times.
func run(_ context.Context, p *detector.Pass) error {
	p.Recognised("numpy")
	r := p.Reader()
	for more := true; more && r.Step(); {
		held := p.Budget.Held()
		h, err := npy.Decode(r)
		if h.DType.Object || err != nil && h.Data != 0 {
			return unpickled(p, h, err)
		}
		if err != nil {
			return err
		}
		size, ok := h.Size()
		if !ok {
			return r.Fail(hostile.Malformed, "an array whose size 64 bits do not hold")
		}
		texts(p, h, r.Offset(), size)
		if err := packed(p, r, size); err != nil {
			return err
		}
		r.Skip(size)
		p.Budget.Release(held) // the header was looked at, and others may follow
		more = string(r.Peek(len(npy.Magic))) == npy.Magic
	}
	if r.Err() != nil || r.Left() == 0 {
		return r.Err()
	}
	return rest(p, r)
}

// packed hands on the size bytes of an array that start as a file does: an array of
// bytes is how some keep one.
func packed(p *detector.Pass, r *hostile.Reader, size uint64) error {
	size = min(size, uint64(r.Left()))
	if encoded.Kind(r.Peek(int(min(size, artifact.FirstSize)))) == "" {
		return nil
	}
	return p.Part("data", r.Offset(), int64(size))
}

const (
	// longElement is the size of the longest element of an array of text that is
	// shown, in bytes.
	longElement = 16 << 10
	// minText is the size of the shortest text that is shown, in characters.
	minText = 20
)

// texts shows the elements of an array of text.
func texts(p *detector.Pass, h npy.Header, at int64, size uint64) {
	element := h.DType.Size
	if h.DType.Text == 0 || element < minText*uint64(h.DType.Text) || element > longElement {
		return
	}
	r := p.Reader()
	if size > uint64(r.End()-at) {
		return // the caller tells
	}
	r.MoveTo(at)
	for left := size / element; left > 0 && r.Step(); left-- {
		where := r.Offset()
		if text := narrow(r.Peek(int(element)), h.DType); len(text) >= minText {
			p.Text("", where, text)
		}
		r.Skip(element)
	}
}

// narrow returns an element of text without the zeros that fill it. Of UTF-32 it
// keeps ASCII, and a zero for any other character.
func narrow(p []byte, d npy.DType) string {
	if d.Text == 1 {
		return strings.TrimRight(string(p), "\x00")
	}
	var order binary.ByteOrder = binary.LittleEndian
	if d.Big {
		order = binary.BigEndian
	}
	out := make([]byte, 0, len(p)/4)
	for ; len(p) >= 4; p = p[4:] {
		c := order.Uint32(p)
		if c >= utf8.RuneSelf {
			c = 0
		}
		out = append(out, byte(c))
	}
	return strings.TrimRight(string(out), "\x00")
}

// unpickled hands on what follows a header that tells of objects, or that was
// not understood.
func unpickled(p *detector.Pass, h npy.Header, fault error) error {
	name := "data of unknown type"
	if h.DType.Object {
		name = "objects.pkl"
		p.Report(finding.Finding{
			Rule: objects, Key: "dtype",
			Message:  "The array is of Python objects, so its data is a pickle. numpy.load unpickles it when it is called with allow_pickle=True.",
			Location: finding.Location{Offset: h.Offset, Length: h.Data - h.Offset},
			Evidence: []finding.Step{
				{Offset: h.Offset, Text: finding.Quote(strings.TrimSpace(h.Text))},
				{Offset: h.Data, Text: "the pickle starts here"},
			},
		})
	}
	if err := p.Part(name, h.Data, p.File.Size-h.Data); err != nil {
		return err
	}
	return fault
}

// rest reports and hands on what follows the last array.
func rest(p *detector.Pass, r *hostile.Reader) error {
	at, left := r.Offset(), r.Left()
	out := finding.Finding{
		Rule: trailing, Key: "rest",
		Message:  fmt.Sprintf("%d bytes follow the data of the array. numpy.load does not read them.", left),
		Location: finding.Location{Offset: at, Length: left},
		Evidence: []finding.Step{{Offset: at, Text: "the data of the array ends here"}},
	}
	if kind := encoded.Kind(r.Peek(artifact.FirstSize)); kind != "" {
		out.Rule = stowaway
		out.Message = fmt.Sprintf("A %s of up to %d bytes follows the data of the array. numpy.load does not read it; whoever reads on does.", kind, left)
	}
	p.Report(out)
	return p.Part("bytes behind the array", at, left)
}
