package ubjson

import (
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

var marks = map[Kind]string{Object: "{", ObjectEnd: "}", Array: "[", ArrayEnd: "]", Other: "o"}

func outline(p []byte) (string, error) {
	d := decoder(p)
	var b strings.Builder
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		switch t.Kind {
		case Name, Text:
			fmt.Fprintf(&b, "%q", t.Text)
		case Number:
			fmt.Fprint(&b, t.Int)
		case Packed:
			fmt.Fprintf(&b, "%c*%d", t.Type, t.Int)
		default:
			b.WriteString(marks[t.Kind])
		}
		b.WriteByte(' ')
	}
	return b.String(), d.Err()
}

func TestTokens(t *testing.T) {
	cases := []struct{ name, data, want string }{
		{"object", "{i\x01aSi\x02xyU\x01bZ}", `{ "a" "xy" "b" o } `},
		{"numbers", "[i\xffU\xffI\xff\xfel\x00\x00\x00\x07L\x00\x00\x00\x00\x00\x00\x00\x08]", "[ -1 255 -2 7 8 ] "},
		{"packed", "[$d#i\x02\x00\x00\x00\x00\x00\x00\x00\x00", "d*2 "},
		{"counted", "[#i\x02Si\x01aT", `[ "a" o ] `},
		{"typed texts", "[$S#i\x02i\x01ai\x01b", `[ "a" "b" ] `},
		{"typed object", "{$U#i\x02i\x01a\x05i\x01b\x06", `{ "a" 5 "b" 6 } `},
	}
	for _, c := range cases {
		got, err := outline([]byte(c.data))
		if err != nil || got != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func TestFaults(t *testing.T) {
	for name, data := range map[string]string{
		"empty": "", "cut off": "{i\x01a", "behind the end": "ZZ", "no type": "x", "length": "Si\xff",
		"claim": "[$d#L\x7f\xff\xff\xff\xff\xff\xff\xff", "deep": strings.Repeat("[", MaxDepth+2), "type alone": "[$d\x00",
	} {
		var f *hostile.Fault
		if _, err := outline([]byte(data)); !errors.As(err, &f) {
			t.Errorf("%s: got %v, want a fault", name, err)
		}
	}
}

// FuzzNext: whatever the bytes, reading ends, offsets do not go back, and every
// error is a Fault.
func FuzzNext(f *testing.F) {
	f.Add([]byte("{i\x01a[$d#i\x02\x00\x00\x00\x00\x00\x00\x00\x00i\x01b[#i\x01Z}"))
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
