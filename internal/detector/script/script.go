// Package script judges program sources that lie among models: Python, shell,
// PowerShell, notebooks and recipes of images. Sources may do anything, and other
// tools judge them as code; here only what no honest source does counts, and what the
// servers of models run as soon as they import it.
package script

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
)

//go:embed help.md
var help string

var (
	drops = &rule.Rule{
		ID: "source-runs-hidden-code", Title: "A source file runs code that it decodes or fetches, or opens a shell to the network",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{506, 494}, Since: "0.1.0",
	}
	installs = &rule.Rule{
		ID: "source-runs-download", Title: "A script runs what it downloads",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{494}, Since: "0.1.0",
	}
	onImport = &rule.Rule{
		ID: "source-runs-on-load", Title: "Code of a model starts programs as soon as it is imported",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94, 506}, Since: "0.1.0",
	}
)

// Detector judges sources by their names, or the line that names an interpreter.
var Detector = &detector.Detector{
	Name:  "script",
	Rules: rule.Explain(help, drops, installs, onImport),
	Match: func(h *artifact.Head) bool { return language(h) != nil },
	Run:   run,
}

// languages are the judges of sources by the extensions of their names.
var languages = map[string]func(*judge, string) error{
	".py": (*judge).python, ".pyw": (*judge).python, ".ipynb": (*judge).notebook,
	".sh": (*judge).shell, ".bash": (*judge).shell, ".zsh": (*judge).shell, ".ksh": (*judge).shell, ".command": (*judge).shell,
	".ps1": (*judge).powerShell, ".psm1": (*judge).powerShell, ".bat": (*judge).batch, ".cmd": (*judge).batch,
}

// language returns the judge of a file, or nil if it is no source. Of the Python in
// archives of TorchServe their own detector may say more.
func language(h *artifact.Head) func(*judge, string) error {
	if f := languages[h.Extension()]; f != nil {
		return f
	}
	if isDockerfile(h.Base()) {
		return (*judge).dockerfile
	}
	if !h.HasPrefix("#!") {
		return nil
	}
	line, _, _ := strings.Cut(string(h.First[:min(len(h.First), 128)]), "\n")
	switch {
	case strings.Contains(line, "python"):
		return (*judge).python
	case strings.HasSuffix(strings.TrimRight(line, " \r-e"), "sh"):
		return (*judge).shell
	}
	return nil
}

// maxSource is the size of the largest source that is judged. Shell scripts may
// carry what they unpack: of more than that, no more is text.
const maxSource = 32 << 20

func run(_ context.Context, p *detector.Pass) error {
	head, err := p.File.Head()
	if err != nil {
		return err
	}
	judgeBy := language(head)
	if judgeBy == nil {
		return nil
	}
	mark := p.Budget.Held()
	defer p.Budget.Release(mark)
	r := p.Reader()
	raw := r.Bytes(uint64(min(p.File.Size, maxSource)))
	if r.Err() != nil {
		return r.Err()
	}
	if r.Left() > 0 && bytes.IndexByte(raw, 0) < 0 {
		p.Incomplete(r.Fail(hostile.Unsupported, "a source of %d bytes: no more than %d are read", p.File.Size, maxSource))
	}
	j := &judge{p: p, name: path.Base(p.File.Name())}
	text := string(raw)
	if order := artifact.UTF16(raw[:min(len(raw), artifact.FirstSize)]); order != nil {
		text = string(artifact.Narrow(raw, order))
	}
	err = judgeBy(j, strings.TrimPrefix(text, "\ufeff"))
	j.causes.Report(p.Report)
	var fault *hostile.Fault
	if errors.As(err, &fault) && fault.Kind == hostile.Unsupported {
		return nil // sources are longer than what is followed for honest reasons, and no models
	}
	return err
}

// A judge gathers what one source does.
type judge struct {
	p      *detector.Pass
	name   string
	causes finding.Causes
	inside string // the cell of a notebook that is judged, if one is
}

// add makes a finding of what one function or command does.
func (j *judge) add(r *rule.Rule, offset int, name, does, text string) {
	j.p.Recognised("source")
	shown := finding.Quote(name)
	verb := "calls"
	if r == installs || text == "" && !strings.Contains(name, ".") {
		verb = "uses"
	}
	step := shown
	if text != "" {
		step += ": " + finding.QuoteUpTo(text, 200)
	}
	where := int64(offset)
	if j.inside != "" {
		step, where = j.inside+": "+step, 0
	}
	j.causes.At(r, shown+" "+does, fmt.Sprintf("%s %s %s, which %s.", finding.Quote(j.name), verb, shown, finding.Quote(does))).
		About(finding.Within("source", j.p.File.Inside, "")).Add(where, "%s", step)
}

// python judges Python.
func (j *judge) python(text string) error {
	all, err := source.Drops(text, j.p.Budget)
	for _, d := range all {
		r := drops
		if d.Loads {
			r = installs
		}
		j.add(r, d.Offset, d.Name, d.Does, d.Text)
	}
	if err != nil || len(all) > 0 || !j.loaded(text) {
		return err
	}
	_, s, err := source.Read(strings.NewReader(text), int64(len(text)), j.p.Budget)
	if f := (*hostile.Fault)(nil); errors.As(err, &f) && f.Kind == hostile.Malformed {
		return nil // what is no Python runs nowhere
	}
	if s == nil {
		return err
	}
	// What runs on import is little of a source: the rest need not be looked up.
	s.References = slices.DeleteFunc(s.References, func(r python.Reference) bool { return !r.Called || r.Deferred })
	for _, r := range source.Reaches(s) {
		_, v, concern := globals.Target(r.Name())
		if r.OnImport && concern == globals.Bad && starts[v.Effect] {
			j.add(onImport, r.Offset, r.Name(), r.Does(), r.Argument)
		}
	}
	return err
}

// powerShell judges a script of PowerShell.
func (j *judge) powerShell(text string) error {
	if p := source.PowerShell(text); p != nil {
		j.program(p, text, 0)
	}
	return nil
}

// shell judges a shell script. What is not followed to its end is told: a shell
// gets there, however much stands before.
func (j *judge) shell(text string) error {
	err := j.command(text, 0)
	if fault := (*hostile.Fault)(nil); errors.As(err, &fault) && fault.Kind == hostile.Unsupported {
		j.p.Recognised("source")
		j.p.Incomplete(err)
	}
	return err
}

// batch judges a script of Windows by what it fetches and runs, and by its lines:
// PowerShell is what such scripts decode with.
func (j *judge) batch(text string) error {
	if err := j.p.Budget.Steps(int64(len(text))); err != nil {
		return err
	}
	if p := source.Batch(text); p != nil {
		j.program(p, text, 0)
	}
	at := 0
	for l := range strings.Lines(text) {
		if p := source.PowerShell(l); p != nil {
			j.program(p, l, at)
		}
		at += len(l)
	}
	return nil
}

// command judges a shell command or script at an offset of the file.
func (j *judge) command(text string, at int) error {
	p, err := source.Shell(text, j.p.Budget)
	if p != nil {
		j.program(p, text, at)
	}
	return err
}

// program reports a script. One that runs a download from a host with a name,
// over a connection that nobody can change, is how software is installed.
func (j *judge) program(p *source.Program, text string, at int) {
	r := drops
	if p.Fetches && !source.Openly(text) {
		r = installs
	}
	offset, step := at, ""
	if len(p.Steps) > 0 {
		offset, step = at+p.Steps[0].Offset, p.Steps[0].Text
	}
	j.add(r, offset, p.Name, p.Does, step)
}
