// Package paddle judges PaddlePaddle's inference programs: what their operators
// do besides computing.
package paddle

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/paddle"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

//go:embed operators.txt
var operatorsText string

var (
	// py_func calls by an index into functions that the running process has
	// registered: the file chooses which.
	python = &rule.Rule{
		ID: "paddle-python-function", Title: "A Paddle program calls back into Python",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{94}, Since: "0.1.0",
	}
	writes = &rule.Rule{
		ID: "paddle-writes-file", Title: "A Paddle program writes files",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{73}, Since: "0.1.0",
	}
	reads = &rule.Rule{
		ID: "paddle-reads-file", Title: "A Paddle program reads a file from outside its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
	}
	// Old programs load their parameters so, one operator each.
	loads = &rule.Rule{
		ID: "paddle-loads-parameters", Title: "A Paddle program loads parameters by itself",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{73}, Since: "0.1.0",
	}
	network = &rule.Rule{
		ID: "paddle-network", Title: "A Paddle program opens connections",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{918}, Since: "0.1.0",
	}
	// An engine is a serialised program of TensorRT and the like, which its own
	// runtime executes.
	native = &rule.Rule{
		ID: "paddle-native-engine", Title: "A Paddle program carries or needs native code",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges Paddle programs and parameter files.
var Detector = &detector.Detector{
	Name:  "paddle",
	Rules: rule.Explain(help, python, writes, reads, loads, network, native),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// match takes what starts as a block of a program does (field 1, then the block's
// index 0), programs by their name, and so parameter files: they start with zeros.
func match(h *artifact.Head) bool {
	if h.Extension() == ".pdiparams" || named(h.Name) {
		return true
	}
	return len(h.First) > 4 && (h.First[0] == 0x0a || h.IsJSON())
}

// words are what a program in JSON must hold: the member that says so.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"base_code"`) })

// named reports whether a file bears the name of a program.
func named(name string) bool {
	return artifact.Base(name) == "__model__" || artifact.Extension(name) == ".pdmodel"
}

// run tells programs by what they hold and parameters by their name: these
// start with zeros, as much else does.
func run(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return err
	}
	if head.IsJSON() && head.First[0] != 0 && inJSON(p) {
		p.Recognised("paddle")
		_, err := paddle.PIR(p.Reader(), func(o paddle.Op) { operator(p, o) })
		return cmp.Or(err, p.Strings("", 0, p.File.Size))
	}
	if paddle.IsProgram(p.Reader()) || named(p.File.Name()) && paddle.MayBeProgram(p.Reader()) {
		p.Recognised("paddle")
		err := paddle.Program(p.Reader(), func(o paddle.Op) { operator(p, o) })
		return cmp.Or(err, p.Strings("", 0, p.File.Size)) // of a program, without weights
	}
	if artifact.Extension(p.File.Name()) != ".pdiparams" || p.File.Size == 0 {
		return nil
	}
	n, err := paddle.Parameters(p.Reader())
	if n > 0 {
		p.Recognised("paddle-parameters")
		return err
	}
	return nil
}

// inJSON reports whether the file is a program in JSON. That it is one may stand
// at its end: it is read twice.
func inJSON(p *detector.Pass) bool {
	if !detector.Mentions(p.Reader(), words()) {
		return false
	}
	found, _ := paddle.PIR(p.Reader(), func(paddle.Op) {})
	return found
}

// effect says what an operator does. In JSON types come with a dialect, and
// operators that work in place end in a line; those of a dialect of the user's own
// are code from elsewhere.
func effect(kind string) string {
	dialect, name, found := strings.Cut(kind, ".")
	switch {
	case !found:
		return effects()[kind]
	case dialect == "custom_op":
		return "native"
	}
	return effects()[strings.TrimSuffix(name, "_")]
}

// effects says what operators do, by their type: operators.txt.
var effects = table.Once(operatorsText, table.Map)

// rules by effect.
var rules = map[string]*rule.Rule{"python": python, "write": writes, "read": loads, "network": network, "native": native}

// operator reports an operator that does more than compute. Parameters that are
// loaded from beside the program are the usual case.
func operator(p *detector.Pass, o paddle.Op) {
	r, ok := rules[effect(o.Type)]
	if !ok {
		return
	}
	target, far := target(o)
	if r == loads && far {
		r = reads
	}
	message := fmt.Sprintf("The operator %s %s.", finding.Quote(o.Type), does[r])
	if target != "" {
		message = fmt.Sprintf("The operator %s %s: %s.", finding.Quote(o.Type), does[r], finding.Quote(target))
	}
	p.Report(finding.Finding{
		Rule: r, Key: o.Type + " " + target, Message: message, Location: finding.Location{Offset: o.Offset},
		Evidence: evidence(o),
	})
}

// does completes "the operator …".
var does = map[*rule.Rule]string{
	python: "calls a function of the process that runs the program", writes: "writes a file",
	reads: "reads a file", loads: "reads parameters", network: "connects to other machines",
	native: "runs code that is not part of Paddle",
}

// evidence is an operator with its attributes, up to ten of them. op_callstack
// is the traceback of the program that built it.
func evidence(o paddle.Op) []finding.Step {
	steps := []finding.Step{{Offset: o.Offset, Text: "operator " + finding.Quote(o.Type)}}
	for _, a := range o.Attrs {
		if a.Name != "op_callstack" && len(steps) < 10 {
			steps = append(steps, finding.Step{Offset: o.Offset, Text: finding.Quote(a.Name + " = " + strings.Join(a.Values, ", "))})
		}
	}
	return steps
}

//go:embed targets.txt
var targetsText string

// targets are the attributes that name what an operator works on: targets.txt.
var targets = table.Once(targetsText, table.List)

// target returns what the first attribute that names something says, and whether
// that leads out of the directory. Of one that stands twice Paddle takes the
// last: any that leads out goes before the others.
func target(o paddle.Op) (text string, far bool) {
	for _, name := range targets() {
		for _, a := range o.Attrs {
			if a.Name != name {
				continue
			}
			if i := slices.IndexFunc(a.Values, leaves); i >= 0 {
				return a.Values[i], true
			}
			text = cmp.Or(text, strings.Join(a.Values, ", "))
		}
	}
	return text, false
}

// leaves reports whether a path leads out of the directory.
func leaves(path string) bool { return location.Leaves(path) != "" }
