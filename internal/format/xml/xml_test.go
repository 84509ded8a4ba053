package xml

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decoder(p []byte) *Decoder {
	return NewDecoder(hostiletest.Reader(p))
}

// outline reads a document to its end and returns its elements and texts.
func outline(p []byte) (string, error) {
	d := decoder(p)
	var b strings.Builder
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		switch t.Kind {
		case Start:
			b.WriteString("<" + t.Name)
			for _, a := range t.Attrs {
				b.WriteString(" " + a.Name + "=" + a.Value)
			}
		case End:
			b.WriteString(">")
		case Text:
			b.WriteString("'" + t.Text + "'")
		case Directive:
			b.WriteString("!")
		case Instruction:
			b.WriteString("?" + t.Name)
		}
	}
	return b.String(), d.Err()
}

func utf16of(s string, order binary.AppendByteOrder) []byte {
	var p []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
		p = order.AppendUint16(p, u)
	}
	return p
}

func TestTokens(t *testing.T) {
	const doc = `<?xml version="1.0"?><!-- c --><a x="1"><b>text</b></a>`
	const want = `?xml<a x=1<b'text'>>`
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"utf-8", []byte(doc), want},
		{"byte-order mark", []byte("\ufeff" + doc), want},
		{"utf-16le", utf16of(doc, binary.LittleEndian), want},
		{"utf-16be", utf16of(doc, binary.BigEndian), want},
		{"declared utf-16", utf16of(`<?xml version="1.0" encoding="UTF-16"?><a>ü</a>`, binary.LittleEndian), `?xml<a'ü'>`},
		{"latin-1", []byte("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xfc</a>"), `?xml<a'ü'>`},
		{"namespace", []byte(`<p:a xmlns:p="u"><p:b/></p:a>`), `<a p=u<b>>`},
		{"declared entity", []byte(`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>1&e;2</a>`), `!<a'12'>`},
	}
	for _, c := range cases {
		got, err := outline(c.data)
		if got != c.want || err != nil {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func TestFaults(t *testing.T) {
	cases := []struct {
		name string
		data string
		kind hostile.Kind
	}{
		{"empty", "", hostile.Truncated},
		{"cut off", "<a><b>", hostile.Truncated},
		{"crossed", "<a></b>", hostile.Malformed},
		{"deep", strings.Repeat("<a>", MaxDepth+1), hostile.OverBudget},
		{"endless token", "<a>" + strings.Repeat("x", MaxToken+8192), hostile.OverBudget},
		{"encoding", `<?xml version="1.0" encoding="EBCDIC"?><a/>`, hostile.Unsupported},
	}
	for _, c := range cases {
		_, err := outline([]byte(c.data))
		var f *hostile.Fault
		if !errors.As(err, &f) || f.Kind != c.kind {
			t.Errorf("%s: got %v, want %v", c.name, err, c.kind)
		}
	}
}

func TestDoctype(t *testing.T) {
	cases := []struct {
		directive string
		want      Doctype
	}{
		{`DOCTYPE a`, Doctype{}},
		{`DOCTYPE a SYSTEM "http://h/x.dtd"`, Doctype{External: "http://h/x.dtd"}},
		{`DOCTYPE a PUBLIC "-//X//Y" 'x.dtd'`, Doctype{External: "x.dtd"}},
		{`doctype a [<!ENTITY e "v"><!ENTITY % p SYSTEM 'file:///p'>]`, Doctype{Entities: []Entity{{Name: "e", Value: "v"}, {Name: "p", External: "file:///p"}}}},
		{`DOCTYPE a [<!ENTITY e "a > b">]`, Doctype{Entities: []Entity{{Name: "e", Value: "a > b"}}}},
	}
	for _, c := range cases {
		got, ok := ParseDoctype(c.directive)
		if !ok || got.External != c.want.External || len(got.Entities) != len(c.want.Entities) {
			t.Errorf("%s: got %+v, want %+v", c.directive, got, c.want)
			continue
		}
		for i := range got.Entities {
			if got.Entities[i] != c.want.Entities[i] {
				t.Errorf("%s: got %+v, want %+v", c.directive, got.Entities[i], c.want.Entities[i])
			}
		}
	}
	if _, ok := ParseDoctype("ELEMENT a ANY"); ok {
		t.Error("ELEMENT is taken for a DOCTYPE")
	}
}

func TestRoot(t *testing.T) {
	for _, c := range []struct {
		head, root string
		starts     bool
	}{
		{head: "<?xml version='1.0'?>\n<!-- x --><net a='1'>", root: "net", starts: true},
		{head: "<p:PMML xmlns:p='u'>", root: "PMML", starts: true},
		{head: "\ufeff <PMML>", root: "PMML", starts: true},
		{head: "text <PMML>", root: "PMML"},
		{head: "<PMML", starts: true},
		{head: "<!-- x", starts: true},
		{head: "\r\n", starts: true},
		{head: "text <!-- x"},
		{head: "plain"},
	} {
		if root, starts := Root([]byte(c.head)); root != c.root || starts != c.starts {
			t.Errorf("%q: got %q, %t, want %q, %t", c.head, root, starts, c.root, c.starts)
		}
	}
}

// FuzzNext: whatever the bytes, reading ends, tokens do not go backwards, and
// every error is a Fault.
func FuzzNext(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "v">]><a x="1">&e;<b/></a>`))
	f.Add(utf16of("<a>b</a>", binary.BigEndian))
	f.Fuzz(func(t *testing.T, p []byte) {
		d := decoder(p)
		last := int64(0)
		for tok := d.Next(); tok.Kind != 0; tok = d.Next() {
			if tok.Offset < last {
				t.Errorf("offset %d after %d", tok.Offset, last)
			}
			last = tok.Offset
		}
		hostiletest.OnlyFault(t, d.Err())
	})
}
