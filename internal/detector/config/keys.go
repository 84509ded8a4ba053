package config

import (
	"cmp"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/source"
	"github.com/modelaudit/modelaudit/internal/table"
)

// item judges one scalar or group by its key and tag.
func (j *judge) item(i config.Item) {
	in := j.place(i)
	if i.Kind == config.Group || len(i.Path) == 0 {
		return
	}
	key := in.key
	switch {
	case key == "_target_" && j.inYAML: // judged with what its interpolations come to, elsewhere
		j.known = true
	case key == "_target_" || key == "class_path" || key == "parent_library":
		j.known = true
		j.target(i, key)
		j.fetched(i)
	case key == "loader_module":
		j.loader(i, "mlflow")
	case key == "keras_module":
		j.loader(i, "keras", "tf_keras", "tensorflow")
	case key == "target":
		j.target(i, key)
	case in.classes, in.pipelines && key == "impl":
		j.code(i)
	case key == "trust_remote_code" && truth(i):
		j.known = true
		j.causes.At(trusts, "trust_remote_code", "The configuration switches on trust_remote_code: code that comes with a model runs.").
			Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
	case key == "type" && j.base() == "modules.json", in.types && j.base() == "router_config.json",
		key == "tokenizer_class" && j.base() == "wordembedding_config.json":
		j.module(i)
	case key == "model_type", key == "architectures", key == "_class_name", key == "tokenizer_class":
		j.known = true
		j.component(i, key)
	case in.attention:
		j.kernel(i)
	case j.brings(key, i) && !starts(i.Value):
		j.brought(i)
	case (callables()[key] || in.called) && starts(i.Value):
		j.target(i, key)
	case strings.Contains(key, "template") || in.templates:
		j.template(i, key)
	case key == globals.FetchedBy, key == "_args_" && i.Path[len(i.Path)-1] == "[0]":
		j.fetched(i)
	default:
		j.component(i, key)
	}
	j.resolver(i)
	j.expression(i)
	j.pair(i)
	j.constructor(i)
	if !j.command(i) {
		j.program(i)
	}
	j.file(i)
}

//go:embed callables.txt
var callablesFile string

// callables are keys under which libraries name what they call: callables.txt.
// Documents that describe software have them, too, so that only what starts
// programs or runs code counts.
var callables = table.Once(callablesFile, table.Set)

// starts reports whether a path leads to what starts programs or runs code.
func starts(path string) bool {
	_, v, concern := globals.Target(path)
	return concern == globals.Bad && (v.Effect == globals.Process || v.Effect == globals.Execute)
}

// base is the last element of the file's name.
func (j *judge) base() string { return artifact.Base(j.p.File.Name()) }

// A place says what the keys that lead to an item make of it.
type place struct {
	key                           string // the innermost that is a name, as Item.Key
	classes, pipelines, templates bool   // one of them is auto_map, custom_pipelines, chat_template
	types, called                 bool   // types, or one of whose members are called: custom_filters
	attention                     bool   // the attention of a model, or of its parts
}

// place is where an item stands: below the group that holds it, which was visited
// before it. Groups may lie so deep that looking through all keys for each item
// would not end.
func (j *judge) place(i config.Item) place {
	var p place
	if n := len(i.Path); n > 0 {
		p = j.open[n-1]
		if key := i.Path[n-1]; !strings.HasPrefix(key, "[") {
			p.key = key
			p.classes = p.classes || key == "auto_map"
			p.pipelines = p.pipelines || key == "custom_pipelines"
			p.templates = p.templates || key == "chat_template"
			p.types = p.types || key == "types"
			p.attention = p.attention || strings.HasSuffix(key, "attn_implementation") || key == "_attn_implementation_internal"
			p.called = p.called || key == "custom_filters" || key == "pipeline" && n == 1
		}
	}
	if i.Kind == config.Group {
		j.open = append(j.open[:len(i.Path)], p)
	}
	return p
}

// truth reports whether a value switches something on.
func truth(i config.Item) bool {
	switch strings.ToLower(i.Value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// maxWhere is how much of a path is shown.
const maxWhere = 120

// where is the path of keys to an item, as evidence.
func (j *judge) where(i config.Item) string { return finding.QuoteUpTo(joined(i), maxWhere) }

// joined is the path of keys to an item, or of one that is too long to be put
// together again and again its last key.
func joined(i config.Item) string {
	const longest = 4 << 10
	if length(i.Path) > longest {
		return i.Key()
	}
	return strings.Join(i.Path, ".")
}

// length is how long keys are in all.
func length(keys []string) int {
	n := len(keys)
	for _, k := range keys {
		n += len(k)
	}
	return n
}

// target judges a callable that a loader imports and calls by its dotted path.
func (j *judge) target(i config.Item, key string) {
	if i.Kind != config.Text || !strings.ContainsAny(i.Value, ".:") {
		return
	}
	called, v, concern := globals.Target(i.Value)
	var r *rule.Rule
	switch {
	case concern == globals.Bad:
		r = instantiates
	case concern == globals.Odd && key != "target":
		r = suspicious
	default:
		return
	}
	j.known = true
	j.causes.At(r, finding.Quote(called), fmt.Sprintf("Instantiating the configuration calls %s, which %s.", finding.Quote(called), v.Effect.Does())).
		Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
}

// fetched notes what a configuration may have Hydra's functions fetch by name: the
// target and its argument are members of one group, in any order.
func (j *judge) fetched(i config.Item) {
	group := i.Path[:len(i.Path)-1]
	if i.Key() == "_args_" {
		group = i.Path[:len(i.Path)-2]
	}
	if i.Key() == "_target_" {
		if globals.Fetches(i.Value) && j.hold(group) {
			j.fetching[strings.Join(group, "\x00")] = true
		}
		return
	}
	if _, _, concern := globals.Target(i.Value); concern != globals.Fine && j.hold(i.Path) && j.hold(group) {
		i.Path = slices.Clone(i.Path)
		j.named = append(j.named, reference{strings.Join(group, "\x00"), i})
	}
}

// hold reserves memory for a path that is kept until the groups around it end, and
// tells what is not kept.
func (j *judge) hold(keys []string) bool {
	const cost = 128
	if j.full == nil {
		j.full = j.p.Budget.Hold(uint64(cost + 16*len(keys) + length(keys)))
	}
	return j.full == nil
}

// fetches judges the references of groups that fetch.
func (j *judge) fetches() {
	for _, n := range j.named {
		if j.fetching[n.group] {
			j.target(n.item, "_target_")
		}
	}
}

// program shows a value that is a program to those who look at texts: of files that
// a loader of models reads. Other documents quote programs in earnest, and
// templates are programs.
func (j *judge) program(i config.Item) {
	if i.Kind == config.Text && loaded()[j.base()] && !mentions(i.Value, "{{", "{%") && source.Harms(i.Value, j.p.Budget) {
		j.known = true
		j.p.Text(i.Key(), i.Offset, i.Value)
	}
}

// command judges a value that is a shell command, and reports whether it is one
// that does harm. Values of models are judged by who reads these.
func (j *judge) command(i config.Item) bool {
	if i.Kind != config.Text || !mentions(i.Value, "curl", "wget", "/dev/tcp", "base64") || i.Path[0] == "learner" || strings.HasSuffix(j.base(), "-symbol.json") {
		return false
	}
	p, err := source.Shell(i.Value, j.p.Budget)
	j.full = cmp.Or(j.full, err)
	if p == nil || p.Fetches && !source.Openly(i.Value) {
		return false
	}
	j.known = true
	name := finding.Quote(p.Name)
	j.causes.At(command, name, fmt.Sprintf("A command in the configuration uses %s, which %s.", name, finding.Quote(p.Does))).
		Add(i.Offset, "%s: %s", j.where(i), finding.QuoteUpTo(i.Value, maxWhere))
	return true
}

// mentions reports whether a text holds one of the words.
func mentions(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// resolver judges what an interpolation of OmegaConf hands to a resolver that
// programs register to evaluate it: "${eval:…}".
func (j *judge) resolver(i config.Item) {
	start := strings.Index(i.Value, "${")
	if i.Kind != config.Text || start < 0 {
		return
	}
	name, rest, ok := strings.Cut(i.Value[start+2:], ":")
	end := strings.LastIndexByte(rest, '}')
	if !ok || end < 0 || strings.ContainsAny(name, " {}'\"") {
		return
	}
	code := strings.Trim(strings.TrimSpace(rest[:end]), "'\"")
	found, err := source.Judge(code, j.p.Budget)
	j.full = cmp.Or(j.full, err)
	if found == nil {
		return
	}
	j.known = true
	shown := finding.Quote(found.Name)
	j.causes.At(instantiates, "resolver "+shown, fmt.Sprintf("Resolving the configuration hands code that uses %s, which %s, to the resolver %s.", shown, finding.Quote(found.Does), finding.Quote(name))).
		Add(i.Offset, "%s: %s", j.where(i), finding.QuoteUpTo(i.Value, maxWhere))
}

// loader judges the module by which MLflow loads a model of its general flavour, or
// the Keras that it loads one by: it is imported, with the directories of the model's
// own code before all others.
func (j *judge) loader(i config.Item, usual ...string) {
	j.known = true
	root, _, _ := strings.Cut(i.Value, ".")
	if i.Kind != config.Text || i.Value == "" || slices.Contains(usual, root) {
		return
	}
	called, v, concern := globals.Target(i.Value + "._load_pyfunc")
	if concern == globals.Bad {
		j.causes.At(instantiates, finding.Quote(called), fmt.Sprintf("Loading the model calls %s, which %s.", finding.Quote(called), v.Effect.Does())).
			Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
		return
	}
	message := fmt.Sprintf("Loading the model imports the module %s, which is not MLflow's, and has it read the model.", finding.Quote(i.Value))
	j.causes.At(remote, "loader "+finding.Quote(i.Value), message).Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
}

// code notes a class that a loader takes from Python files beside the model, or
// from those of another one.
func (j *judge) code(i config.Item) {
	if i.Kind != config.Text || i.Value == "" {
		return
	}
	j.known = true
	message := "Loading the model with trust_remote_code runs Python files that come with it."
	if repository, _, elsewhere := strings.Cut(i.Value, "--"); elsewhere {
		message = fmt.Sprintf("Loading the model with trust_remote_code runs Python files of another one, %s.", finding.Quote(repository))
	}
	j.causes.At(remote, message, message).Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
}

// module judges a layer of a sentence-transformers model: a class that is
// imported by its path.
func (j *judge) module(i config.Item) {
	j.known = true
	if _, _, concern := globals.Target(i.Value); concern != globals.Fine {
		j.target(i, "type")
		return
	}
	if !strings.HasPrefix(i.Value, "sentence_transformers.") {
		j.code(i)
	}
}

// component judges a part of a diffusion pipeline: [library, class], where the
// library may be a Python file in the part's directory.
func (j *judge) component(i config.Item, key string) {
	if n := len(i.Path); n != 2 || i.Path[1] != "[0]" || i.Kind != config.Text || j.base() != "model_index.json" || j.p.File.Open == nil {
		return
	}
	file := i.Value + ".py"
	if key != "_class_name" {
		file = key + "/" + file
	}
	if _, err := j.p.File.Open(path.Clean(file)); err == nil {
		j.code(i)
	}
}

// template notes text that a program renders.
func (j *judge) template(i config.Item, key string) {
	if i.Kind != config.Text || !strings.Contains(i.Value, "{{") && !strings.Contains(i.Value, "{%") {
		return
	}
	j.known = true
	name := joined(i)
	if len(name) > maxWhere {
		name = key[:min(len(key), maxWhere)]
	}
	j.templates = append(j.templates, template{name: name + ".jinja", text: i.Value})
}
