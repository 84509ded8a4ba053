package pickle

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed arguments.txt
var argumentsText string

// arguments says what the arguments of a callable hold: arguments.txt.
var arguments = table.Once(argumentsText, byCallable)

// byCallable reads lines of a package or module, a callable in it, and what is to
// be said of it.
func byCallable(text string) map[string]string {
	out := make(map[string]string)
	for row := range table.Rows(text, 3) {
		out[row[0]+" "+row[1]] = row[2]
	}
	return out
}

//go:embed harmless.txt
var harmlessText string

// harmlessWords are the records of harmless.txt.
var harmlessWords = table.Once(harmlessText, table.Set)

// argumentsOf returns what the arguments of a callable hold, or "".
func argumentsOf(n *pickle.Name) string {
	root, _, _ := strings.Cut(n.Module, ".")
	return arguments()[root+" "+n.Name[strings.LastIndexByte(n.Name, '.')+1:]]
}

// anyArguments is argumentsOf for what else of the package is conditional.
func anyArguments(n *pickle.Name) string {
	root, _, _ := strings.Cut(n.Module, ".")
	return arguments()[root+" *"]
}

// conditional judges a call whose danger is in its arguments.
func (j *judge) conditional(e pickle.Effect, u *use, v globals.Verdict) {
	switch kind := cmp.Or(u.args, u.others); kind {
	case "name", "template": // nothing, or what its state is judged for
	case "source":
		j.source(e, u)
	case "program":
		j.carries(e)
		j.source(e, u)
	case "text":
		j.expressions(e, u)
	case "code":
		j.code(e)
	case "function":
		j.carries(e)
	case "", "class", "hands", "formula":
		j.unlisted(e, u, v)
	case "method":
		j.callsMethod(e, u)
	case "changed":
		j.changesGiven(e, u)
	case "pickles":
		j.holding(e)
	case "stream":
		if !j.nested(e) {
			j.add(deserialises, e, u.name, func() string { return "Loading this file " + j.callText(e) + does(v) + "." })
		}
	default:
		if j.loose(e) || !j.harmless(kind, e) {
			j.dangerous(e, u, v)
		}
	}
}

// unlisted judges a conditional call of which nothing is known but its effect.
func (j *judge) unlisted(e pickle.Effect, u *use, v globals.Verdict) {
	switch {
	case strings.HasPrefix(u.at.Module, "torch_geometric.inspector"):
		j.plainWords(e, u)
	case methodOnly(u) && !j.callsNew(e, u):
		j.dangerous(e, u, v)
	case v.Effect == globals.Execute:
		j.source(e, u)
	case v.Effect == globals.Deserialise:
		j.rebuilds(e, u)
		j.nested(e)
	}
}

// methodOnly reports whether a name is that of a method of which only the class is
// known: no honest file calls one, as to transform what the file holds.
func methodOnly(u *use) bool {
	_, listed := globals.Listed(u.at.Module, u.at.Name)
	return !listed && strings.Contains(u.at.Name, ".") && !globals.ClassLike(u.at.Name)
}

// harmless reports whether the arguments of a call are of the kind that
// arguments.txt says that honest files give.
func (j *judge) harmless(kind string, e pickle.Effect) bool {
	switch kind {
	case "attribute":
		return e.Computed
	case "maker":
		return !slices.ContainsFunc(e.Args, func(v pickle.Value) bool { return !j.data(v) && !j.carriedFunction(v) })
	case "own":
		return len(e.Args) > 0 && j.carriedClass(e.Args[0]) || len(e.Args) == 3 && j.label(e.Args[1], e.Args[2])
	case "union":
		return j.union(e.Args)
	case "words":
		return j.all(e.Args, maxPlainDepth, identifier)
	case "repr":
		return j.all(e.Args, maxPlainDepth, func(s string) bool { return identifier(s) || ranges().MatchString(s) })
	case "place":
		return j.all(e.Args, maxPlainDepth, func(s string) bool { return !strings.ContainsAny(s, `/\`) && !strings.Contains(s, "..") })
	case "local":
		return j.all(e.Args, maxPlainDepth, func(s string) bool { return strings.HasPrefix(s, "file:///") })
	case "zone":
		return j.all(e.Args, maxPlainDepth, zone)
	case "charset":
		return len(e.Args) < 2 || j.all(e.Args[1:2], maxPlainDepth, charset)
	case "batch":
		return j.batch(e.Args)
	case "ufunc":
		return j.all(e.Args[:min(1, len(e.Args))], maxPlainDepth, numericModule) && j.all(e.Args, maxPlainDepth, identifier)
	}
	return false
}

// union reports whether arguments are those by which int | str is pickled.
func (j *judge) union(args []pickle.Value) bool {
	if len(args) != 2 || j.m.Kind(args[1]) != pickle.Tuple {
		return false
	}
	n := j.m.Name(args[0])
	types, all := j.items(args[1])
	return n != nil && n.String() == "operator.or_" && all && !slices.ContainsFunc(types, func(v pickle.Value) bool {
		return j.m.Name(v) == nil && j.m.Kind(v) != pickle.None && !j.typeOf(v)
	})
}

// typeOf reports whether v is the type of a constant, as None's is pickled, or a
// generic type of Python's own such as list[int].
func (j *judge) typeOf(v pickle.Value) bool {
	n := j.m.Name(j.m.Class(v))
	if n == nil || n.String() != "builtins.type" && n.String() != "types.GenericAlias" {
		return false
	}
	args, all := j.m.Items(v)
	return all && (n.Name == "GenericAlias" || len(args) == 1 && j.data(args[0]))
}

// batch reports whether arguments are those by which a batch of graphs is pickled:
// PyTorch Geometric makes a class of both, and an instance of that without arguments.
func (j *judge) batch(args []pickle.Value) bool {
	if len(args) != 2 {
		return false
	}
	made, graph := j.m.Name(args[0]), j.m.Name(args[1])
	return made != nil && made.String() == "torch_geometric.data.batch.Batch" &&
		graph != nil && globals.ClassLike(graph.Name) && globals.On(globals.Call, graph.Module, graph.Name).Class < globals.Conditional
}

// label reports whether an attribute only says what an object is called, as dill
// writes it for the classes that it makes.
func (j *judge) label(name, value pickle.Value) bool {
	s, _ := j.m.Str(name)
	if s != "__qualname__" && s != "__doc__" && s != "__module__" {
		return false
	}
	return j.m.Kind(value) == pickle.Str || j.m.Kind(value) == pickle.None
}

// carriedClass reports whether v is a class that the file carries the code of.
func (j *judge) carriedClass(v pickle.Value) bool {
	n := j.m.Name(j.m.Class(v))
	return n != nil && argumentsOf(n) == "class"
}

// carriedFunction reports whether v is a function that the file carries the code of.
func (j *judge) carriedFunction(v pickle.Value) bool {
	n := j.m.Name(j.m.Class(v))
	return n != nil && argumentsOf(n) == "function"
}

// wrapsFunction reports whether v was made of a function that the file carries, as a
// cache of what that returns.
func (j *judge) wrapsFunction(v pickle.Value) bool {
	n := j.m.Name(j.m.Class(v))
	if n == nil || argumentsOf(n) != "maker" {
		return false
	}
	items, _ := j.items(v)
	return slices.ContainsFunc(items, j.carriedFunction)
}

// all reports whether every text among values, and in what they hold down to a
// depth, is known and satisfies ok, and nothing lies deeper.
func (j *judge) all(values []pickle.Value, depth int, ok func(string) bool) bool {
	for _, v := range values {
		switch j.m.Kind(v) {
		case pickle.Str:
			if s, known := j.text(v); !known || !ok(s) {
				return false
			}
		case pickle.Tuple, pickle.List:
			if depth == 0 {
				return false
			}
			items, all := j.items(v)
			if !all || !j.all(items, depth-1, ok) {
				return false
			}
		case pickle.Unknown, pickle.Call, pickle.Attr:
			return false
		}
	}
	return true
}

// arithmetic is text that evaluates to a number or an unknown: names, numbers
// and operators, without a call, an index or an attribute.
var arithmetic = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z_]\w*|[0-9]+(\.[0-9]*)?|\.[0-9]+|[-+*/^ ])*$`)
})

// evaluated reports a text that is given to what evaluates it.
func (j *judge) evaluated(e pickle.Effect, u *use, text string) {
	if !arithmetic().MatchString(text) {
		j.add(executes, e, u.name, func() string {
			return fmt.Sprintf("Loading this file gives %s to %s, which evaluates it.", finding.Quote(text), finding.Quote(u.name))
		})
	}
}

// sourceText reports a text that is Python and refers to something dangerous.
func (j *judge) sourceText(e pickle.Effect, u *use, text string) {
	if identifier(text) {
		return // a name alone does nothing
	}
	if call := j.dangerousCall(e, text); call != "" {
		j.add(executes, e, u.name, func() string {
			return fmt.Sprintf("Loading this file gives %s to %s, which runs it.", finding.Quote(call), finding.Quote(u.name))
		})
	}
}

// dangerousCall returns the first dangerous thing that source refers to, as it is
// called there, or "". What stands before an error counts. A file can give one
// text to any number of calls: it is read once.
func (j *judge) dangerousCall(e pickle.Effect, text string) string {
	if call, known := j.sources[text]; known {
		return call
	}
	source, err := python.Analyse(text)
	if errors.Is(err, python.ErrComputes) && !j.s.again {
		j.s.faults = append(j.s.faults, hostile.Faultf(hostile.Unsupported, e.Offset, "source of %d bytes: %v", len(text), err))
	}
	call := ""
	for _, r := range source.References {
		if _, bad := globals.Path(r.Path, r.Imported); bad && !r.Local {
			call = r.Path + "(" + r.Argument + ")"
			break
		}
	}
	if j.sources == nil {
		j.sources = make(map[string]string)
	}
	j.sources[text] = call
	return call
}
