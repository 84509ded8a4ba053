package encoded

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/compress"
)

// kept fails if a text that promises something is passed over.
func kept(t *testing.T, text []byte) {
	for _, f := range []*form{hexForm, base32Form, base64Form, base85Form, z85Form} {
		head := f.decode(beginning(f, text))
		promised := starts(head) || len(head) >= promising && (readable(head) || wide(head) != nil)
		if promised && !may(f, text) {
			t.Errorf("%s, %q: it stands for %q, and is passed over", f.name, text, head)
		}
	}
}

// beginnings are of what is to be found.
func beginnings() []string {
	out := []string{
		"import os\n", "caf\u00e9 \U0001f600 text", "i\x00m\x00p\x00o\x00", "cposix\nsystem\n", "\x80\x04\x95", "MZ\x90", "c\x00\x00\x00\x00", "\xe3\x00\x00\x00\x00",
		"\x78\x9c\x4b", "\x78\x01\x01\x00\x00\xff\xff", "\x18\x95", "\x1f\x8b\x08", "BZh91AY&SY", "]\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00",
		"ZF0x10               \x78\x9c", "LZIP\x01", "\x02\x21\x4c\x18", "\x28\xb5\x2f\xfd", "\xfd7zXZ\x00",
	}
	for _, m := range magics {
		out = append(out, m.prefix)
	}
	return out
}

func TestMay(t *testing.T) {
	for _, b := range beginnings() {
		data := []byte(b + strings.Repeat("\x00\xff\x01", 30))
		if compress.Sniff(data) == nil && !starts(data) && !readable([]byte(b)) && !zeros([]byte(b)) {
			t.Errorf("%q starts nothing", b)
		}
		for _, text := range []string{
			hex.EncodeToString(data), "0x" + hex.EncodeToString(data), strings.ToUpper(hex.EncodeToString(data)), base32.StdEncoding.EncodeToString(data),
			base64.StdEncoding.EncodeToString(data), base64.RawURLEncoding.EncodeToString(data),
		} {
			kept(t, []byte(text))
		}
	}
}

// FuzzMay: what promises something is never passed over, however it is written.
func FuzzMay(f *testing.F) {
	for _, b := range beginnings() {
		f.Add([]byte(b), true)
		f.Add([]byte(base64.StdEncoding.EncodeToString([]byte(b+"0123456789abcdef"))), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, encode bool) {
		if !encode {
			for i, c := range data {
				if class[c]&(inBase64|inBase85|inZ85) == 0 {
					data[i] = letters[int(c)%len(letters)]
				}
			}
			kept(t, data)
			return
		}
		for _, text := range []string{hex.EncodeToString(data), base32.StdEncoding.EncodeToString(data), base64.StdEncoding.EncodeToString(data)} {
			kept(t, []byte(text))
		}
	})
}
