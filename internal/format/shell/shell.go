// Package shell reads shell scripts: which commands they run, with what, and
// which command reads the output of which. Nothing is run.
package shell

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Unknown stands in a word for what is known only when the script runs.
const Unknown = "\x00"

// A Command is one simple command.
type Command struct {
	Words     []Word
	Redirects []Redirect
	From      []*Command // its input is the output of these, through a pipe
	Inputs    []string   // those that the script has: here-documents and here-strings
	Offset    int        // in the text, in bytes
}

// A Word is an argument, its quotation marks removed and variables that the
// script sets put in.
type Word struct {
	Text   string
	Output []*Command // the commands whose output is in it: $(…), `…`, <(…)
	Values []*Command // those whose output is in the variables in it
}

// A Redirect is a file that a command reads or writes.
type Redirect struct {
	Writes bool
	Target Word
}

// Limits of what is read. The parser calls itself for every bracket and keyword.
const (
	maxText     = 1 << 20 // bytes of one statement, lines of comments aside
	maxNested   = 4000    // brackets and keywords in one statement, those of texts and comments included
	maxCommands = 1 << 16
	maxCopied   = 1 << 16 // redirections of groups that are kept with the commands in them
	maxOutputs  = 16      // commands that are known to have put out the value of a variable
	maxPutIn    = 1 << 20 // bytes of values that are put in: assignments in a row could double one each
)

// ErrBounds says that not all of a script was read: a statement is longer than
// maxText, or the script goes beyond another limit.
var ErrBounds = errors.New("the script is longer, or nests deeper, than is read")

// Parse lists the commands of a script, in the order in which a shell meets them.
// A shell runs what stands before an error: so does Parse return it, with the
// error.
func Parse(text string) ([]*Command, error) {
	in := &input{text: text}
	r := &reader{variables: make(map[string]string), outputs: make(map[string][]*Command)}
	var fault error
	for s, err := range syntax.NewParser(syntax.Variant(syntax.LangBash)).StmtsSeq(in) {
		r.statement(s, nil)
		fault = cmp.Or(fault, err)
		if in.nested, in.start = 0, in.at; r.cut {
			break
		}
	}
	if in.cut || r.cut {
		return r.all, ErrBounds
	}
	return r.all, fault
}

// An input gives a script to the parser, each statement up to a limit.
type input struct {
	text   string
	at     int
	start  int // of what counts as read since the statement that was parsed last
	line   int // 0 at the start of a line, comment or text within one
	nested int // what opens, since the statement that was parsed last
	cut    bool
}

// Read fills p, which is small: what the parser has not reached counts to the
// statement before.
func (in *input) Read(p []byte) (n int, err error) {
	for n < len(p) && in.at < len(in.text) && !in.cut {
		c := in.text[in.at]
		in.aside(c)
		switch c {
		case '(', '{', '`', '[', '!':
			in.nested++
		case ' ', '\n', '\t':
			if opens(in.text[:in.at]) {
				in.nested++
			}
		}
		if in.cut = in.nested > maxNested || in.at-in.start >= maxText; !in.cut {
			p[n] = c
			n++
			in.at++
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// What a line is that is read.
const (
	comment = iota + 1
	text
)

// aside leaves lines of comments out of what counts. The parser has them all the
// same: what looks like one may end a text.
func (in *input) aside(c byte) {
	switch {
	case c == '\n':
		in.line = 0
	case in.line == 0 && c == '#':
		in.line = comment
	case in.line == 0 && c != ' ' && c != '\t':
		in.line = text
	}
	if in.line == comment {
		in.start++
	}
}

// opens reports whether a text ends with a keyword behind which commands stand.
func opens(text string) bool {
	for _, k := range []string{"if", "while", "until", "do", "then", "else", "in", "time", "coproc"} {
		if strings.HasSuffix(text, k) {
			return true
		}
	}
	return false
}

// A reader collects the commands of a script.
type reader struct {
	all       []*Command
	variables map[string]string
	outputs   map[string][]*Command // in the values of variables
	copied    int                   // redirections of groups that were kept with the commands in them
	putIn     int                   // bytes of values that were put in
	cut       bool                  // a limit kept something out
}

// statements reads a list whose input is nobody's output.
func (r *reader) statements(all []*syntax.Stmt) {
	for _, s := range all {
		r.statement(s, nil)
	}
}

// statement reads one statement whose input is the output of from. It returns
// the commands that put its output out.
func (r *reader) statement(s *syntax.Stmt, from []*Command) (out []*Command) {
	if s == nil || len(r.all) >= maxCommands {
		r.cut = r.cut || s != nil
		return nil
	}
	before := len(r.all)
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		out = []*Command{r.call(c, from)}
	case *syntax.BinaryCmd:
		out = r.statement(c.X, from)
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			out = r.statement(c.Y, out)
		} else {
			out = append(out, r.statement(c.Y, from)...)
		}
	case nil:
	default:
		r.compound(c, from)
		out = r.all[before:len(r.all):len(r.all)]
	}
	r.redirects(s, before)
	return out
}

// compound reads what a block, a loop, a condition or a function runs.
func (r *reader) compound(c syntax.Command, from []*Command) {
	syntax.Walk(c, func(n syntax.Node) bool {
		s, ok := n.(*syntax.Stmt)
		if ok {
			r.statement(s, from)
		}
		// Statements within are read by statement itself.
		return !ok
	})
}

// redirects adds the files that a statement reads and writes to its commands.
func (r *reader) redirects(s *syntax.Stmt, before int) {
	if len(s.Redirs) == 0 {
		return
	}
	if len(r.all) == before { // nothing but a redirection, which happens all the same
		r.all = append(r.all, &Command{Offset: int(s.Pos().Offset())})
	}
	var files []Redirect
	var inputs []string
	for _, d := range s.Redirs {
		if d.Word == nil || descriptor(d) {
			continue
		}
		file, input := r.redirect(d)
		files = append(files, file)
		if input != "" {
			inputs = append(inputs, input)
		}
	}
	for _, c := range r.within(before, len(files)+len(inputs)) {
		c.Inputs = append(c.Inputs, inputs...)
		c.Redirects = append(c.Redirects, files...)
	}
}

// redirect reads one redirection: the file, or what the script itself has to be
// read.
func (r *reader) redirect(d *syntax.Redirect) (file Redirect, input string) {
	if d.Op == syntax.Hdoc || d.Op == syntax.DashHdoc {
		if d.Hdoc == nil {
			return Redirect{}, ""
		}
		w := r.word(d.Hdoc)
		return Redirect{Target: Word{Output: w.Output}}, w.Text
	}
	w := r.word(d.Word)
	switch d.Op {
	case syntax.WordHdoc: // a here-string: <<< word
		return Redirect{Target: Word{Output: w.Output}}, w.Text
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.AppClob, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut, syntax.DplOut:
		return Redirect{Writes: true, Target: w}, ""
	}
	return Redirect{Target: w}, ""
}

// descriptor reports whether a redirection names no file but a descriptor, as 2>&1
// does: what is no number behind >& is a file to bash.
func descriptor(d *syntax.Redirect) bool {
	return (d.Op == syntax.DplOut || d.Op == syntax.DplIn) && strings.Trim(d.Word.Lit(), "0123456789-") == "" && d.Word.Lit() != ""
}

// within returns the commands that the redirections of a statement are kept with:
// all that are in it, as long as groups within groups do not have as many as the
// product of both.
func (r *reader) within(before, redirections int) []*Command {
	all := r.all[before:]
	if len(all) > 1 {
		r.copied += len(all) * redirections
	}
	if r.copied > maxCopied {
		r.cut = true
		return all[:1]
	}
	return all
}

// call reads a simple command. Its assignments hold from here on.
func (r *reader) call(c *syntax.CallExpr, from []*Command) *Command {
	out := &Command{From: from, Offset: int(c.Pos().Offset())}
	for _, a := range c.Assigns {
		if a.Name != nil && !a.Naked {
			w := r.assigned(a)
			r.variables[a.Name.Value] = w.Text
			r.outputs[a.Name.Value] = slices.Concat(w.Output[:min(len(w.Output), maxOutputs)], w.Values[:min(len(w.Values), maxOutputs)])
		}
	}
	for _, a := range c.Args {
		w := r.parted(a)
		for text := range strings.FieldsFuncSeq(w.Text, func(c rune) bool { return c == blank }) {
			out.Words = append(out.Words, Word{Text: text, Output: w.Output, Values: w.Values})
		}
		if w.Text == "" {
			out.Words = append(out.Words, w)
		}
	}
	r.all = append(r.all, out)
	return out
}

// assigned returns the value that a variable has from an assignment on.
func (r *reader) assigned(a *syntax.Assign) Word {
	var w Word
	if a.Value != nil {
		w = r.word(a.Value)
	}
	value := w.Text
	switch {
	case a.Array != nil || a.Index != nil:
		return Word{Text: Unknown, Output: w.Output, Values: w.Values}
	case !a.Append:
		return w
	}
	before, known := r.variables[a.Name.Value]
	if !known || !r.room(before) {
		before = Unknown
	}
	return Word{Text: before + value, Output: w.Output, Values: w.Values}
}

// room reports whether one more value may be put in. If not, the script was cut.
func (r *reader) room(value string) bool {
	r.putIn += len(value)
	r.cut = r.cut || r.putIn > maxPutIn
	return r.putIn <= maxPutIn
}

// blank stands for the space that $IFS is, at which words are parted.
const blank = '\x01'

// word puts the parts of a word together.
func (r *reader) word(w *syntax.Word) Word {
	out := r.parted(w)
	out.Text = strings.ReplaceAll(out.Text, string(blank), " ")
	return out
}

// parted is word with blank where it is several words.
func (r *reader) parted(w *syntax.Word) Word {
	var out Word
	var text strings.Builder
	r.parts(w.Parts, &text, &out)
	out.Text = text.String()
	return out
}

// parts adds what parts of a word come to. What only a run would tell is
// Unknown.
func (r *reader) parts(parts []syntax.WordPart, text *strings.Builder, out *Word) {
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			text.WriteString(unescaped(p.Value))
		case *syntax.SglQuoted:
			if p.Dollar {
				text.WriteString(ansi(p.Value))
			} else {
				text.WriteString(p.Value)
			}
		case *syntax.DblQuoted:
			r.parts(p.Parts, text, out)
		case *syntax.ParamExp:
			r.variable(p, text, out)
		case *syntax.CmdSubst:
			r.output(p.Stmts, text, out)
		case *syntax.ProcSubst:
			r.output(p.Stmts, text, out)
		default:
			text.WriteString(Unknown)
		}
	}
}

// variable writes the value of a variable, if it is one that the script sets.
func (r *reader) variable(p *syntax.ParamExp, text *strings.Builder, out *Word) {
	value, known := "", false
	if p.Param != nil && p.Exp == nil && p.Slice == nil && p.Repl == nil && p.Index == nil && !p.Length && !p.Excl {
		value, known = r.variables[p.Param.Value]
	}
	if p.Param != nil && len(out.Values) < maxOutputs {
		out.Values = append(out.Values, r.outputs[p.Param.Value]...)
	}
	switch {
	case known && r.room(value):
		text.WriteString(value)
	// ${IFS} is how commands are written without a space.
	case p.Param != nil && p.Param.Value == "IFS":
		text.WriteRune(blank)
	default:
		text.WriteString(Unknown)
	}
}

// output reads commands whose output becomes a part of a word.
func (r *reader) output(all []*syntax.Stmt, text *strings.Builder, out *Word) {
	before := len(r.all)
	r.statements(all)
	made := r.all[before:len(r.all):len(r.all)]
	if out.Output == nil {
		out.Output = made // shared: substitutions in each other would have the square of what they hold
	} else {
		out.Output = append(out.Output, made...)
	}
	text.WriteString(Unknown)
}

// unescaped returns a literal without the backslashes that quote characters.
func unescaped(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if i++; s[i] == '\n' {
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// Unescape returns what echo -e and printf print for a text.
func Unescape(s string) string { return ansi(s) }

// ansi undoes the escapes of $'…'. One that is not known stands for itself.
func ansi(s string) string {
	var out strings.Builder
	for s != "" {
		c, _, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil {
			c, rest = rune(s[0]), s[1:]
		}
		if c < 0x80 {
			out.WriteByte(byte(c))
		} else {
			out.WriteRune(c)
		}
		s = rest
	}
	return out.String()
}
