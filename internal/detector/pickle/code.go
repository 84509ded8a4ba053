package pickle

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/marshal"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/table"
)

// carries notes that the file makes a function, once for the file.
func (j *judge) carries(e pickle.Effect) {
	if !j.madeCode {
		j.madeCode = true
		j.add(carriesCode, e, "code", func() string {
			return "This file carries Python code and makes functions of it. Whoever calls them runs the file's code."
		})
	}
}

// code judges the parts of a code object, which stand in the order of the
// arguments of types.CodeType: numbers, bytecode, constants, names, variables.
func (j *judge) code(e pickle.Effect) {
	j.madeCode = false // each code object is evidence
	j.carries(e)
	c, ok := j.codeObject(e.Args)
	if j.makesTexts(e.Args, 2) {
		j.add(unresolved, e, "code", func() string {
			return "Loading this file makes code of parts that it computes in a way that only running it would tell."
		})
	}
	if !ok {
		j.unread()
		return
	}
	var found []string
	var first globals.Verdict
	references, all := c.References(j.s.p.Budget)
	if !all {
		j.unread()
	}
	for _, r := range references {
		v, bad := globals.Path(r.Path, r.Imported)
		if r.Path == "open" && !opensToWrite(c) {
			v.Effect = globals.Read
		}
		if bad && !j.expected(r.Path, v, c) {
			if len(found) == 0 {
				first = v
			}
			found = append(found, strings.TrimPrefix(r.Path, "."))
		}
	}
	if len(found) == 0 {
		found, first = j.picked(references, c.Constants)
	}
	if len(found) > 0 {
		j.dangerousCode(e, found, first)
	}
}

// expected reports whether honest code that comes with a model does what a path
// is for: it reads its own files and settings, loads what it wraps, and saves itself.
func (j *judge) expected(path string, v globals.Verdict, c *marshal.Code) bool {
	switch {
	case v.Effect == globals.Read:
		return !mentions(c.Constants, location.Sensitive)
	case routine(path, v.Effect):
		return !mentions(c.Constants, func(text string) bool { return location.Sensitive(text) || j.payload(text) != "" })
	}
	switch path[strings.LastIndexByte(path, '.')+1:] {
	case "load", "load_model":
		return v.Effect == globals.Deserialise
	case "from_pretrained":
		remote := func(text string) bool { return text == "trust_remote_code" }
		return (v.Effect == globals.Deserialise || v.Effect == globals.Write) && !mentions(c.Constants, remote)
	}
	return false
}

//go:embed routine.txt
var routineText string

// routines are the paths of routine.txt.
var routines = table.Once(routineText, table.Set)

// routine reports whether a path is in routine.txt.
func routine(path string, does globals.Effect) bool {
	module := path[:max(0, strings.LastIndexByte(path, '.'))]
	return routines()[path] || does == globals.Write && routines()[module+".*"]
}

// mentions reports whether a text among constants of code, or in one, is one that
// is asked for.
func mentions(constants []*marshal.Value, is func(string) bool) bool {
	return slices.ContainsFunc(constants, func(v *marshal.Value) bool {
		return v.Text != "" && is(v.Text) || mentions(v.Items, is)
	})
}

// opensToWrite reports whether code names a mode in which open changes the file.
func opensToWrite(c *marshal.Code) bool { return mentions(c.Constants, writeMode().MatchString) }

// writeMode is a mode of open that changes the file.
var writeMode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[bt]*([wax][bt+]*|r[bt]*\+[bt]*)$`) })

// dangerousCode reports names that code reaches, whether it is ever called or
// not.
func (j *judge) dangerousCode(e pickle.Effect, found []string, v globals.Verdict) {
	const shown = 5
	names := finding.Quote(strings.Join(found[:min(len(found), shown)], ", "))
	j.add(dangerousCode, e, "code "+found[0],
		func() string { return fmt.Sprintf("This file carries Python code that reaches %s%s.", names, does(v)) })
}

// codeObject puts the arguments of types.CodeType together.
func (j *judge) codeObject(args []pickle.Value) (*marshal.Code, bool) {
	// The layout decides what an index into variables means.
	c := &marshal.Code{Layout: marshal.Python38}
	at := -1
	for i := range max(0, len(args)-3) { // dill puts the table of lines first
		if s, ok := j.bytecode(args[i]); ok && j.tuples(args[i+1:i+4]) {
			c.Bytecode, at = s, i
			break
		}
	}
	if at < 0 {
		return nil, false
	}
	c.Names, c.Variables = j.texts(args[at+2]), j.texts(args[at+3])
	room := maxConstants
	c.Constants = j.constants(args[at+1], maxPlainDepth, &room)
	if at+5 < len(args) {
		c.Name, _ = j.text(args[at+5])
	}
	c.Cells = len(c.Variables)
	// Python 3.11 gives a qualified name behind the file's and the function's.
	if at+6 < len(args) {
		if _, ok := j.m.Str(args[at+6]); ok {
			c.Layout, c.Cells = marshal.Python311, 0
		}
	}
	j.shared(c, args[at+4:])
	return c, true
}

// maxConstants is how many constants of one code object are looked at.
const maxConstants = 1 << 16

// constants are the items of a tuple, as far as they are texts, None, or tuples and
// sets of them down to a depth, and as there is room for them.
func (j *judge) constants(tuple pickle.Value, depth int, room *int) []*marshal.Value {
	if depth == 0 {
		return nil
	}
	items, _ := j.items(tuple)
	if *room -= len(items); *room < 0 {
		j.unread()
		return nil
	}
	out := make([]*marshal.Value, len(items))
	for i, v := range items {
		out[i] = &marshal.Value{}
		if s, ok := j.text(v); ok {
			out[i] = &marshal.Value{Kind: marshal.Text, Text: s}
			continue
		}
		switch j.m.Kind(v) {
		case pickle.None:
			out[i].Kind = marshal.Nothing
		case pickle.Tuple, pickle.FrozenSet:
			out[i] = &marshal.Value{Kind: marshal.Container, Items: j.constants(v, depth-1, room)}
		}
	}
	return out
}

// shared adds the variables that functions share: free ones and cells are the
// last two arguments. One index counts them and the locals since Python 3.11,
// where a local that is shared is counted once.
func (j *judge) shared(c *marshal.Code, rest []pickle.Value) {
	if len(rest) < 2 || !j.tuples(rest[len(rest)-2:]) {
		return
	}
	free, cells := j.texts(rest[len(rest)-2]), j.texts(rest[len(rest)-1])
	local := make(map[string]bool)
	if c.Layout == marshal.Python311 {
		for _, s := range c.Variables {
			local[s] = true
		}
	}
	for _, s := range append(cells, free...) {
		if !local[s] {
			c.Variables = append(c.Variables, s)
		}
	}
}

// bytecode returns instructions, which dill also takes as text.
func (j *judge) bytecode(v pickle.Value) (string, bool) {
	s, ok := j.text(v)
	if !ok {
		if s, ok = j.m.Bytes(v); !ok && j.m.Kind(v) == pickle.Bytes {
			j.unread()
		}
		ok = ok && j.pays(s)
	}
	return s, ok && len(s) > 1
}

// tuples reports whether all values are tuples.
func (j *judge) tuples(values []pickle.Value) bool {
	return !slices.ContainsFunc(values, func(v pickle.Value) bool { return j.m.Kind(v) != pickle.Tuple })
}
