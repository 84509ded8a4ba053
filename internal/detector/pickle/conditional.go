package pickle

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
)

//go:embed arguments.txt
var argumentsText string

// arguments says what the arguments of a callable hold: arguments.txt.
var arguments = parseArguments(argumentsText)

func parseArguments(text string) map[string]string {
	out := make(map[string]string)
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "#" {
			out[f[0]+" "+f[1]] = f[2]
		}
	}
	return out
}

// argumentsOf returns what the arguments of a callable hold, or "".
func argumentsOf(n *pickle.Name) string {
	root, _, _ := strings.Cut(n.Module, ".")
	return arguments[root+" "+n.Name[strings.LastIndexByte(n.Name, '.')+1:]]
}

// anyArguments is argumentsOf for what else of the package is conditional.
func anyArguments(n *pickle.Name) string {
	root, _, _ := strings.Cut(n.Module, ".")
	return arguments[root+" *"]
}

// conditional judges a call whose danger is in its arguments.
func (j *judge) conditional(e pickle.Effect, n *pickle.Name, v globals.Verdict) {
	if callable := j.dangerousArgument(e); callable != "" && !e.Computed {
		j.add(executes, e, n.String(), "Loading this file "+j.callText(e)+", which hands on "+finding.Quote(callable)+".")
	}
	switch cmp.Or(argumentsOf(n), anyArguments(n)) {
	case "source":
		j.source(e, n, j.sourceText)
	case "text":
		j.source(e, n, j.evaluated)
	case "code":
		j.code(e)
	case "function":
		j.carries(e)
	case "":
		if v.Effect == globals.Execute {
			j.source(e, n, j.sourceText)
		}
	}
	if strings.HasPrefix(n.Module, "torch_geometric.inspector") {
		j.plainWords(e, n)
	}
	if v.Effect == globals.Deserialise {
		j.nested(e)
	}
}

// carries notes that the file makes a function, once for the file.
func (j *judge) carries(e pickle.Effect) {
	if !j.madeCode {
		j.madeCode = true
		j.add(carriesCode, e, "code", "This file carries Python code and makes functions of it. Whoever calls them runs the file's code.")
	}
}

// code judges the parts of a code object, which stand in the order of the
// arguments of types.CodeType: numbers, bytecode, constants, names, variables.
func (j *judge) code(e pickle.Effect) {
	j.carries(e)
	c, ok := j.codeObject(e.Args)
	if !ok {
		return
	}
	var found []string
	var first globals.Verdict
	for _, r := range c.References() {
		if v, bad := globals.Path(r.Path, r.Imported); bad {
			if len(found) == 0 {
				first = v
			}
			found = append(found, strings.TrimPrefix(r.Path, "."))
		}
	}
	if len(found) > 0 {
		j.dangerousCode(e, found, first)
	}
}

func (j *judge) dangerousCode(e pickle.Effect, found []string, v globals.Verdict) {
	const shown = 5
	names := finding.Quote(strings.Join(found[:min(len(found), shown)], ", "))
	j.add(dangerousCode, e, "code "+found[0],
		fmt.Sprintf("This file carries Python code that reaches %s%s.", names, j.does(v)))
}

// codeObject puts the arguments of types.CodeType together.
func (j *judge) codeObject(args []pickle.Value) (*marshal.Code, bool) {
	c := &marshal.Code{Layout: marshal.Python38}
	at := -1
	for i, v := range args {
		if s, ok := j.m.Bytes(v); ok && len(s) > 1 {
			c.Bytecode, at = s, i
			break
		}
	}
	if at < 0 || at+3 >= len(args) {
		return nil, false
	}
	c.Names, c.Variables = j.texts(args[at+2]), j.texts(args[at+3])
	// Python 3.11 gives a qualified name behind the file's and the function's.
	if at+6 < len(args) {
		if _, ok := j.m.Str(args[at+6]); ok {
			c.Layout = marshal.Python311
		}
	}
	return c, true
}

// texts returns the strings of a tuple, with "" for what is no string.
func (j *judge) texts(v pickle.Value) []string {
	items, _ := j.m.Items(v)
	out := make([]string, len(items))
	for i, w := range items {
		out[i], _ = j.m.Str(w)
	}
	return out
}

// source calls judgeText for every text among the arguments of a call.
func (j *judge) source(e pickle.Effect, n *pickle.Name, judgeText func(pickle.Effect, *pickle.Name, string)) {
	for _, v := range e.Args {
		j.sourceIn(v, 3, func(text string) { judgeText(e, n, text) })
	}
}

func (j *judge) sourceIn(v pickle.Value, depth int, judgeText func(string)) {
	if text, ok := j.m.Str(v); ok {
		judgeText(text)
		return
	}
	items, _ := j.m.Items(v)
	for _, w := range items {
		if depth > 0 {
			j.sourceIn(w, depth-1, judgeText)
		}
	}
}

// arithmetic is text that evaluates to a number or an unknown: names, numbers
// and operators, without a call, an index or an attribute.
var arithmetic = regexp.MustCompile(`^([A-Za-z_]\w*|[0-9]+(\.[0-9]*)?|\.[0-9]+|[-+*/^ ])*$`)

// evaluated reports a text that is given to what evaluates it.
func (j *judge) evaluated(e pickle.Effect, n *pickle.Name, text string) {
	if !arithmetic.MatchString(text) {
		j.add(executes, e, n.String(), fmt.Sprintf("Loading this file gives %s to %s, which evaluates it.",
			finding.Quote(text), finding.Quote(n.String())))
	}
}

// sourceText reports a text that is Python and refers to something dangerous.
func (j *judge) sourceText(e pickle.Effect, n *pickle.Name, text string) {
	source, _ := python.Analyse(text) // what stands before an error counts
	for _, r := range source.References {
		if _, bad := globals.Path(r.Path, r.Imported); bad {
			j.add(executes, e, n.String(), fmt.Sprintf("Loading this file gives %s to %s, which runs it.",
				finding.Quote(r.Path+"("+r.Argument+")"), finding.Quote(n.String())))
			return
		}
	}
}
