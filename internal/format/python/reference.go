package python

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// A Reference is a function or module that a source text refers to.
type Reference struct {
	// Path is the dotted path from a module or a builtin: "os.system", "eval". A
	// path of something local starts with the local name.
	Path     string
	Imported bool // it starts at a module that the text imports
	Called   bool
	// Deferred: it stands in a function, or behind a guard that keeps it from
	// running on import.
	Deferred bool
	Local    bool   // it is a parameter of a function, and no builtin of its name
	Offset   int    // of its first byte in the text
	Argument string // the first argument, if it is a constant string
}

// A Source is what a text refers to.
type Source struct {
	Imports    []Reference // modules and names in import statements
	References []Reference // in the order of the text
	Defined    []string    // functions, classes and methods that it defines
}

// ErrComputes says that a text makes more of its constants than is followed: names
// that it spells so may be missing.
var ErrComputes = errors.New("the text computes more from constants than is followed")

// Analyse reads a source text and resolves what it refers to: through imports,
// aliases, getattr and __import__ with constant names, and the dictionaries of
// modules. What it finds up to an error is returned with it: a *SyntaxError, or
// ErrComputes.
func Analyse(text string) (*Source, error) {
	tokens, broken := Tokens(text)
	s, err := AnalyseTokens(tokens)
	if broken != nil {
		err = broken
	}
	return s, err
}

// AnalyseTokens is Analyse for the tokens of a text.
func AnalyseTokens(tokens []Token) (*Source, error) {
	a := &analysis{tokens: tokens, names: make(map[string]value), source: &Source{}}
	a.define()
	a.statements()
	a.source.References = tidy(a.source.References)
	if a.computed > maxComputed {
		return a.source, ErrComputes
	}
	return a.source, nil
}

// tidy puts references in the order of the text, calls before what they are
// called with, each once: what stands in parentheses was met twice.
func tidy(all []Reference) []Reference {
	slices.SortStableFunc(all, func(x, y Reference) int { return cmp.Compare(x.Offset, y.Offset) })
	return slices.CompactFunc(all, func(x, y Reference) bool {
		return x.Offset == y.Offset && x.Path == y.Path && x.Called == y.Called
	})
}

// A value is what is known of the result of an expression.
type value struct {
	path     string // of an object that a path leads to
	imported bool
	text     string // of a constant string
	constant bool
	method   string // of the constant text, before it is called
	number   int64
	numeric  bool
	list     []value
	cut      bool // more was in the list, or would be in what is made of it
	local    bool // it is a parameter of a function
	offset   int
}

// A block is a stretch of lines that are indented alike.
type block struct {
	deferred bool            // it does not run on import
	params   map[string]bool // of the function whose body it is
}

// An analysis walks the tokens of one text.
type analysis struct {
	tokens []Token
	at     int
	names  map[string]value
	blocks []block         // that are open
	header bool            // the line opens a block that does not run on import
	params map[string]bool // of the function whose header was read last
	star   []string
	// computed counts the bytes of which values were made.
	computed int
	elements int // that the brackets of the statement have held
	source   *Source
}

// peek returns the token ahead; its Kind is zero at the end.
func (a *analysis) peek() Token {
	if a.at < len(a.tokens) {
		return a.tokens[a.at]
	}
	return Token{}
}

// is reports whether the token ahead is the operator or name.
func (a *analysis) is(text string) bool {
	t := a.peek()
	return (t.Kind == Op || t.Kind == Name) && t.Text == text
}

// take moves behind the operator or name if it is ahead.
func (a *analysis) take(text string) bool {
	if a.is(text) {
		a.at++
		return true
	}
	return false
}

// define collects what import statements and simple assignments bind, wherever
// they stand: a function may run after a statement that follows it.
func (a *analysis) define() {
	fresh := true // at the start of a statement
	for a.at < len(a.tokens) {
		t := a.tokens[a.at]
		switch {
		case fresh && a.take("import"):
			a.imports()
		case fresh && a.take("from"):
			a.importsFrom()
		case a.take("def"), a.take("class"):
			a.source.Defined = append(a.source.Defined, a.peek().Text)
		default:
			a.at++
		}
		fresh = t.Kind >= Newline || t.Kind == Op && (t.Text == ";" || t.Text == ":")
	}
	a.at, a.star, a.source.Imports = 0, nil, nil // statements meets them again
}

// imports reads what follows "import".
func (a *analysis) imports() {
	for {
		offset := a.peek().Offset
		path := a.dotted()
		a.source.Imports = append(a.source.Imports, Reference{Path: path, Imported: true, Offset: offset})
		if a.take("as") {
			a.bind(a.peek().Text, path)
			a.at++
		} else {
			// "import a.b" binds a.
			first := path
			if i := slices.Index([]byte(path), '.'); i > 0 {
				first = path[:i]
			}
			a.bind(first, first)
		}
		if !a.take(",") {
			return
		}
	}
}

// importsFrom reads what follows "from".
func (a *analysis) importsFrom() {
	module := a.dotted()
	if !a.take("import") {
		return
	}
	a.take("(")
	for a.peek().Kind == Name || a.is("*") {
		t := a.peek()
		a.at++
		path := module + "." + t.Text
		if t.Text == "*" {
			a.importStar(module)
			path = module
		}
		a.source.Imports = append(a.source.Imports, Reference{Path: path, Imported: true, Offset: t.Offset})
		as := t.Text
		if a.take("as") {
			as = a.peek().Text
			a.at++
		}
		if a.bind(as, path); !a.take(",") {
			return
		}
	}
}

// importStar notes that any name may be one of a module. What lies beside the
// source is looked at by itself.
func (a *analysis) importStar(module string) {
	switch {
	case strings.HasPrefix(module, "."), slices.Contains(a.star, module):
	case len(a.star) == maxStars:
		a.computed = maxComputed + 1 // too many for each name to be looked up in all
	default:
		a.star = append(a.star, module)
	}
}

// bind makes a name stand for what was imported. The last binding counts, as if
// the text ran from top to bottom.
func (a *analysis) bind(name, path string) {
	if name != "" && name != "*" {
		a.names[name] = value{path: path, imported: true}
	}
}

// dotted reads names with dots between them and, of a relative import, in front,
// of which it returns no more than it takes to pass maxPath.
func (a *analysis) dotted() string {
	var path string
	for a.peek().Kind == Name && !a.is("import") || a.is(".") || a.is("...") {
		if t := a.peek(); t.Kind == Name && path != "" && path[len(path)-1] != '.' {
			break
		}
		if len(path) <= maxPath {
			path += a.peek().Text
		}
		a.at++
	}
	return path
}

// deferred reports whether the cursor is where nothing runs on import.
func (a *analysis) deferred() bool {
	return a.header || slices.ContainsFunc(a.blocks, func(b block) bool { return b.deferred })
}

// parameter reports whether a name is that of a parameter of a function that the
// cursor is in: no builtin or import, whatever it is called.
func (a *analysis) parameter(name string) bool {
	return a.params[name] || slices.ContainsFunc(a.blocks, func(b block) bool { return b.params[name] })
}

// parameters returns the names between the brackets of a function's header, at
// the bracket that opens.
func (a *analysis) parameters() map[string]bool {
	names := make(map[string]bool)
	depth := 0
	for i := a.at; i < len(a.tokens) && a.tokens[i].Kind < Newline; i++ {
		t, before := a.tokens[i], a.tokens[max(0, i-1)].Text
		switch {
		case t.Kind == Op && (t.Text == "(" || t.Text == "[" || t.Text == "{"):
			depth++
		case t.Kind == Op && (t.Text == ")" || t.Text == "]" || t.Text == "}"):
			if depth--; depth == 0 && t.Text == ")" {
				return names
			}
		case t.Kind == Op && depth == 0: // no function has a header like this
			return nil
		case t.Kind == Name && depth == 1 && (before == "(" || before == "," || before == "*" || before == "**"):
			names[t.Text] = true
		}
	}
	return nil
}

// refer records a use of v.
func (a *analysis) refer(v value, called bool, argument string) {
	if v.path == "" {
		return
	}
	r := Reference{Path: v.path, Imported: v.imported, Called: called, Deferred: a.deferred(), Local: v.local, Offset: v.offset, Argument: argument}
	a.source.References = append(a.source.References, r)
}
