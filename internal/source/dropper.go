package source

import (
	_ "embed"
	"slices"
	"sort"
	"strings"

	"github.com/modelaudit/modelaudit/internal/address"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed droppers.txt
var droppersFile string

// parts are the parts that functions have in droppers, by their paths.
var parts = table.Once(droppersFile, table.Kinds)

// A Drop is a place where a program does what an honest one has no need to: it
// runs code that it decodes or fetches, or has a shell do so.
type Drop struct {
	Offset int    // in the text
	Name   string // of what does it, as the text spells it after imports
	Does   string // a predicate that completes "it …"
	Text   string // what it is given, if that is constant
	Loads  bool   // it loads a pickle from a host with a name over HTTPS, as honest programs fetch their models
}

// Drops finds them in Python, which may use every function of Python for
// honest reasons: only what is done with what counts. The error is a
// *hostile.Fault of the budget; text that is no Python has none.
func Drops(text string, budget *hostile.Budget) ([]Drop, error) {
	if !holds(text, "drop") {
		return nil, nil
	}
	mark := budget.Held()
	defer budget.Release(mark)
	if len(text) > maxText {
		return longDrops(text, budget)
	}
	return drops(text, budget)
}

func drops(text string, budget *hostile.Budget) ([]Drop, error) {
	if err := budget.Hold(2 * uint64(len(text)) * cost); err != nil {
		return nil, err
	}
	if err := budget.Steps(2 * int64(len(text))); err != nil {
		return nil, err
	}
	tokens, err := python.Tokens(text)
	if err != nil {
		return nil, nil
	}
	s, _ := python.AnalyseTokens(tokens)
	d := &dropper{tokens: tokens, references: s.References, foreign: make(map[string]string), budget: budget,
		secrets: make(map[string]string), natives: make(map[string]bool), judged: -1}
	for i, t := range tokens {
		if t.Kind == python.Name {
			d.names = append(d.names, i)
		}
	}
	d.assignments()
	for _, r := range s.References {
		switch {
		case r.Local || d.err != nil:
		case r.Called:
			d.call(r)
		default:
			d.passed(r)
		}
	}
	d.shells()
	return d.out, d.err
}

// longDrops is Drops for texts longer than maxText. What is left of one that is
// too long still is more than there is memory for, unless that was raised.
func longDrops(text string, budget *hostile.Budget) ([]Drop, error) {
	if err := budget.Hold(uint64(len(text))); err != nil {
		return nil, err
	}
	if err := budget.Steps(int64(len(text))); err != nil {
		return nil, err
	}
	s := shorten(text)
	all, err := drops(s.text, budget)
	for i := range all {
		all[i].Offset = s.place(all[i].Offset)
	}
	return all, err
}

// A dropper follows where what one program runs comes from.
type dropper struct {
	tokens      []python.Token
	names       []int // indices of the tokens that are names; ends of lines have no places
	references  []python.Reference
	foreign     map[string]string // variables, by what their values come from
	secrets     map[string]string // variables, by what of the machine they hold
	natives     map[string]bool   // variables that are native libraries
	start, seen int               // of a statement, and how far its end was looked for: indices of tokens
	judged      int               // start of the last statement whose texts were judged as commands
	budget      *hostile.Budget
	out         []Drop
	err         error // of the budget
	asked, open bool  // whether openly was asked, and what it said
}

// part returns what a path does in a dropper, if anything: methods of what it
// returns are the same.
func part(path string) string {
	for p := path; p != ""; p = p[:max(0, strings.LastIndexByte(p, '.'))] {
		if kind := parts()[p]; kind != "" {
			return kind
		}
	}
	return ""
}

// token returns the index of the name at an offset, or of the end.
func (d *dropper) token(offset int) int {
	i := sort.Search(len(d.names), func(i int) bool { return d.tokens[d.names[i]].Offset >= offset })
	if i == len(d.names) {
		return len(d.tokens)
	}
	return d.names[i]
}

// expression returns the index behind a name, and the calls, subscripts and
// attributes that follow it.
func (d *dropper) expression(i int) int {
	i++
	for ; i < len(d.tokens); i++ {
		switch t := d.tokens[i]; {
		case t.Kind == python.Op && (t.Text == "(" || t.Text == "["):
			i = d.closing(i)
		case t.Kind == python.Op && t.Text == ".":
			i++
		default:
			return i
		}
	}
	return min(i, len(d.tokens))
}

// closing returns the index of the bracket that closes the one at i.
func (d *dropper) closing(i int) int {
	depth := 0
	for ; i < len(d.tokens); i++ {
		if d.tokens[i].Kind != python.Op {
			continue
		}
		switch d.tokens[i].Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return i
}

// call judges a call by what it is given.
func (d *dropper) call(r python.Reference) {
	process := starts(r.Path) || d.native(r)
	runs, writes := parts()[r.Path] == "run", parts()[r.Path] == "open"
	if kind := part(r.Path); kind == "fetch" || kind == "send" {
		d.sends(r)
	}
	if !process && !runs && !writes {
		return
	}
	from := d.token(r.Offset)
	if from == len(d.tokens) {
		return
	}
	to := d.expression(from)
	switch {
	case writes:
		d.opens(r, from, to)
	case process:
		d.command(r, from, to)
	case strings.HasSuffix(r.Path, "exec"), strings.HasSuffix(r.Path, "eval"):
		d.hidden(r, from, to)
	default: // pickles are decoded for honest reasons
		if origin := d.origin(from+1, to); part(origin) == "fetch" && !d.copies(from+1, to) {
			d.add(Drop{Offset: r.Offset, Name: r.Path, Does: "runs what " + origin + " brings", Loads: !d.openly()})
		}
	}
}

// copies reports whether what a call is given is made by dumps, so that it copies
// an object.
func (d *dropper) copies(from, to int) bool {
	at := sort.Search(len(d.references), func(i int) bool { return d.references[i].Offset >= d.tokens[from].Offset })
	if at == len(d.references) || to >= len(d.tokens) || d.references[at].Offset > d.tokens[to].Offset {
		return false
	}
	return strings.HasSuffix(d.references[at].Path, ".dumps")
}

// openly reports whether an address in the program is one of which Openly says so.
func (d *dropper) openly() bool {
	if !d.asked {
		d.asked = true
		d.open = slices.ContainsFunc(d.tokens, func(t python.Token) bool {
			return t.Kind == python.Text && strings.Contains(t.Text, "://") && !strings.ContainsAny(t.Text, " \n") && Openly(t.Text)
		})
	}
	return d.open
}

// starts reports whether a path leads to what starts a program. The method of
// something unknown, which most paths are, leads to nothing.
func starts(path string) bool {
	if strings.LastIndexByte(path, '.') == 0 {
		return false
	}
	_, v, concern := globals.Target(path)
	return concern == globals.Bad && v.Effect == globals.Process
}

// hidden reports a call that runs what is decoded or fetched.
func (d *dropper) hidden(r python.Reference, from, to int) {
	if origin := d.origin(from+1, to); origin != "" {
		d.found(r, "runs what "+origin+" brings", "")
	}
}

// command reports a call that has a shell do harm by a constant command, or by one
// that is decoded or fetched. Other programs are given such data for honest
// reasons.
func (d *dropper) command(r python.Reference, from, to int) {
	if parts()[r.Path] == "shell" {
		d.hidden(r, from, to)
	}
	d.given(r, from, to)
}

// given judges the texts in an expression as commands.
func (d *dropper) given(r python.Reference, from, to int) {
	const shortest = 8
	given := []string{r.Argument}
	for _, t := range d.tokens[from:to] {
		if t.Kind == python.Text {
			given = append(given, t.Text)
		}
	}
	for _, text := range given {
		if len(text) < shortest {
			continue
		}
		p, err := Shell(text, d.budget)
		if err != nil {
			d.err = err
			return
		}
		if p != nil {
			d.found(r, "starts "+p.Name+", which "+p.Does, text)
			return
		}
	}
}

// opens reports a file that is run or trusted later and opened for writing.
func (d *dropper) opens(r python.Reference, from, to int) {
	name := ""
	for _, t := range d.tokens[from:to] {
		switch {
		case t.Kind != python.Text:
		case implants().MatchString(t.Text):
			name = t.Text
		case name != "" && len(t.Text) < 4 && strings.ContainsAny(t.Text, "wa+"):
			d.found(r, "writes to a file that is run or trusted later", name)
			return
		}
	}
}

// shells reports a program that connects and puts the connection in the place of
// a shell's input and output.
func (d *dropper) shells() {
	at := func(kind string) int {
		return slices.IndexFunc(d.references, func(r python.Reference) bool { return r.Called && part(r.Path) == kind })
	}
	connect, redirect := at("connect"), at("redirect")
	if connect < 0 || redirect < 0 {
		return
	}
	for _, t := range d.tokens {
		shell := t.Text == "sh" || t.Text == "bash" || strings.HasPrefix(t.Text, "/bin/sh") || strings.HasPrefix(t.Text, "/bin/bash") || t.Text == "cmd.exe"
		if t.Kind == python.Text && shell {
			d.found(d.references[redirect], "gives a shell to the network", t.Text)
			return
		}
	}
}

// found notes a place.
func (d *dropper) found(r python.Reference, does, text string) {
	d.add(Drop{Offset: r.Offset, Name: r.Path, Does: does, Text: text})
}

// add lists a drop, of which more than a few tell nothing new.
func (d *dropper) add(found Drop) {
	if len(d.out) < maxSteps {
		found.Name = strings.TrimPrefix(found.Name, ".")
		d.out = append(d.out, found)
	}
}

// Shell judges a text as the shell script that it is called. Without harm, it is
// nil; the error is that of Judge.
func Shell(text string, budget *hostile.Budget) (*Program, error) {
	mark := budget.Held()
	defer budget.Release(mark)
	return judgeShell(text, budget, true)
}

// Openly reports whether what a script fetches comes over a connection that others
// can change, or from a host that hides who is behind it. How software is installed
// differs in nothing else from how it is attacked.
func Openly(text string) bool {
	for l := range strings.Lines(text) {
		if strings.Contains(l, "http://") || strings.Contains(l, "://") && len(address.Find(l)) > 0 {
			return true
		}
	}
	return false
}

// judgeSource judges Python by the first of what Drops finds.
func judgeSource(text string, budget *hostile.Budget) (*Program, error) {
	all, err := Drops(text, budget)
	if len(all) == 0 {
		return nil, err
	}
	return &Program{Language: "Python", Name: all[0].Name, Does: all[0].Does}, err
}
