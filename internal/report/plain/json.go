package plain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// WriteJSON writes a document as JSON, one value a line, with nothing in it that
// commands a terminal or a workflow log; <, > and & are no danger to those.
func WriteJSON(w io.Writer, doc any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", indent)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := w.Write(JSON(b.Bytes()))
	return err
}

// JSON makes an encoded document fit for a terminal and a log without changing
// what it means: what Safe would escape is inside strings, where JSON has an
// escape of its own.
func JSON(doc []byte) []byte {
	var b bytes.Buffer
	for i := 0; i < len(doc); {
		c, n := utf8.DecodeRune(doc[i:])
		switch {
		case c == '#' && i > 0 && doc[i-1] == '#', c != '\n' && !finding.Visible(c):
			escapeRune(&b, c)
		default:
			b.Write(doc[i : i+n])
		}
		i += n
	}
	return b.Bytes()
}

func escapeRune(b *bytes.Buffer, c rune) {
	if high, low := utf16.EncodeRune(c); high != utf8.RuneError {
		fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		return
	}
	fmt.Fprintf(b, `\u%04x`, c)
}
