// Package inspect shows what one file is made of and what it does: the files
// nested in it, their formats, and what was found in each. It watches the
// detectors at work and sees what they see.
package inspect

import (
	"context"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
)

// A Node is a file, on disk or inside another.
type Node struct {
	Name     string // as its container gives it; not quoted
	Size     int64  // in bytes
	Formats  []string
	Findings []finding.Finding
	Does     []finding.Step // what loading it does, in order; for pickles
	Listing  []finding.Step // its instructions, in order; for pickles, if asked for
	Members  []*Node
}

// A Watch makes a tree of one scan of one file.
type Watch struct {
	Disassemble bool // keep the instructions of pickles
	nodes       map[string]*Node
	redactor    finding.Redactor
}

// NewWatch returns a watch for one file.
func NewWatch(disassemble bool) *Watch {
	return &Watch{Disassemble: disassemble, nodes: make(map[string]*Node)}
}

// Detectors returns the detectors with the watch on each.
func (w *Watch) Detectors(all []*detector.Detector) []*detector.Detector {
	out := make([]*detector.Detector, len(all))
	for i, d := range all {
		watched := *d
		watched.Run = func(ctx context.Context, p *detector.Pass) error { return w.run(ctx, d, p) }
		if d.Text != nil {
			watched.Text = func(p *detector.Pass, name string, offset int64, text string) {
				d.Text(w.listen(p), name, offset, text)
			}
		}
		if d.Search != nil {
			watched.Search = func(p *detector.Pass, r detector.Region) error { return d.Search(w.nesting(p, w.listen(p)), r) }
		}
		out[i] = &watched
	}
	return out
}

// nesting has seen tell of the files that are handed on through p.
func (w *Watch) nesting(p, seen *detector.Pass) *detector.Pass {
	seen.Nested = func(f artifact.File) error {
		w.node(f)
		return p.Nested(f)
	}
	return seen
}

// run watches one detector at one file.
func (w *Watch) run(ctx context.Context, d *detector.Detector, p *detector.Pass) error {
	node := w.node(p.File)
	seen := w.listen(p)
	seen.Recognised = func(format string) {
		if !slices.Contains(node.Formats, format) {
			node.Formats = append(node.Formats, format)
		}
		p.Recognised(format)
	}
	err := d.Run(ctx, w.nesting(p, seen))
	// Only what the detector took for pickles, and only once.
	if node.Does == nil && slices.Contains(node.Formats, pickles) {
		node.follow(p, w.Disassemble)
	}
	return err
}

// listen returns the pass with an ear on the secrets that are reported.
func (w *Watch) listen(p *detector.Pass) *detector.Pass {
	heard := *p
	heard.Report = func(f finding.Finding) {
		w.redactor.Add(f.Secrets...)
		p.Report(f)
	}
	return &heard
}

// pickles is the name by which the detector of pickles recognises them.
const pickles = "pickle"

// node returns the node of a file, which is below that of its container. Two
// members of one name and size are one node.
func (w *Watch) node(f artifact.File) *Node {
	key := key(f.Inside)
	if n := w.nodes[key]; n != nil {
		// Detectors see one file in several readings, of which one may be
		// longer.
		n.Size = max(n.Size, f.Size)
		return n
	}
	n := &Node{Name: f.Name(), Size: f.Size}
	// Before the parents are made, which look nodes up themselves.
	w.nodes[key] = n
	if len(f.Inside) == 0 {
		return n
	}
	outer := f
	outer.Inside = f.Inside[:len(f.Inside)-1]
	parent := w.node(outer)
	parent.Members = append(parent.Members, n)
	return n
}

// key tells nestings apart, whatever is in the names.
func key(inside []string) string {
	var b strings.Builder
	for _, name := range inside {
		b.WriteString(strings.ReplaceAll(name, "\x00", "\x00\x01"))
		b.WriteString("\x00\x02")
	}
	return b.String()
}

// Tree returns the tree of the file that was scanned, with what was concluded
// about it.
func (w *Watch) Tree(f *audit.File) *Node {
	root := w.node(artifact.File{Path: f.Path, Size: f.Size})
	for _, found := range f.Findings {
		n := w.nodes[key(found.Location.Inside)]
		// A finding in a member that was never handed on is told of the whole
		// file.
		if n == nil {
			n = root
		}
		n.Findings = append(n.Findings, found)
	}
	w.redact(root)
	return root
}

// redact takes the secrets of the file out of what is shown of a node and of
// those below it.
func (w *Watch) redact(n *Node) {
	n.Name = w.redactor.Redact(n.Name)
	n.Does, n.Listing = w.redactor.Steps(n.Does), w.redactor.Steps(n.Listing)
	for _, m := range n.Members {
		w.redact(m)
	}
}
