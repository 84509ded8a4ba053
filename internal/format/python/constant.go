package python

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a program computes from constants alone is evaluated, as far as it serves
// to spell names: decoders, joins, reversals. Bytes are texts whose characters
// are the bytes, as in the lexer.

// raw returns the bytes that a text of characters up to 255 stands for.
func raw(text string) ([]byte, bool) {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xff {
			return nil, false
		}
		out = append(out, byte(c))
	}
	return out, true
}

// characters is the inverse of raw.
func characters(p []byte) string {
	out := make([]rune, len(p))
	for i, c := range p {
		out[i] = rune(c)
	}
	return string(out)
}

// decoders are functions of the standard library from bytes to bytes.
var decoders = map[string]func([]byte) ([]byte, error){
	"base64.b64decode": unbase64, "base64.standard_b64decode": unbase64, "base64.urlsafe_b64decode": unbase64,
	"base64.decodebytes": unbase64, "base64.decodestring": unbase64, "binascii.a2b_base64": unbase64,
	"base64.b32decode": func(p []byte) ([]byte, error) { return base32.StdEncoding.DecodeString(string(p)) },
	"base64.b16decode": unhex, "binascii.unhexlify": unhex, "binascii.a2b_hex": unhex,
	"bytes.fromhex": unhex, "bytearray.fromhex": unhex,
	"base64.a85decode": func(p []byte) ([]byte, error) {
		out := make([]byte, 4*len(p))
		n, _, err := ascii85.Decode(out, p, true)
		return out[:n], err
	},
	"zlib.decompress": inflater(zlib.NewReader),
	"gzip.decompress": inflater(func(r io.Reader) (*gzip.Reader, error) { return gzip.NewReader(r) }),
	"bz2.decompress":  inflater(func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }),
}

// unhex is bytes.fromhex, which skips white space; binascii does not, which
// makes this the more lenient reading.
func unhex(p []byte) ([]byte, error) {
	return hex.DecodeString(strings.Join(strings.Fields(string(p)), ""))
}

// unbase64 takes both alphabets, with padding or without: what a program
// decodes is what counts, not whether it may.
func unbase64(p []byte) ([]byte, error) {
	text := strings.NewReplacer("-", "+", "_", "/", "\n", "", "=", "").Replace(string(p))
	return base64.RawStdEncoding.DecodeString(text)
}

// inflater returns a decompressor of what comes to no more than maxConstant.
func inflater[R io.Reader](open func(io.Reader) (R, error)) func([]byte) ([]byte, error) {
	return func(p []byte) ([]byte, error) {
		r, err := open(bytes.NewReader(p))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, maxConstant+1))
	}
}

// computed returns the value of a call of a pure function with constants; ok is
// false for any other call.
func computed(path string, args []value) (v value, ok bool) {
	arg := first(args)
	if decode := decoders[path]; decode != nil && arg.constant {
		return decoded(decode, arg.text)
	}
	switch path {
	case "chr":
		return text(string(rune(arg.number))), arg.numeric && arg.number >= 0 && arg.number <= utf8.MaxRune
	case "str", "bytes", "bytearray":
		if arg.constant {
			return text(arg.text), true
		}
		return spelled(arg)
	case "list", "tuple":
		return arg, arg.list != nil
	// map(chr, [111, 115]), which join is called on.
	case "map":
		if len(args) == 2 && arg.path == "chr" {
			joined, ok := spelled(args[1])
			return value{list: []value{joined}, cut: joined.cut}, ok
		}
	case "codecs.decode", "codecs.encode":
		if len(args) == 2 && arg.constant && args[1].constant {
			return recoded(arg.text, args[1].text)
		}
	}
	return value{}, false
}

// text is the value of a constant.
func text(s string) value { return value{text: s, constant: true} }

// decoded returns what a decoder makes of a text.
func decoded(decode func([]byte) ([]byte, error), s string) (value, bool) {
	p, ok := raw(s)
	if !ok {
		return value{}, false
	}
	out, err := decode(p)
	return text(characters(out)), err == nil && len(out) <= maxConstant
}

// spelled returns the text of a list of the numbers of characters.
func spelled(v value) (value, bool) {
	if v.cut {
		return value{cut: true}, true
	}
	var out []rune
	for _, n := range v.list {
		if !n.numeric || n.number < 0 || n.number > utf8.MaxRune {
			return value{}, false
		}
		out = append(out, rune(n.number))
	}
	return text(string(out)), v.list != nil
}

// recoded returns a text in one of the encodings that Python has for texts.
func recoded(s, encoding string) (value, bool) {
	switch strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(encoding)) {
	case "rot13":
		return text(strings.Map(turned, s)), true
	case "hex", "hexcodec":
		return decoded(unhex, s)
	case "base64", "base64codec":
		return decoded(unbase64, s)
	case "zlib", "zip", "zlibcodec":
		return decoded(decoders["zlib.decompress"], s)
	case "utf8", "ascii", "latin1":
		return text(s), true
	}
	return value{}, false
}

// turned moves a letter by half the alphabet.
func turned(c rune) rune {
	switch lower := c | 0x20; {
	case lower >= 'a' && lower <= 'm':
		return c + 13
	case lower >= 'n' && lower <= 'z':
		return c - 13
	}
	return c
}

// method returns the value of a call of a method of a constant text.
func method(v value, args []value) value {
	arg := first(args)
	switch v.method {
	case "decode", "encode":
		out := v.text
		if arg.constant {
			if r, ok := recoded(v.text, arg.text); ok {
				out = r.text
			}
		}
		return text(out)
	case "lower":
		return text(strings.ToLower(v.text))
	case "upper":
		return text(strings.ToUpper(v.text))
	case "swapcase":
		return text(strings.Map(swapped, v.text))
	case "strip":
		return text(strings.TrimSpace(v.text))
	case "replace":
		if len(args) == 2 && args[0].constant && args[1].constant && len(v.text)*(len(args[1].text)+1) <= maxConstant {
			return text(strings.ReplaceAll(v.text, args[0].text, args[1].text))
		}
	case "join":
		return joined(v.text, arg)
	}
	return value{}
}

// swapped is the other case of an ASCII letter.
func swapped(c rune) rune {
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		return c ^ 0x20
	}
	return c
}

// joined returns the texts of a list with another between them.
func joined(between string, v value) value {
	switch {
	case v.constant && between == "":
		return text(v.text)
	case v.constant && len(v.text)*(len(between)+1) <= maxConstant:
		return text(strings.Join(strings.Split(v.text, ""), between))
	case v.constant:
		return value{}
	case v.cut:
		return value{cut: true}
	}
	var out []string
	size := 0
	for _, item := range v.list {
		if size += len(item.text) + len(between); !item.constant || size > maxConstant {
			return value{}
		}
		out = append(out, item.text)
	}
	return value{text: strings.Join(out, between), constant: v.list != nil}
}

// generated returns the value of chr(x) for x in LIST, the tokens of which are
// given, as a list of one text.
func generated(tokens []Token) value {
	const before = 7 // chr ( x ) for x in
	if len(tokens) < before+3 {
		return value{}
	}
	var words []string
	for _, t := range tokens[:before] {
		words = append(words, t.Text)
	}
	if !slices.Equal(words[:2], []string{"chr", "("}) || words[3] != ")" || words[4] != "for" || words[6] != "in" {
		return value{}
	}
	list := value{list: []value{}}
	for _, t := range tokens[before:] {
		if t.Kind == Number {
			list.list = append(list.list, numeral(t.Text))
		}
	}
	joined, ok := spelled(list)
	if !ok {
		return value{}
	}
	return value{list: []value{joined}}
}

// numeral returns the value of a number.
func numeral(s string) value {
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 0, 64)
	return value{number: n, numeric: err == nil}
}

// reversed returns a text from its end.
func reversed(s string) string {
	out := []rune(s)
	slices.Reverse(out)
	return string(out)
}
