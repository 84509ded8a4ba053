// Package pytorch judges what PyTorch's archives bring beside their pickles: the
// layout, TorchScript code, packaged Python sources and native code. The members
// themselves come back to the scan through whoever opens the archive.
package pytorch

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	// Likely: an archive that was made by hand may have such a layout in good
	// faith.
	severalObjects = &rule.Rule{
		ID: "torch-several-objects", Title: "A PyTorch archive holds several objects of which one is loaded",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{436}, Since: "0.1.0",
	}
	outsideOp = &rule.Rule{
		ID: "torchscript-reaches-outside", Title: "TorchScript code reaches files, the network or Python",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{73, 829}, Since: "0.1.0",
	}
	// Vision and audio models need libraries of PyTorch's own project; others
	// are the loader's to judge.
	customOp = &rule.Rule{
		ID: "torchscript-custom-operator", Title: "TorchScript code needs operators from a native library",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
	}
	notScript = &rule.Rule{
		ID: "torchscript-foreign-code", Title: "What should be TorchScript is Python with imports",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
	pythonCode = &rule.Rule{
		ID: "torchscript-python-code", Title: "What should be TorchScript is Python that runs code or starts programs",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{506, 94}, Since: "0.1.0",
	}
	packageRuns = &rule.Rule{
		ID: "torch-package-runs-code", Title: "Source in a PyTorch package does harm when it is imported",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	packageReaches = &rule.Rule{
		ID: "torch-package-reaches-out", Title: "Source in a PyTorch package reaches programs, files or the network",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	// Bringing source is what torch.package is for.
	packageCode = &rule.Rule{
		ID: "torch-package-code", Title: "A PyTorch package brings Python source",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{94}, Since: "0.1.0",
	}
	strayCode = &rule.Rule{
		ID: "torch-stray-source", Title: "A PyTorch archive carries Python source that PyTorch does not read",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
	// As AOTInductor means it, and as dangerous as any library.
	nativeByDesign = &rule.Rule{
		ID: "torch-native-code", Title: "A compiled PyTorch model brings machine code",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	nativeAstray = &rule.Rule{
		ID: "torch-stray-native-code", Title: "Machine code lies where a compiled PyTorch model has none",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
)

// Detector judges archives of torch.save, TorchScript, torch.package and
// torch.export.
var Detector = &detector.Detector{
	Name: "pytorch",
	Rules: rule.Explain(help, severalObjects, outsideOp, customOp, notScript, pythonCode, packageRuns, packageReaches,
		packageCode, strayCode, nativeByDesign, nativeAstray),
	Match: func(h *artifact.Head) bool {
		return h.HasPrefix("PK\x03\x04") || h.EndsZip()
	},
	Run: run,
}

// run judges the records one by one, and what only all of them together tell at
// the end.
func run(_ context.Context, p *detector.Pass) error {
	a, err := open(p)
	if a == nil {
		return err
	}
	if !a.torch() && !a.native {
		return nil // another kind of zip archive
	}
	p.Recognised("pytorch")
	a.objects()
	for i := range a.records {
		if err := a.judge(&a.records[i]); err != nil {
			return err
		}
	}
	a.operators()
	a.sources()
	return nil
}

// judge looks at one record for what its place in the archive makes of it.
func (a *archive) judge(r *record) error {
	switch {
	case r.name == "bytecode.pkl":
		return a.mobile(r)
	case r.source() && under(r.name, "code/"):
		return a.script(r)
	case r.source() && r.root.packaged():
		return a.module(r)
	// extra/ is where torch.jit.save puts files of the caller's (_extra_files).
	case r.source() && !under(r.name, "extra/"):
		return a.stray(r)
	case r.root.compiled() || a.native:
		a.sourceCode(r)
		return a.machineCode(r)
	}
	return nil
}

// objects reports archives with more than one data.pkl: PyTorch takes the one
// in the directory of the archive's first entry, other readers the one they
// meet.
func (a *archive) objects() {
	var all []*record
	for i := range a.records {
		if r := &a.records[i]; r.name == "data.pkl" && (len(all) == 0 || all[0].root != r.root) {
			all = append(all, r)
		}
	}
	if len(all) < 2 {
		return
	}
	out := finding.Finding{
		Rule: severalObjects, Key: "data.pkl", Location: finding.Location{Offset: all[0].entry.Data},
		Message: fmt.Sprintf("The archive holds %d objects, in %s and %s among others. PyTorch loads the one beside the archive's first entry.",
			len(all), finding.Quote(all[0].full), finding.Quote(all[1].full)),
	}
	for _, r := range all[:min(len(all), 20)] {
		out.Evidence = append(out.Evidence, finding.Step{Offset: r.entry.Data, Text: finding.Quote(r.full)})
	}
	a.Report(out)
}
