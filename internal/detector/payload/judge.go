package payload

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

// namesFile says what texts are by the extensions of their names.
//
//go:embed names.txt
var namesFile string

// names are the classes of names.txt by extension.
var names = table.Once(namesFile, table.Kinds)

//go:embed layers.txt
var layersFile string

// layers are the keys that hold what Keras decodes, by the layer: layers.txt.
var layers = table.Once(layersFile, table.Map)

// A verdict says what is wrong with a content.
type verdict struct {
	rule  *rule.Rule
	key   string   // what makes it the same after the model is exported again
	what  string   // "a pickle"
	why   string   // a sentence
	steps []string // quoted
}

// An object is one content that came out of a text.
type object struct {
	*search
	encoded.Content
}

// maxEvidence is how many steps are repeated of what was found inside.
const maxEvidence = 6

// judge returns what is wrong with a content, or nil. Its error is that of
// Pass.Nested.
func (o *object) judge() (*verdict, error) {
	if program, ok := executable.Decode(hostile.NewReader(hostile.Bytes(o.Data), int64(len(o.Data)), o.p.Budget)); ok {
		return o.program(program)
	}
	switch o.Kind {
	case encoded.Text:
		return o.code()
	}
	if o.layer() {
		return nil, nil
	}
	return o.file()
}

// layer reports whether the content is what Keras itself decodes, which its
// detector judges: the code of a Lambda layer, or the module of one of PyTorch.
func (o *object) layer() bool {
	const near = 40
	text := o.search.text
	before := text[max(0, o.Offset-near):o.Offset]
	for layer, key := range layers() {
		if bytes.Contains(before, []byte(`"`+key+`"`)) && bytes.Contains(text, []byte(`"`+layer+`"`)) {
			return true
		}
	}
	return false
}

// foreign are machines whose programs no system starts: those of accelerators,
// which are compiled into models.
var foreign = []string{"CUDA", "AMD GPU", "BPF", "unknown"}

// program judges an executable, unless it is for one of the machines in
// foreign. Scripts are judged by what they do first.
func (o *object) program(p executable.Program) (*verdict, error) {
	switch p.Kind {
	case executable.Script:
		found, err := o.code()
		if found != nil || err != nil {
			return found, err
		}
		return &verdict{rule: script, key: "script", what: "a script",
			why: "Its first line is " + finding.Quote(p.Detail) + "; nothing that reads models runs it."}, nil
	case executable.Wasm:
		return nil, nil
	}
	for _, machine := range foreign {
		if strings.HasPrefix(p.Detail, machine) {
			return nil, nil
		}
	}
	return &verdict{rule: dangerous, key: p.Kind.String(), what: p.Kind.Article(),
		why: "Its header says " + finding.Quote(p.Detail) + "; nothing that reads models runs it, and whatever was made to do so gets it here."}, nil
}

// code judges a text as program code.
func (o *object) code() (*verdict, error) {
	found, err := source.Judge(string(o.Data), o.p.Budget)
	if found == nil || err != nil {
		return nil, err
	}
	name := finding.Quote(found.Name)
	v := &verdict{
		rule: dangerous, key: found.Language + " " + name, what: found.Language + " code",
		why: fmt.Sprintf("It uses %s, which %s.", name, finding.Quote(found.Does)),
	}
	for _, s := range found.Steps {
		v.steps = append(v.steps, fmt.Sprintf("byte %#x of the code: %s", s.Offset, finding.QuoteUpTo(s.Text, 200)))
	}
	return v, nil
}

// file has the scan examine a content.
func (o *object) file() (*verdict, error) {
	name := o.name
	if name == "" {
		name = "text"
	}
	inner := o.p.File.Member(name+" ("+strings.Join(o.Encodings, " of ")+")", hostile.Bytes(o.Data), int64(len(o.Data)))
	all, err := o.p.Examine(inner)
	at := slices.IndexFunc(all, harmful)
	if at < 0 {
		return nil, err
	}
	worst := all[at]
	v := &verdict{
		rule: dangerous, key: worst.Rule.ID + " " + worst.Key, what: "a dangerous file (" + o.Kind + ")",
		why: "Read as that: " + worst.Message,
	}
	for _, s := range worst.Evidence[:min(len(worst.Evidence), maxEvidence)] {
		v.steps = append(v.steps, fmt.Sprintf("byte %#x of the file: %s", s.Offset, s.Text))
	}
	return v, err
}

// runsCode are the weaknesses by which a file runs code: it is injected,
// deserialised, included or hidden in it.
var runsCode = []int{78, 94, 502, 506, 829, 1336}

// harmful reports whether a finding is that a file does harm when it is loaded,
// rather than that it is damaged or that readers disagree about it.
func harmful(f finding.Finding) bool {
	switch f.Rule.Severity {
	case rule.Critical:
		return true
	case rule.High:
		return slices.ContainsFunc(f.Rule.CWE, func(n int) bool { return slices.Contains(runsCode, n) })
	}
	return false
}
