// Package flax judges the MessagePack files of Flax and other JAX libraries.
// They are data; what can be wrong with them is what they carry.
package flax

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/msgpack"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	objects = &rule.Rule{
		ID: "flax-object-array", Title: "An array of a Flax checkpoint is of Python objects",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{502}, Since: "0.1.0",
	}
	escapes = &rule.Rule{
		ID: "flax-array-outside", Title: "A Flax checkpoint reads an array from outside its directory",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{22}, Since: "0.1.0",
	}
	trailing = &rule.Rule{
		ID: "flax-trailing-data", Title: "Data follows the end of a Flax checkpoint",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
	}
)

// Detector judges Flax checkpoints.
var Detector = &detector.Detector{
	Name:  "flax",
	Rules: rule.Explain(help, objects, escapes, trailing),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// match takes maps of texts, and everything whose name says MessagePack.
func match(h *artifact.Head) bool {
	switch h.Extension() {
	case ".msgpack", ".flax":
		return h.Size > 0
	}
	key := 1 // where the first key is: behind the number of entries
	if len(h.First) > 0 && h.First[0] >= 0xde {
		key += 2 << (h.First[0] - 0xde)
	}
	return len(h.First) > key && isMap(h.First[0]) && isText(h.First[key])
}

// isMap and isText look at the first byte of a value: a checkpoint is a map with
// texts for keys.
func isMap(c byte) bool  { return c > 0x80 && c <= 0x8f || c == 0xde || c == 0xdf }
func isText(c byte) bool { return c >= 0xa1 && c <= 0xbf || c >= 0xd9 && c <= 0xdb }

// Types of extensions that flax.serialization writes.
const (
	extArray   = 1 // (shape, dtype, bytes), packed
	extComplex = 2
	extScalar  = 3 // like an array
)

// run decodes the whole value. Only then is it known for Flax's: arrays are
// extensions that may come last.
func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	d := msgpack.NewDecoder(r)
	w := walker{pass: p}
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		if err := w.token(t); err != nil {
			return err
		}
	}
	if !w.arrays && !w.named() {
		return nil // MessagePack, or bytes like it, of something else
	}
	p.Recognised("flax")
	for _, report := range w.held {
		if err := report(); err != nil {
			return err
		}
	}
	if d.Err() != nil {
		return d.Err()
	}
	return rest(p, r.Offset())
}

// A walker looks at what a checkpoint carries, and holds its reports until the
// file is known to be one.
type walker struct {
	pass   *detector.Pass
	arrays bool
	key    string
	held   []func() error
}

// named reports whether the file's name says that it is a checkpoint.
func (w *walker) named() bool {
	extension := artifact.Extension(w.pass.File.Name())
	return extension == ".msgpack" || extension == ".flax"
}

// token keeps what is to be said of a text, an array or bytes.
func (w *walker) token(t msgpack.Token) error {
	switch {
	case t.Key:
		w.key = t.Text
	case t.Kind == msgpack.Extension && (t.Type == extArray || t.Type == extScalar):
		return w.array(t)
	case t.Kind == msgpack.Text:
		w.text(t)
		key := w.key
		w.held = append(w.held, func() error { return w.pass.Written(key, t.Start, t.Size) })
	case t.Kind == msgpack.Binary && t.Size > 0:
		key := w.key
		w.held = append(w.held, func() error { return w.pass.Part(key, t.Start, t.Size) })
	}
	return nil
}

// placeholders stand for arrays that are kept beside the checkpoint, under the
// path that follows: of flax.training.checkpoints, and of Orbax's first form.
var placeholders = []string{"//GDAPlaceholder:", "PLACEHOLDER://"}

// text looks for placeholders of arrays.
func (w *walker) text(t msgpack.Token) {
	for _, sign := range placeholders {
		if path, found := strings.CutPrefix(t.Text, sign); found {
			w.arrays = true
			w.elsewhere(path, t.Offset)
		}
	}
}

// elsewhere judges where an array is read from.
func (w *walker) elsewhere(path string, offset int64) {
	why := location.Leaves(path)
	if why == "" {
		return
	}
	w.held = append(w.held, func() error {
		w.pass.Report(finding.Finding{
			Rule: escapes, Key: path, Location: finding.Location{Offset: offset},
			Message: fmt.Sprintf("Restoring the checkpoint reads an array from %s, %s.", finding.Quote(path), why),
		})
		return nil
	})
}

// array looks into an array: three values in the extension's content.
func (w *walker) array(t msgpack.Token) error {
	d := msgpack.NewDecoder(w.pass.Reader().At(uint64(t.Start), uint64(t.Size)))
	var dtype string
	var data msgpack.Token
	for inner := d.Next(); inner.Kind != 0; inner = d.Next() {
		switch inner.Kind {
		case msgpack.Text:
			dtype = inner.Text
		case msgpack.Binary:
			data = inner
		}
	}
	if d.Err() != nil {
		return nil // an extension of somebody else's
	}
	w.arrays = true
	if dtype != "object" && dtype != "O" {
		return nil
	}
	key, offset := w.key, t.Offset
	w.held = append(w.held, func() error {
		w.pass.Report(finding.Finding{
			Rule: objects, Key: key, Location: finding.Location{Offset: offset},
			Message: fmt.Sprintf("The array %s is of Python objects, which have no form in this format but a pickle.", finding.Quote(key)),
		})
		return w.pass.Part(key, data.Start, data.Size)
	})
	return nil
}

// rest reports what follows the value.
func rest(p *detector.Pass, end int64) error {
	if end >= p.File.Size {
		return nil
	}
	p.Report(finding.Finding{
		Rule: trailing, Key: "trailing data", Location: finding.Location{Offset: end, Length: p.File.Size - end},
		Message: fmt.Sprintf("%d bytes follow the end of the checkpoint.", p.File.Size-end),
	})
	return p.Part("trailing data", end, p.File.Size-end)
}
