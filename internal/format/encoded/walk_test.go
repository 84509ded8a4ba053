package encoded_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

const (
	textPickle   = "cposix\nsystem\n(S'echo poc'\ntR."
	binaryPickle = "\x80\x04\x95\x16\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x8c\x06system\x93\x8c\x08echo poc\x85R."
)

func deflate(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

const program = "import os\nos.system('echo poc')\n"

// walk lists what comes out of a text: how, of what kind, and the data.
func walk(text string) (out []string, err error) {
	budget := hostiletest.Budget(len(text))
	w := encoded.Walk{Budget: budget, Visit: func(c encoded.Content) bool {
		out = append(out, fmt.Sprintf("%s %s: %s", strings.Join(c.Encodings, "+"), c.Kind, c.Data))
		return false
	}}
	err = w.In([]byte(text))
	return out, err
}

func lines(s, end string, size int) string {
	var out []string
	for part := range slices.Chunk([]byte(s), size) {
		out = append(out, string(part))
	}
	return strings.Join(out, end)
}

func hexes(s, format, between string) string {
	var out []string
	for _, c := range []byte(s) {
		out = append(out, fmt.Sprintf(format, c))
	}
	return strings.Join(out, between)
}

func ascii85Of(s string) string {
	out := make([]byte, ascii85.MaxEncodedLen(len(s)))
	return string(out[:ascii85.Encode(out, []byte(s))])
}

// base85Of encodes a text whose length is a multiple of four.
func base85Of(s, alphabet string) string {
	var out strings.Builder
	for i := 0; i < len(s); i += 4 {
		n := uint32(s[i])<<24 | uint32(s[i+1])<<16 | uint32(s[i+2])<<8 | uint32(s[i+3])
		for _, power := range []uint32{85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1} {
			out.WriteByte(alphabet[n/power%85])
		}
	}
	return out.String()
}

func gzipOf(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func rot13Of(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'm':
			return c + 13
		case c|0x20 >= 'n' && c|0x20 <= 'z':
			return c - 13
		}
		return c
	}, s)
}

func wideOf(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }

const (
	python85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
	zero85   = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)

// TestWalk: content comes out of every form, wherever it stands.
func TestWalk(t *testing.T) {
	long := program + strings.Repeat("# a comment that fills lines\n", 8)
	forms := []struct {
		name, text, how, data string
		inJSON                bool // only there
	}{
		{name: "base64", text: base64Of(program), how: "base64"},
		{name: "base64 for URLs", text: base64.RawURLEncoding.EncodeToString([]byte(program)), how: "base64"},
		{name: "MIME", text: lines(base64Of(long), "\r\n", 76), how: "base64", data: long},
		{name: "lines", text: lines(base64Of(long), "\n    ", 64), how: "base64", data: long},
		{name: "base32", text: base32.StdEncoding.EncodeToString([]byte(program)), how: "base32"},
		{name: "base32 in lower case", text: strings.ToLower(base32.StdEncoding.EncodeToString([]byte(program))), how: "base32"},
		{name: "hex", text: hex.EncodeToString([]byte(program)), how: "hex"},
		{name: "hex in upper case", text: strings.ToUpper(hex.EncodeToString([]byte(program))), how: "hex"},
		{name: "escapes", text: hexes(program, `\x%02x`, ""), how: "escapes"},
		{name: "escapes of Unicode", text: hexes(program, `\u%04x`, ""), how: "escapes"},
		{name: "hex with spaces", text: hexes(program, "%02x", " "), how: "numbers"},
		{name: "hex with colons", text: hexes(program, "%02X", ":"), how: "numbers"},
		{name: "hex as in C", text: hexes(program, "0x%02x", ", "), how: "numbers"},
		{name: "decimals", text: hexes(program, "%d", ", "), how: "numbers"},
		{name: "percent", text: hexes(program, "%%%02x", ""), how: "percent-encoding"},
		{name: "percent of a query", text: url.PathEscape(program), how: "percent-encoding"},
		{name: "base85", text: base85Of(program, python85), how: "base85"},
		{name: "z85", text: base85Of(program, zero85), how: "z85"},
		{name: "Ascii85 in brackets", text: "<~" + ascii85Of(program) + "~>", how: "ascii85"},
		{name: "Ascii85 in JSON", text: strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(ascii85Of(program + `"""`)), how: "ascii85", data: program + `"""`, inJSON: true},
		{name: "escaped escapes", text: hexes(program, `\\x%02x`, ""), how: "escapes"},
		{name: "rot13 of lines", text: strings.ReplaceAll(rot13Of(program), "\n", `\n`), how: "rot13"},
		{name: "rot13", text: rot13Of("import os; os.system(1)"), how: "rot13", data: "import os; os.system(1)"},
		{name: "gzip", text: base64Of(gzipOf(program)), how: "base64+gzip"},
		{name: "zlib in hex", text: hex.EncodeToString([]byte(deflate(program))), how: "hex+zlib"},
		{name: "UTF-16", text: base64Of(wideOf(program)), how: "base64"},
		{name: "four times", text: base64Of(hex.EncodeToString([]byte(base64Of(gzipOf(program))))), how: "base64+hex+base64+gzip"},
	}
	for _, f := range forms {
		if f.data == "" {
			f.data = program
		}
		want := f.how + " text: " + f.data
		for place, format := range map[string]string{"alone": "%s", "in JSON": `{"name": "m", "value": "%s", "n": [1, 2]}`, "in YAML": "name: m\nvalue: %s\nn: 1\n"} {
			if f.inJSON && place != "in JSON" {
				continue
			}
			if got, err := walk(fmt.Sprintf(format, f.text)); err != nil || !slices.Contains(got, want) {
				t.Errorf("%s, %s: got %q, %v, want %q in it", f.name, place, got, err, want)
			}
		}
	}
}

// TestKinds: what comes out is told by its kind.
func TestKinds(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "pickle", text: base64Of(binaryPickle), want: "base64 pickle: " + binaryPickle},
		{name: "pickle of protocol 0", text: base64Of(textPickle), want: "base64 pickle: " + textPickle},
		{name: "between words", text: "trained with " + base64.RawURLEncoding.EncodeToString([]byte(binaryPickle)) + " on three machines", want: "base64 pickle: " + binaryPickle},
		{name: "characters for bytes", text: "trained with " + hexes(binaryPickle, `\u%04x`, ""), want: "escapes pickle: " + binaryPickle},
		{name: "characters for bytes in JSON", text: `{"note": "see ` + hexes(binaryPickle, `\\u%04x`, "") + `"}`, want: "escapes pickle: " + binaryPickle},
		{name: "behind a quotation mark", text: `{"note": "\"see ` + hexes(binaryPickle, `\\x%02x`, "") + `"}`, want: "escapes pickle: " + binaryPickle},
		{name: "in a data URL", text: "data:application/octet-stream;base64," + base64Of(binaryPickle), want: "base64 pickle: " + binaryPickle},
		{name: "deflated", text: base64Of(deflate(binaryPickle)), want: "base64+zlib pickle: " + binaryPickle},
		{name: "zip", text: base64Of("PK\x03\x04-and-something-more"), want: "base64 zip: PK\x03\x04-and-something-more"},
		{name: "script", text: base64Of("#!/bin/sh\necho poc\n"), want: "base64 script: #!/bin/sh\necho poc\n"},
	} {
		if got, err := walk(c.text); err != nil || !slices.Contains(got, c.want) {
			t.Errorf("%s: got %q, %v, want %q in it", c.name, got, err, c.want)
		}
	}
}

// TestWalkIsSilent: what is encoded for other reasons is not decoded.
func TestWalkIsSilent(t *testing.T) {
	for name, text := range map[string]string{
		"image":      "data:image/png;base64," + base64Of("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00\x01\xfe", 400)),
		"prose":      strings.Repeat("A model of the city of Paris (see the card) with 100% accuracy, in 2024-05-06. ", 9),
		"digests":    strings.Repeat("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n", 9),
		"vocabulary": `{"\u0120the": 1, "\u0120import": 2, "\u00e9t\u00e9": 3, "\\x": 4, "caf\u00e9": 5}`,
		"numbers":    strings.Repeat("[101, 2023, 2003, 1037, 7099, 102, 0.5, 17]\n", 9),
		"paths":      "model/encoder/layer_11/attention/self/query/kernel/Adam_1",
	} {
		if got, err := walk(text); err != nil || len(got) > 0 {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// TestWalkEnds: a bomb ends with the budget.
func TestWalkEnds(t *testing.T) {
	limits := hostile.DefaultLimits()
	limits.Inflated = 1 << 20
	budget := hostile.NewBudget(context.Background(), limits, 1<<20, time.Now)
	w := encoded.Walk{Budget: budget, Visit: func(encoded.Content) bool { return false }}
	bomb := base64Of(gzipOf(strings.Repeat(" ", 2<<20)))
	if err := w.In([]byte(bomb)); err == nil {
		t.Error("2 MiB came out of a budget of 1 MiB")
	}
}

// TestWalkIsLinear: strings that no quotation mark ends are searched once, and
// what is promised in each other counts. It takes seconds; were each string
// searched to the end of the text, it would be the better part of an hour.
func TestWalkIsLinear(t *testing.T) {
	for name, text := range map[string]string{
		"words":    strings.Repeat(`\"abcdefghijklmnop!qrstuvwxyz `, 100_000),
		"promised": strings.Repeat(`\"`+ascii85Of(strings.Repeat(" abc", 18)), 100_000),
	} {
		start := time.Now()
		w := encoded.Walk{Budget: hostile.NewBudget(t.Context(), hostile.DefaultLimits(), int64(len(text)), time.Now), Visit: func(encoded.Content) bool { return false }}
		err := w.In([]byte(text))
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%s: took %v, %v", name, took, err)
		}
	}
}
