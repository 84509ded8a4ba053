// Package xml reads XML (W3C XML 1.0) whose author may be an attacker, token by
// token on encoding/xml, which expands no entities and fetches nothing. Unlike
// parsers that loaders use, it shows document type declarations to its caller.
package xml

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// MaxToken is the longest tag, text or declaration that is read, in bytes:
	// encoding/xml holds one token in memory.
	MaxToken = 16 << 20
	// MaxDepth is how many elements may be open at once.
	MaxDepth = 5_000
)

// A Kind is a kind of token.
type Kind uint8

// The kinds of tokens; the zero Kind is the end, or a fault.
const (
	Start       Kind = iota + 1 // an element begins
	End                         // an element ends
	Text                        // characters between tags
	Directive                   // <!DOCTYPE …> and the like
	Instruction                 // <?target …?>
)

// A Token is one token with its place.
type Token struct {
	Kind   Kind
	Offset int64  // of its first byte in the file, or in the text converted to UTF-8
	Name   string // of an element, without its namespace's prefix; of an instruction, the target
	Space  string // the namespace of an element, or its undeclared prefix
	Text   string // of Text, Directive (without <! and >) and Instruction
	Attrs  []Attr
}

// An Attr is an attribute of an element.
type Attr struct{ Space, Name, Value string }

// Attr returns the value of the attribute of a local name, or "".
func (t *Token) Attr(name string) string {
	for _, a := range t.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// A Decoder reads one document, which fills the window of its Reader.
type Decoder struct {
	r     *hostile.Reader
	xml   *xml.Decoder
	in    *input
	depth int
	err   error
}

// NewDecoder reads from the cursor to the end of the window, in UTF-8, UTF-16
// or a single-byte encoding that the document declares.
func NewDecoder(r *hostile.Reader) *Decoder {
	d := &Decoder{r: r, in: &input{r: r}}
	d.xml = xml.NewDecoder(decoded(d.in))
	d.xml.CharsetReader = charset
	d.xml.Strict = true
	return d
}

// Err returns what ended the tokens: nil at the end of the document, else a
// *hostile.Fault.
func (d *Decoder) Err() error { return d.err }

// Next returns the next token; comments are left out.
func (d *Decoder) Next() Token {
	for d.err == nil {
		d.in.sinceToken = 0
		offset := d.xml.InputOffset()
		raw, err := d.xml.Token()
		if err != nil {
			d.fail(err, offset)
			break
		}
		if !d.r.Step() {
			d.err = d.r.Err()
			break
		}
		if t, ok := d.token(raw, offset); ok {
			return t
		}
	}
	return Token{}
}

// token turns a token of encoding/xml into one of ours, and reports whether it
// is of interest.
func (d *Decoder) token(raw xml.Token, offset int64) (Token, bool) {
	t := Token{Offset: offset}
	switch x := raw.(type) {
	case xml.StartElement:
		t.Kind, t.Name, t.Space = Start, x.Name.Local, x.Name.Space
		for _, a := range x.Attr {
			t.Attrs = append(t.Attrs, Attr{a.Name.Space, a.Name.Local, a.Value})
		}
		if d.depth++; d.depth > MaxDepth {
			d.err = hostile.Faultf(hostile.OverBudget, offset, "elements nested more than %d deep", MaxDepth)
			return Token{}, false
		}
	case xml.EndElement:
		d.depth--
		t.Kind, t.Name, t.Space = End, x.Name.Local, x.Name.Space
	case xml.CharData:
		t.Kind, t.Text = Text, string(x)
	case xml.Directive:
		t.Kind, t.Text = Directive, string(x)
		d.declare(t.Text)
	case xml.ProcInst:
		t.Kind, t.Name, t.Text = Instruction, x.Target, string(x.Inst)
	default:
		return t, false
	}
	return t, true
}

// declare lets the document use the entities that it declares, and gives them no
// text, so that reading goes on behind a use.
func (d *Decoder) declare(directive string) {
	doctype, _ := ParseDoctype(directive)
	for _, e := range doctype.Entities {
		if d.xml.Entity == nil {
			d.xml.Entity = make(map[string]string)
		}
		d.xml.Entity[e.Name] = ""
	}
}

// fail tells the end of a document from a fault in it.
func (d *Decoder) fail(err error, offset int64) {
	var f *hostile.Fault
	var m *hostile.MachineError
	var syntax *xml.SyntaxError
	switch {
	case err == io.EOF && d.depth == 0 && d.in.any:
	case errors.As(err, &f), errors.As(err, &m):
		d.err = err
	case err == io.EOF, errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
		d.err = hostile.Faultf(hostile.Truncated, offset, "the document ends inside an element")
	default:
		d.err = hostile.Faultf(hostile.Malformed, offset, "%v", err)
	}
}

// input feeds encoding/xml from a Reader and refuses a token without end.
type input struct {
	r          *hostile.Reader
	sinceToken int
	any        bool
}

// Read implements io.Reader. It bounds what one token takes, which encoding/xml
// would hold in memory.
func (in *input) Read(p []byte) (int, error) {
	if in.r.Left() == 0 {
		if err := in.r.Err(); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	chunk := in.r.Peek(min(len(p), 4096))
	if len(chunk) == 0 {
		return 0, in.r.Err()
	}
	if in.sinceToken += len(chunk); in.sinceToken > MaxToken {
		return 0, in.r.Fail(hostile.OverBudget, "a token longer than %d bytes", MaxToken)
	}
	n := copy(p, chunk)
	in.r.Skip(uint64(n))
	in.any = true
	return n, nil
}

// decoded converts UTF-16 and UTF-32 to UTF-8 by the byte-order mark, or by how
// the first "<" is stored (XML 1.0, appendix F).
func decoded(in io.Reader) io.Reader {
	b := bufio.NewReader(in)
	head, _ := b.Peek(4)
	switch {
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		_, _ = b.Discard(3)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{'<', 0}):
		return &utf16Reader{in: b, order: binary.LittleEndian}
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), bytes.HasPrefix(head, []byte{0, '<'}):
		return &utf16Reader{in: b, order: binary.BigEndian}
	}
	return b
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	in    *bufio.Reader
	order binary.ByteOrder
	out   []byte
}

// Read implements io.Reader over UTF-16 as UTF-8.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		c, err := u.unit()
		if err != nil {
			return 0, err
		}
		if utf16.IsSurrogate(rune(c)) {
			low, err := u.unit()
			if err != nil {
				return 0, err
			}
			u.out = utf8.AppendRune(u.out, utf16.DecodeRune(rune(c), rune(low)))
		} else if c != 0xfeff {
			u.out = utf8.AppendRune(u.out, rune(c))
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// unit reads one code unit.
func (u *utf16Reader) unit() (uint16, error) {
	var pair [2]byte
	_, err := io.ReadFull(u.in, pair[:])
	return u.order.Uint16(pair[:]), err
}

// charset is called for a declared encoding that is not UTF-8.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "utf8", "us-ascii", "ascii":
		return in, nil // converted already, or a part of UTF-8
	case "iso-8859-1", "latin1", "windows-1252", "cp1252", "iso-8859-15":
		return &latin1Reader{in: bufio.NewReader(in)}, nil
	}
	return nil, hostile.Faultf(hostile.Unsupported, 0, "text in the encoding %.40q", label)
}

// latin1Reader turns a single-byte encoding into UTF-8. What differs between
// ISO 8859-1 and Windows-1252 is punctuation.
type latin1Reader struct {
	in  *bufio.Reader
	out []byte
}

// Read implements io.Reader over Latin-1 as UTF-8.
func (l *latin1Reader) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		c, err := l.in.ReadByte()
		if err != nil {
			return 0, err
		}
		l.out = utf8.AppendRune(l.out, rune(c))
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// Root returns the local name of the first element within the first bytes of a
// file, "" if none is there, and whether the document may start with it: text in
// front of it, as where a program quotes a document, is what most parsers refuse
// and pugixml skips.
func Root(head []byte) (name string, starts bool) {
	if !mayBeText(head) {
		if len(head) > 0 && head[0] > ' ' && head[0] < 0xef { // no space, and no mark of the byte order
			return "", false
		}
		return "", len(head) > 0 && len(bytes.TrimLeft(head, "\ufeff \t\r\n")) == 0
	}
	starts = true
	d := xml.NewDecoder(decoded(bytes.NewReader(head)))
	d.CharsetReader = charset
	d.Strict = false
	for range 50 {
		raw, err := d.Token()
		if err != nil {
			return "", starts
		}
		switch token := raw.(type) {
		case xml.StartElement:
			return token.Name.Local, starts
		case xml.CharData:
			starts = starts && len(bytes.TrimLeft(token, "\ufeff \t\r\n")) == 0
		}
	}
	return "", starts
}

// mayBeText reports whether a tag may follow in head, and what comes before it
// may be text, in an encoding of one byte or of two. It spares most files the
// decoder.
func mayBeText(head []byte) bool {
	i := bytes.IndexByte(head, '<')
	return i >= 0 && !bytes.ContainsFunc(head[:i], func(c rune) bool {
		return c > 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r'
	})
}
