package msgpack

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func decoder(p []byte) *Decoder {
	return NewDecoder(hostiletest.Reader(p))
}

func outline(p []byte) (string, error) {
	d := decoder(p)
	var b strings.Builder
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		if t.Key {
			b.WriteString("key:")
		}
		switch t.Kind {
		case Map, Array:
			fmt.Fprintf(&b, "%c%d ", " {["[t.Kind], t.Size)
		case Close:
			b.WriteString("} ")
		case Text:
			fmt.Fprintf(&b, "%q ", t.Text)
		case Binary, Extension:
			fmt.Fprintf(&b, "bytes%d/%d@%d ", t.Size, t.Type, t.Start)
		default:
			b.WriteString("v ")
		}
	}
	return b.String(), d.Err()
}

func TestTokens(t *testing.T) {
	cases := []struct{ name, data, want string }{
		{"map", "\x82\xa1a\x01\xa1b\x93\xc0\xc3\xff", `{2 key:"a" v key:"b" [3 v v v } } `},
		{"map of 16 bits", "\xde\x00\x01\xa1a\xca\x00\x00\x00\x00", `{1 key:"a" v } `},
		{"numbers", "\x95\xcb\x00\x00\x00\x00\x00\x00\x00\x00\xcd\x00\x01\xd3\x00\x00\x00\x00\x00\x00\x00\x01\xd0\x01\x7f", "[5 v v v v v } "},
		{"texts", "\x93\xd9\x01x\xda\x00\x01y\xdb\x00\x00\x00\x01z", `[3 "x" "y" "z" } `},
		{"bytes", "\x93\xc4\x02ab\xd5\x07ab\xc7\x01\x01a", "[3 bytes2/0@3 bytes2/7@7 bytes1/1@12 } "},
	}
	for _, c := range cases {
		if got, err := outline([]byte(c.data)); got != c.want || err != nil {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func TestFaults(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": nil, "cut off": []byte("\x92\x01"), "no type": {0xc1}, "array's claim": []byte("\xdd\xff\xff\xff\xff"),
		"text's claim": []byte("\xdb\xff\xff\xff\xffab"), "deep": bytes.Repeat([]byte{0x91}, MaxDepth+10),
	} {
		var f *hostile.Fault
		if _, err := outline(data); !errors.As(err, &f) {
			t.Errorf("%s: got %v, want a fault", name, err)
		}
	}
}

// FuzzNext: whatever the bytes, reading ends, content lies in the file, and
// every error is a Fault.
func FuzzNext(f *testing.F) {
	f.Add([]byte("\x82\xa1a\xc7\x01\x01a\xa1b\x93\xc0\xc3\xff"))
	f.Fuzz(func(t *testing.T, p []byte) {
		d := decoder(p)
		for tok := d.Next(); tok.Kind != 0; tok = d.Next() {
			if tok.Start+tok.Size > int64(len(p)) && (tok.Kind == Text || tok.Kind == Binary || tok.Kind == Extension) {
				t.Errorf("%d bytes at %d of %d", tok.Size, tok.Start, len(p))
			}
		}
		hostiletest.OnlyFault(t, d.Err())
	})
}
