// Package jinja reads Jinja templates as syntax, without rendering them, and
// tells what they reach: which attributes, by whatever way their names are put
// together, which functions, which other templates.
//
// Grammar: https://jinja.palletsprojects.com/en/stable/templates/, with the tags
// of the extensions that chat templates use.
package jinja

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// maxSize is the largest template that is read, in bytes.
const maxSize = 16 << 20

// An Access is a name by which the template reaches into an object.
type Access struct {
	Offset int64
	// Name is what is accessed; unknown pieces of it are Wild.
	Name string
	How  How
	// Built says that the name is put together in the template, or written with
	// escapes that it does not need.
	Built bool
}

// A How is a way to access a name.
type How string

// The ways to access a name. An Argument is a string that stands alone in the
// arguments of a function, macro or filter, or in a list or dict: it may become
// an access.
const (
	Attribute How = "attribute"
	Subscript How = "subscript"
	Filter    How = "attr filter"
	Format    How = "format field"
	Variable  How = "variable"
	Argument  How = "argument"
)

// A Call is a call of something by a path of names.
type Call struct {
	Offset int64
	Path   string // "os.system"
	Local  bool   // the template itself assigns the first name
}

// A Load is another template that is loaded.
type Load struct {
	Offset int64
	Tag    string // include, import, from, extends
	Name   string // "" if it is not a constant
}

// A Repeat is an amount of work or memory that the template asks for by number.
type Repeat struct {
	Offset int64
	What   string // "range", "*", "lipsum", "format width", …
	Count  int64
}

// A Visitor is told what a template does, in the order of the text.
type Visitor struct {
	Access func(Access)
	Call   func(Call)
	Load   func(Load)
	Repeat func(Repeat)
}

// passes is how often assignments are followed: a value may go through as many
// variables less one, against the order of the text.
const passes = 4

// Walk reads a template to its end or to the first fault, and tells what stands
// before it.
func Walk(r *hostile.Reader, v Visitor) error {
	if r.Left() > maxSize {
		return r.Fail(hostile.OverBudget, "a template of %d bytes, the limit is %d", r.Left(), maxSize)
	}
	src := string(r.Bytes(uint64(r.Left())))
	if r.Err() != nil {
		return r.Err()
	}
	t := &template{r: r}
	t.parse(src)
	s := &scope{values: make(map[string][]value), macros: make(map[string]*macro), local: make(map[string]bool), budget: r.Budget()}
	for range passes {
		t.assign(s)
	}
	w := walker{scope: s, v: v}
	for _, st := range t.statements {
		w.statement(st)
	}
	r.Step() // feels a budget that was spent on the way
	return r.Err()
}

// A template is a list of statements, nesting left out: what is reached does not
// depend on it.
type template struct {
	r          *hostile.Reader
	statements []*statement
	open       []string // tags of the blocks that are not ended
}

// A statement is one block, or the plain text between two.
type statement struct {
	tag     string // "" for {{ }}, "data" for plain text
	at      int64
	data    string
	targets []target // what is assigned to
	params  []string // of a macro or call
	exprs   []*node
}

// A target is a name, or an attribute of a namespace.
type target struct{ name string }

// stepsPerBlock is what a block costs beside its nodes.
const stepsPerBlock = 4

// parse reads the blocks of a source in turn, into a list of statements.
func (t *template) parse(src string) {
	l := &lexer{src: src}
	for {
		b, ok := l.next()
		if !ok {
			break
		}
		// One block at a time: a fault ends the list, and what stands before it
		// is told.
		st, nodes, fault := parse(b)
		if fault != nil {
			l.err = fault
			break
		}
		cost := uint64(nodeCost * (nodes + len(st.targets) + len(st.params) + 1))
		if err := t.r.Budget().Hold(cost); err != nil {
			t.r.FailAt(b.at, hostile.OverBudget, "the template's expressions: %v", err)
			return
		}
		if t.r.Budget().Steps(int64(nodes+stepsPerBlock)) != nil {
			t.r.Step() // records the fault
			return
		}
		t.statements = append(t.statements, st)
		if l.err = t.nest(st); l.err != nil {
			break
		}
	}
	switch n := len(t.open); {
	case l.err != nil:
		t.r.FailAt(l.err.Offset, l.err.Kind, "%s", l.err.Detail)
	// Jinja refuses a template whose blocks stay open.
	case n > 0 && t.r.Err() == nil:
		t.r.FailAt(int64(len(src)), hostile.Truncated, "{%% %s %%} is not ended", t.open[n-1])
	}
}

// blocks are the tags that another tag ends, and the one that does.
var blocks = map[string]string{
	"for": "endfor", "if": "endif", "macro": "endmacro", "call": "endcall", "filter": "endfilter", "set block": "endset",
	"with": "endwith", "block": "endblock", "autoescape": "endautoescape", "trans": "endtrans", "generation": "endgeneration",
}

// nest checks that tags end what was begun.
func (t *template) nest(st *statement) *hostile.Fault {
	if blocks[st.tag] != "" {
		t.open = append(t.open, st.tag)
		return nil
	}
	if !strings.HasPrefix(st.tag, "end") {
		return nil
	}
	n := len(t.open)
	if n == 0 || blocks[t.open[n-1]] != st.tag {
		return hostile.Faultf(hostile.Malformed, st.at, "{%% %s %%} ends nothing", st.tag)
	}
	t.open = t.open[:n-1]
	return nil
}
