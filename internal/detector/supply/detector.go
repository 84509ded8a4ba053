// Package supply looks at what models say of where they come from: their
// licences, the models that they are made of, and the packages that they want.
package supply

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/license"
	"github.com/modelaudit/modelaudit/internal/requirements"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	model = &rule.Rule{
		ID: "model-name-lookalike", Title: "A model is made of one whose owner is called nearly like a known one",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{1357}, Since: "0.1.0",
	}
	lookalike = &rule.Rule{
		ID: "requirement-lookalike", Title: "A model wants a package that is called nearly like a known one",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{1357}, Since: "0.1.0",
	}
	elsewhere = &rule.Rule{
		ID: "requirement-elsewhere", Title: "A model wants a package from outside of the usual registries",
		Severity: rule.Info, Precision: rule.Certain, CWE: []int{494}, Since: "0.1.0",
	}
)

// Detector reads cards, licences, configurations and, inside of archives, lists
// of requirements. It recognises none of them as a model.
var Detector = &detector.Detector{
	Name:  "supply",
	Rules: rule.Explain(help, model, lookalike, elsewhere),
	Match: func(h *artifact.Head) bool { return reader(h.Name, h.Depth) != nil },
	Run: func(_ context.Context, p *detector.Pass) error {
		r := p.Reader()
		text := r.Bytes(uint64(min(p.File.Size, maxSize)))
		if r.Err() != nil {
			return r.Err()
		}
		if r.Left() > 0 && strings.EqualFold(artifact.Base(p.File.Name()), environment) {
			p.Incomplete(r.Fail(hostile.Unsupported, "an environment of %d bytes: no more than %d are read", p.File.Size, maxSize))
		}
		j := judge{p: p}
		reader(p.File.Name(), len(p.File.Inside))(&j, string(text))
		j.causes.Report(p.Report)
		return nil
	},
}

// maxSize is how much is read of a file that is read as one text: those of people
// are smaller, and cards may end in pictures.
const maxSize = 4 << 20

// environment is the name of the file that lists an environment of conda.
const environment = "conda.yaml"

//go:embed licences.txt
var licencesFile string

// licences are the names of licence texts, without extensions: licences.txt.
var licences = table.Once(licencesFile, table.Set)

// reader returns what reads a file of a name, or nil.
func reader(name string, depth int) func(*judge, string) {
	base := strings.ToLower(artifact.Base(name))
	switch {
	case base == "readme.md" || base == "model_card.md":
		return (*judge).card
	case base == "config.json" || base == "adapter_config.json":
		return (*judge).config
	case licences()[strings.TrimSuffix(strings.TrimSuffix(base, ".txt"), ".md")]:
		return (*judge).license
	case depth > 0 && requirements.Named(base):
		return (*judge).requirements
	case depth > 0 && base == environment:
		return (*judge).environment
	}
	return nil
}

type judge struct {
	p      *detector.Pass
	causes finding.Causes
}

// license tells a licence by its text.
func (j *judge) license(text string) {
	if id := license.Text(text); id != "" {
		j.p.License(id)
	}
}

// card reads the fields in front of a model card, a line each: what is broken in
// one keeps no other from being read.
func (j *judge) card(text string) {
	open := front().FindString(text)
	if open == "" {
		return
	}
	fields, _, _ := strings.Cut(text[len(open):], "\n---")
	key, at := "", int64(len(open))
	for line := range strings.Lines(fields) {
		name, value, found := strings.Cut(line, ":")
		if item, is := strings.CutPrefix(strings.TrimSpace(line), "- "); is {
			value = item
		} else if found {
			key = strings.TrimSpace(name)
		}
		for _, one := range scalars(value) {
			j.field(key, one, at)
		}
		at += int64(len(line))
	}
}

// front opens the fields of a card.
var front = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^\ufeff?---[ \t]*\r?\n") })

// scalars returns the values that stand on a line of YAML: one, or those of a
// list in brackets.
func scalars(value string) []string {
	value, _, _ = strings.Cut(value, " #")
	value = strings.TrimSpace(value)
	var out []string
	if list, ok := strings.CutPrefix(value, "["); ok {
		out = strings.Split(strings.TrimSuffix(list, "]"), ",")
	} else {
		out = []string{value}
	}
	for i, one := range out {
		out[i] = strings.Trim(strings.TrimSpace(one), `"'`)
	}
	return out
}

// config reads the fields of a configuration of transformers or PEFT.
func (j *judge) config(text string) {
	tree, _ := json.Parse(j.p.Reader())
	for _, key := range []string{"license", "_name_or_path", "base_model_name_or_path"} {
		if v := tree.Get(key); v != nil {
			j.field(key, v.String(), v.Offset)
		}
	}
}

// field looks at a field by its name.
func (j *judge) field(key, value string, at int64) {
	switch key {
	case "license":
		j.p.License(value)
	case "base_model", "_name_or_path", "base_model_name_or_path":
		j.model(value, at)
	}
}

// hub is how a hub names a model.
var hub = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z0-9][\w.-]*)/[\w.-]+$`) })

// model compares the owner of a model with those that are known.
func (j *judge) model(name string, at int64) {
	m := hub().FindStringSubmatch(name)
	if m == nil {
		return
	}
	if known := owners().alike(m[1]); known != "" {
		quoted := finding.Quote(name)
		j.causes.At(model, quoted, fmt.Sprintf("The model is made of %s. Its owner is called nearly like %s, and is somebody else.", quoted, known)).
			Add(at, "%s, not %s", finding.Quote(m[1]), known)
	}
}

// requirements reads a list of packages for pip. Of those in an archive of
// TorchServe more is told by whoever judges what a server does by them.
func (j *judge) requirements(string) {
	err := requirements.Read(j.p.Reader(), func(l requirements.Line) {
		j.requirement(l.Text, finding.Within("requirement", j.p.File.Inside, l.Text), l.Offset)
	})
	if err != nil {
		j.p.Incomplete(err)
	}
}

// environment reads the packages of an environment of conda, those for pip among
// them: an item a line.
func (j *judge) environment(text string) {
	at := int64(0)
	for line := range strings.Lines(text) {
		wanted, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "- ")), " #")
		if wanted != "" && wanted[0] != '#' {
			j.requirement(wanted, "", at)
		}
		at += int64(len(line))
	}
}

var (
	address = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:git\+|hg\+|svn\+|bzr\+)?(?:https?|ssh|git)://(?:[^\s/@]*@)?([^\s/:]+)`)
	})
	pinned = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9])\s*(?:\[[^\]]*\])?\s*(?:[=<>!~;].*)?$`)
	})
)

// requirement looks at one line of requirements, a subject of its own.
func (j *judge) requirement(line, subject string, at int64) {
	if m := address().FindStringSubmatch(line); m != nil {
		if indexes().known[plain(m[1])] == "" {
			quoted := finding.Quote(line)
			j.causes.At(elsewhere, quoted, fmt.Sprintf("The requirements take a package from outside of the usual registries: %s.", quoted)).About(subject).Add(at, "%s", quoted)
		}
		return
	}
	m := pinned().FindStringSubmatch(line)
	if m == nil {
		return
	}
	if known := packages().alike(m[1]); known != "" {
		quoted := finding.Quote(m[1])
		j.causes.At(lookalike, quoted, fmt.Sprintf("The requirements want the package %s, which is called nearly like %s and is another.", quoted, known)).
			About(subject).Add(at, "%s, not %s", quoted, known)
	}
}
