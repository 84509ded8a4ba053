// Package pth judges Python's path configuration files. They share their
// extension with PyTorch's checkpoints: lines of directories, and lines that
// start with import and are run whenever Python starts (site.addpackage).
package pth

import (
	"cmp"
	"context"
	_ "embed"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

// hooksText lists functions that are meant to run whenever Python starts.
//
//go:embed hooks.txt
var hooksText string

var hooks = table.Once(hooksText, table.Map)

var (
	harm = &rule.Rule{
		ID: "path-file-does-harm", Title: "A path configuration file reaches programs, files or the network when Python starts",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94, 506}, Since: "0.1.0",
	}
	code = &rule.Rule{
		ID: "path-file-runs-code", Title: "A path configuration file runs code when Python starts",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{94}, Since: "0.1.0",
	}
)

// Detector judges path configuration files of Python by the name of .pth.
var Detector = &detector.Detector{
	Name:  "pth",
	Rules: rule.Explain(help, harm, code),
	Match: func(h *artifact.Head) bool {
		return h.Extension() == ".pth" && (h.Size <= 0 || len(h.First) > 0 && h.First[0] != 0x80)
	},
	Run: run,
}

const (
	maxSize = 1 << 20 // bytes of such a file that are read
	maxPath = 4096    // PATH_MAX of Linux
)

func run(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	raw := string(r.Bytes(uint64(min(p.File.Size, maxSize))))
	if r.Left() > 0 {
		raw = raw[:strings.LastIndexByte(raw, '\n')+1]
	}
	text := strings.TrimPrefix(raw, "\ufeff")
	if r.Err() != nil || strings.TrimSpace(text) == "" || !utf8.ValidString(text) {
		return nil // whoever knows other files by the name tells
	}
	at := int64(len(raw) - len(text))
	var imports []line
	for l := range strings.Lines(text) {
		switch trimmed := strings.TrimSpace(l); {
		case trimmed == "" || l[0] == '#':
		case strings.HasPrefix(l, "import ") || strings.HasPrefix(l, "import\t"):
			imports = append(imports, line{at, trimmed})
		case !path(trimmed):
			return nil
		}
		at += int64(len(l))
	}
	p.Recognised("python-path-file")
	if r.Left() > 0 {
		p.Incomplete(r.Fail(hostile.Unsupported, "a path file of %d bytes: no more than %d are read", p.File.Size, maxSize))
	}
	return judge(p, imports)
}

// A line of code and where it starts.
type line struct {
	offset int64
	text   string
}

// path reports whether a line can be meant as the name of a directory or of an
// archive: it has no characters that Windows or a habit forbids there, and blanks
// only as parts of longer paths.
func path(l string) bool {
	if len(l) > maxPath || strings.ContainsAny(l, "<>{}[]()|;=*?\"\x00") {
		return false
	}
	return strings.ContainsAny(l, `/\`) || !strings.ContainsAny(l, " \t'")
}

// judge reports what the lines of code refer to.
func judge(p *detector.Pass, lines []line) error {
	for _, l := range lines {
		bad, err := reaches(l.text, maxLevels)
		switch {
		case len(bad) > 0:
			report(p, harm, l, " that refers to "+finding.Quote(bad[0].Name())+", which "+bad[0].Does())
		case err != nil:
			p.Incomplete(hostile.Faultf(hostile.Malformed, l.offset, "a line of code that is no Python: %s", finding.Quote(err.Error())))
		default:
			report(p, code, l, "")
		}
	}
	return p.Budget.Spent()
}

// reaches lists what a text of code refers to that does harm. Text that it runs
// as code is code in its turn.
func reaches(text string, levels int) (bad []source.Reach, err error) {
	s, err := python.Analyse(text)
	evaluated := true
	for _, ref := range s.References {
		if !evaluates()[ref.Path] {
			continue
		}
		if ref.Argument == "" || levels == 0 {
			evaluated = false
			continue
		}
		inner, fault := reaches(ref.Argument, levels-1)
		bad, err = append(bad, inner...), cmp.Or(err, fault)
	}
	for _, x := range source.Reaches(s) {
		if x.Verdict.Effect != globals.Import && hooks()[x.Path] == "" && !(evaluated && evaluates()[x.Path]) {
			bad = append(bad, x)
		}
	}
	return bad, err
}

// maxLevels is how often text that is run as code may run text as code.
const maxLevels = 4

//go:embed evaluates.txt
var evaluatesText string

// evaluates are the functions whose first argument is code: evaluates.txt.
var evaluates = table.Once(evaluatesText, table.Set)

func report(p *detector.Pass, r *rule.Rule, l line, reaches string) {
	p.Report(finding.Finding{
		Rule: r, Key: l.text, Location: finding.Location{Offset: l.offset, Length: int64(len(l.text))},
		Message:  "The file is no model: it configures Python's search path, and where it is installed Python runs a line of it at every start" + reaches + ".",
		Evidence: []finding.Step{{Offset: l.offset, Text: finding.QuoteUpTo(l.text, 400)}},
	})
}
