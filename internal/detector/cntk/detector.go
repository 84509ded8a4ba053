// Package cntk judges models of Microsoft's Cognitive Toolkit, which import the
// Python class of each function of the user's own by the name in the model.
package cntk

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/cntk"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	injects = &rule.Rule{
		ID: "cntk-executes-code", Title: "A CNTK model carries a Python statement in the name of a class",
		Severity: rule.Critical, Precision: rule.Certain, CWE: []int{94, 95}, Since: "0.1.0",
	}
	imports = &rule.Rule{
		ID: "cntk-imports-class", Title: "A CNTK model imports a Python class",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{470, 829}, Since: "0.1.0",
	}
	native = &rule.Rule{
		ID: "cntk-native-function", Title: "A CNTK model loads a native library",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{114}, Since: "0.1.0",
	}
)

// Detector judges CNTK models.
var Detector = &detector.Detector{
	Name:  "cntk",
	Rules: rule.Explain(help, injects, imports, native),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// match takes files by their extension, and others by how they start.
func match(h *artifact.Head) bool {
	switch h.Extension() {
	case ".cntk", ".dnn", ".cmf":
		return h.Size > 0
	}
	return cntk.Looks(h.First)
}

func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	if string(r.Peek(len(cntk.Version1))) == cntk.Version1 {
		p.Recognised("cntk")
		return r.Fail(hostile.Unsupported, "a model of the toolkit's first version")
	}
	var found []finding.Finding
	var texts []cntk.Dictionary
	ok, err := cntk.Walk(r, func(d cntk.Dictionary) {
		if len(d.Texts) > 0 {
			texts = append(texts, d)
		}
		if f, bad := judge(d); bad {
			found = append(found, f)
		}
	})
	if !ok && len(found) == 0 {
		return nil // a message of another kind
	}
	p.Recognised("cntk")
	for _, f := range found {
		p.Report(f)
	}
	for _, d := range texts {
		for _, key := range slices.Sorted(maps.Keys(d.Texts)) {
			p.Text(key, d.Offset, d.Texts[key])
		}
	}
	return err
}

// judge looks for what the toolkit's loader imports: the module and the class of
// a function of the user's own (cntk/internal/utils.py, deserialize), or the
// library of a native one.
func judge(d cntk.Dictionary) (finding.Finding, bool) {
	module, class := d.Texts["module"], d.Texts["class"]
	if class == "" {
		class = d.Texts["class_name"]
	}
	f := finding.Finding{Location: finding.Location{Offset: d.Offset}}
	name := finding.Quote(module + "." + class)
	switch {
	case module != "" && class != "" && (!dotted(module) || !dotted(class)):
		f.Rule, f.Key = injects, "class"
		f.Message = fmt.Sprintf("The loader runs the statement 'from %s import %s', whose names are no names.", finding.Quote(module), finding.Quote(class))
	case module != "" && class != "":
		f.Rule, f.Key = imports, module+"."+class
		f.Message = fmt.Sprintf("The loader imports %s and calls it.", name)
	case d.Texts["native_module"] != "" || d.Texts["module"] != "" && d.Texts["method"] != "":
		library := d.Texts["native_module"] + d.Texts["module"]
		f.Rule, f.Key = native, library
		f.Message = fmt.Sprintf("The loader loads the library %s.", finding.Quote(library))
	default:
		return f, false
	}
	f.Evidence = []finding.Step{{Offset: d.Offset, Text: "function " + finding.Quote(d.Texts["op_name"]) + ": " + name}}
	return f, true
}

// dotted reports whether s is a Python name, with or without dots.
func dotted(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] >= '0' && part[0] <= '9' || strings.ContainsFunc(part, func(c rune) bool {
			return c != '_' && c < 0x80 && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
		}) {
			return false
		}
	}
	return true
}
