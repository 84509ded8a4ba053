// Package python reads Python source that comes with a model: its tokens, and
// the functions and modules that it refers to. Nothing is run. It reads the
// dialect of TorchScript archives, too.
package python

import "fmt"

// A Kind is a kind of token.
type Kind uint8

// The kinds of tokens. The zero Kind is the end of the text.
const (
	Name    Kind = iota + 1 // identifiers and keywords
	Text                    // a string literal, with its value in Token.Text; adjacent ones are separate
	Number                  // the literal as it stands
	Op                      // an operator or bracket
	Newline                 // the end of a logical line that has tokens
	Indent                  // the next line is indented deeper
	Dedent                  // a block ends
)

var kindNames = [...]string{Name: "name", Text: "text", Number: "number", Op: "op", Newline: "newline", Indent: "indent", Dedent: "dedent"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// A Token is one token of a source text.
type Token struct {
	Kind   Kind
	Text   string
	Offset int // of its first byte in the text
}

// A SyntaxError says why a text is no Python, and where.
type SyntaxError struct {
	Offset int // in bytes
	What   string
}

// Error says where and what, without any of the text.
func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %#x: %s", e.Offset, e.What) }

// Limits of CPython's own tokenizer.
const (
	maxIndents  = 100 // MAXINDENT
	maxBrackets = 200 // MAXLEVEL
	maxFormats  = 20  // how deep formatted strings may nest; CPython takes 150
)

// Tokens splits a source text in UTF-8 into tokens. The expressions in a
// formatted string follow it, each in parentheses of its own, as if they were
// called with. Comments are left out. What is read up to an error is returned
// with it (*SyntaxError).
func Tokens(text string) ([]Token, error) {
	const usual = 5 // bytes of source for a token
	l := &lexer{text: text, indents: []int{0}, fresh: true, tokens: make([]Token, 0, len(text)/usual)}
	l.lines()
	if l.err != nil {
		return l.tokens, l.err
	}
	return l.tokens, nil
}
