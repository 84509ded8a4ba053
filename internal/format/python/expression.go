package python

import "strings"

// statements walks the text line by line.
func (a *analysis) statements() {
	for a.at < len(a.tokens) {
		switch a.peek().Kind {
		case Newline:
			a.at++
			a.header = false
		case Indent:
			a.at++
			a.blocks = append(a.blocks, block{deferred: a.pending(), params: a.params})
			a.params = nil
		case Dedent:
			a.at++
			if n := len(a.blocks); n > 0 {
				a.blocks = a.blocks[:n-1]
			}
		default:
			a.statement()
		}
	}
}

// pending reports whether the line before an indentation opens a block that
// does not run on import.
func (a *analysis) pending() bool {
	for i := a.at - 3; i >= 0; i-- { // behind the newline and the indentation
		t := a.tokens[i]
		if t.Kind >= Newline || i == 0 {
			start := i
			if t.Kind >= Newline {
				start++
			}
			return a.postpones(start)
		}
	}
	return false
}

// postpones reports whether the line at a token keeps its block from running on
// import: a function, or the guard of a script.
func (a *analysis) postpones(start int) bool {
	line := a.tokens[start:min(len(a.tokens), start+4)]
	text := make([]string, 4)
	for i, t := range line {
		text[i] = t.Text
	}
	return text[0] == "def" || text[0] == "async" && text[1] == "def" ||
		text[0] == "if" && text[1] == "__name__" && text[2] == "==" && text[3] == "__main__"
}

// statement reads one statement, up to its end or to the colon that opens a
// block.
func (a *analysis) statement() {
	start := a.at
	a.elements = 0 // no list is kept beyond its statement
	if !a.header {
		a.params = nil
	}
	switch {
	case a.take("import"):
		a.imports()
		return
	case a.take("from"):
		a.importsFrom()
		return
	case a.take("@"), a.take("async"), a.take("del"), a.take("return"), a.take("raise"), a.take("assert"), a.take("yield"), a.take("await"):
	case a.take("class"):
		a.at++ // the name
	}
	if a.take("def") {
		a.at++ // the name
		a.params = a.parameters()
	}
	postpones := a.postpones(start)
	for a.at < len(a.tokens) && a.peek().Kind < Newline && !a.is(";") {
		before := a.at
		v := a.expression()
		switch {
		case a.take(":"):
			a.header = a.header || postpones && a.peek().Kind != Newline
		case a.at-before == 0:
			a.at++
		}
		a.assign(start, before, v)
	}
	a.take(";")
}

// assign remembers that a name stands for a path, for a statement of the shape
// name = path; v is the value of the expression at the token before.
func (a *analysis) assign(start, before int, v value) {
	if before != start+2 || a.tokens[start].Kind != Name || a.tokens[start+1].Text != "=" || a.peek().Kind < Newline {
		return
	}
	if name := a.tokens[start].Text; v.path != "" && v.path != name || v.constant {
		a.names[name] = v
	}
}

// keywords are names that no value has, and that no operand ends at.
var keywords = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "is": true, "if": true, "else": true, "for": true, "lambda": true,
	"await": true, "async": true, "yield": true, "from": true, "elif": true, "while": true, "with": true, "as": true,
	"except": true, "return": true, "import": true, "def": true, "class": true, "pass": true, "try": true, "finally": true,
	"None": true, "True": true, "False": true, "del": true, "global": true, "nonlocal": true, "raise": true, "assert": true,
	"break": true, "continue": true,
}

// expression reads operands up to a comma, a colon, an equals sign, a closing
// bracket or the end of the line. It returns the value of a single operand, and
// of constant strings that are added.
func (a *analysis) expression() value {
	var v value
	operands, plain := 0, true // plain: nothing but additions so far
	for {
		t := a.peek()
		switch {
		case t.Kind == 0 || t.Kind >= Newline || t.Kind == Op && ends[t.Text]:
			if plain && (operands == 1 || v.constant) {
				return v
			}
			return value{offset: v.offset}
		case t.Kind == Op && closing[t.Text[0]] == 0 || t.Kind == Name && keywords[t.Text]:
			plain = plain && (t.Text == "+" || t.Text == "await" && operands == 0)
			a.at++
		default:
			w := a.operand()
			if operands++; operands == 1 {
				v = w
			} else {
				v = added(v, w)
			}
		}
	}
}

// Bounds of what is evaluated: assignments in a row could double a text each.
const (
	maxConstant = 4 << 10  // bytes of a constant that was put together
	maxComputed = 64 << 20 // bytes of all texts that something was made of
	maxPath     = 512      // bytes of a path
	maxStars    = 8        // modules from which everything is imported, those beside the source left out
	maxElements = 64 << 10 // values between brackets that are kept of one statement, beside
	arguments   = 2        // which are kept of each pair of brackets
)

// referenceCost is what a name that may be one of a module counts beside its path.
const referenceCost = 128

// added returns the value of v + w.
func added(v, w value) value {
	if !v.constant || !w.constant || len(v.text)+len(w.text) > maxConstant {
		return value{offset: v.offset}
	}
	return value{text: v.text + w.text, constant: true, offset: v.offset}
}

// ends are the operators at which an expression ends.
var ends = map[string]bool{",": true, ":": true, ";": true, "=": true, ")": true, "]": true, "}": true, ":=": true}

// operand reads an atom and what is done to it: attributes, calls, subscripts.
func (a *analysis) operand() value {
	v := a.atom()
	recorded := false
	for {
		switch {
		case a.take("."):
			name := a.peek().Text
			v = a.attribute(v, name)
			a.at++
			recorded = false
		case a.is("(") && v.method != "":
			v = a.method(v)
		case a.is("[") && v.constant && a.reverses() && a.computes(len(v.text)):
			v.text = reversed(v.text)
			a.at += 6
		case a.is("("):
			args := a.list(")")
			a.refer(v, true, first(args).text)
			v, recorded = a.called(v, args), true
		case a.is("["):
			keys := a.list("]")
			if !recorded {
				a.refer(v, false, "")
			}
			v, recorded = a.item(v, first(keys)), false
		default:
			if !recorded {
				a.refer(v, false, "")
			}
			return v
		}
	}
}

// method reads the arguments of a method of a constant text, and returns what it
// returns.
func (a *analysis) method(v value) value {
	start := min(a.at+1, len(a.tokens))
	args := a.list(")")
	// A generator is the argument of join, without brackets of its own.
	if made := generated(a.tokens[start:max(start, a.at-1)]); made.list != nil {
		args = []value{made}
	}
	var out value
	if a.computes(len(v.text)) {
		out = method(v, args)
		a.spells(out)
	}
	out.offset = v.offset
	return out
}

// computes reports whether something may be made of a text of a size: a program
// can make another of a long one in every line.
func (a *analysis) computes(size int) bool {
	a.computed += size
	return a.computed <= maxComputed
}

// spells notes that a text would be one of a list that was cut.
func (a *analysis) spells(made value) {
	if made.cut && made.list == nil {
		a.computed = maxComputed + 1
	}
}

// reverses reports whether [::-1] is ahead.
func (a *analysis) reverses() bool {
	for i, text := range []string{"[", ":", ":", "-", "1", "]"} {
		if a.at+i >= len(a.tokens) || a.tokens[a.at+i].Text != text {
			return false
		}
	}
	return true
}

// atom reads a name, a literal or a bracket.
func (a *analysis) atom() value {
	t := a.peek()
	switch {
	case t.Kind == Name:
		a.at++
		return a.lookup(t)
	case t.Kind == Text:
		var text strings.Builder
		for ; a.peek().Kind == Text; a.at++ {
			text.WriteString(a.peek().Text)
		}
		return value{text: text.String(), constant: true, offset: t.Offset}
	case t.Text == "(":
		tuple := a.sequence(")")
		// Parentheses around one expression; a tuple of one is taken for it,
		// which changes no name.
		if len(tuple.list) == 1 {
			return tuple.list[0]
		}
		return tuple
	case t.Kind == Number:
		a.at++
		v := numeral(t.Text)
		v.offset = t.Offset
		return v
	case t.Text == "[":
		return a.sequence("]")
	case t.Text == "{":
		a.list("}")
	default:
		a.at++
	}
	return value{offset: t.Offset}
}

// lookup returns what a name stands for; a name that is bound to nothing that
// is known stands for itself.
func (a *analysis) lookup(t Token) value {
	v, ok := a.names[t.Text]
	switch {
	case a.parameter(t.Text):
		v = value{path: t.Text, local: true}
	case !ok:
		v = value{path: t.Text}
		for _, module := range a.star {
			if a.computes(len(module) + len(t.Text) + referenceCost) {
				a.refer(value{path: module + "." + t.Text, imported: true, offset: t.Offset}, a.peek().Text == "(", "")
			}
		}
	}
	v.offset = t.Offset
	return v
}

// sequence reads a bracket, and returns the value of the list or tuple in it.
func (a *analysis) sequence(end string) value {
	v := value{offset: a.peek().Offset}
	v.list = a.list(end)
	v.cut = len(v.list) >= arguments && a.elements > maxElements
	return v
}

// list reads a bracket and the expressions between commas in it.
func (a *analysis) list(end string) []value {
	a.at++
	var out []value
	for a.at < len(a.tokens) && !a.is(end) {
		before := a.at
		v := a.expression()
		if a.take("=") || a.take(":=") || a.take(":") {
			a.outside()
		} else if a.elements++; len(out) < arguments || a.elements <= maxElements {
			out = append(out, v)
		}
		if t := a.peek(); !a.take(",") && a.at == before || t.Kind == Newline {
			a.at++ // a bracket of another kind closes here: the text is broken
		}
	}
	a.take(end)
	return out
}

// outside reads a default, or what else stands behind a name in brackets: in a
// function's header no parameter is meant by it.
func (a *analysis) outside() {
	params := a.params
	if !a.header {
		a.params = nil
	}
	a.expression()
	a.params = params
}

// first returns the first value, or one of which nothing is known.
func first(values []value) value {
	if len(values) > 0 {
		return values[0]
	}
	return value{}
}

// attribute returns the value of v.name.
func (a *analysis) attribute(v value, name string) value {
	if v.constant {
		return value{text: v.text, method: name, offset: v.offset}
	}
	if v.path == "" || len(v.path)+len(name) > maxPath {
		return value{path: "." + name, offset: v.offset} // a method of something
	}
	return value{path: v.path + "." + name, imported: v.imported, offset: v.offset}
}

// called returns the value of v(args), for the functions that look things up.
func (a *analysis) called(v value, args []value) value {
	none := value{offset: v.offset}
	arg := first(args)
	if a.computes(len(arg.text)) {
		if made, ok := computed(strings.TrimPrefix(v.path, "builtins."), args); ok {
			a.spells(made)
			made.offset = v.offset
			return made
		}
	}
	switch strings.TrimPrefix(v.path, "builtins.") {
	// All of them return a module by its name; resolve_name takes a colon in
	// front of the object.
	case "__import__", "importlib.import_module", "importlib.__import__", "pkgutil.resolve_name", "sys.modules.get":
		if arg.constant {
			return value{path: strings.ReplaceAll(arg.text, ":", "."), imported: true, offset: v.offset}
		}
	case "getattr", "object.__getattribute__":
		if len(args) > 1 && args[1].constant && arg.path != "" {
			return a.attribute(arg, args[1].text)
		}
	case "vars":
		if arg.path != "" {
			return a.attribute(arg, "__dict__")
		}
	// What is looked up in them is a name of this module.
	case "globals", "locals":
		return value{path: "globals()", offset: v.offset}
	}
	return none
}

// item returns the value of v[key], for the dictionaries that modules have.
func (a *analysis) item(v, key value) value {
	none := value{offset: v.offset}
	if !key.constant {
		return none
	}
	switch base, isDict := strings.CutSuffix(v.path, ".__dict__"); {
	case v.path == "sys.modules":
		return value{path: key.text, imported: true, offset: v.offset}
	case isDict:
		return value{path: base + "." + key.text, imported: v.imported, offset: v.offset}
	case v.path == "globals()":
		return a.lookup(Token{Kind: Name, Text: key.text, Offset: v.offset})
	case v.path == "__builtins__" || v.path == "builtins":
		return value{path: key.text, offset: v.offset}
	}
	return none
}
