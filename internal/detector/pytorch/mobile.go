package pytorch

import (
	"cmp"
	"context"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/torchmobile"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

// Mobile judges models for mobile devices in their FlatBuffer form. They hold
// bytecode that calls operators by name, as the zip archives do.
var Mobile = &detector.Detector{
	Name:  "pytorch-mobile",
	Rules: []*rule.Rule{outsideOp, customOp},
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return torchmobile.Looks(h.First) },
	Run:   runMobile,
}

// runMobile judges what the bytecode calls, and hands on the files that were
// stored with the model.
func runMobile(_ context.Context, p *detector.Pass) error {
	p.Recognised("pytorch-mobile")
	m, err := torchmobile.Decode(p.Reader())
	a := &archive{Pass: p, uses: make(map[string]*use)}
	for _, o := range m.Operators {
		a.use(o.Text, o.Offset, fmt.Sprintf("%s: %s", finding.Quote(cmp.Or(o.In, "a function")), finding.Quote(o.Text)))
	}
	for _, c := range m.Classes {
		if name := operatorOf(c.Text); name != "" {
			a.use(name, c.Offset, "class "+finding.Quote(c.Text))
		}
	}
	for _, s := range m.Sources {
		a.mobileSource(s)
	}
	a.operators()
	for _, f := range m.Files {
		if nested := p.Part(f.Name, f.Offset, f.Size); nested != nil {
			return nested
		}
	}
	return err
}

// mobileSource judges a source of TorchScript that was kept beside the bytecode.
func (a *archive) mobileSource(f torchmobile.File) {
	_, s, err := source.Read(hostile.Section(a.File.Content, f.Offset, f.Size), f.Size, a.Budget)
	if err != nil {
		a.Incomplete(err)
	}
	if s == nil {
		return
	}
	for _, ref := range s.References {
		if name := operatorOf(ref.Path); name != "" {
			a.use(name, f.Offset, fmt.Sprintf("%s, byte %#x: %s", finding.Quote(f.Name), ref.Offset, finding.Quote(ref.Path)))
		}
	}
}
