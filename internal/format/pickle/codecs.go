package pickle

import (
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A codec table maps normalised names to transformations of a text; to says what
// they make.
type codecs struct {
	by map[string]func(m *Machine, s string) (string, bool)
	to func(name string, from Kind) Kind
}

// codec makes a function that applies the codec named by its second argument to
// the text in the first.
func codec(t *codecs) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) { return t.apply(m, c, 0, 1) }
}

// apply encodes or decodes one argument by the codec that another names; the
// default is UTF-8.
func (t *codecs) apply(m *Machine, c *call, text, name int) (Value, bool) {
	if text >= len(c.args) {
		return 0, false
	}
	codecName := "utf_8"
	if v := m.arg(c, name, "encoding"); v != 0 {
		s, ok := m.str(v)
		if !ok {
			return 0, false
		}
		codecName = normalise(s)
	}
	s, kind, ok := m.textOf(c.args[text])
	f := t.by[codecName]
	if !ok || f == nil || s == "" && isTransform[codecName] && codecName != "rot_13" { // which leave nothing as it is
		return 0, false
	}
	out, ok := f(m, s)
	if !ok {
		return 0, false
	}
	return m.text(t.to(codecName, kind), out)
}

// encoded is the first argument of a call, a str, in its encoding.
func (m *Machine) encoded(c *call, text, name int) (string, bool) {
	if name >= len(c.args) {
		return "", false
	}
	v, ok := encodings.apply(m, c, text, name)
	if !ok {
		return "", false
	}
	return m.Bytes(v)
}

// codecAliases are the names of codecs that CPython takes for another's.
var codecAliases = map[string]string{
	"utf8": "utf_8", "u8": "utf_8", "utf": "utf_8", "cp65001": "utf_8",
	"latin1": "latin_1", "latin": "latin_1", "l1": "latin_1", "iso8859_1": "latin_1", "iso_8859_1": "latin_1", "8859": "latin_1", "cp819": "latin_1", "iso8859": "latin_1",
	"us_ascii": "ascii", "646": "ascii",
	"rot13": "rot_13", "hex_codec": "hex", "base64_codec": "base64", "base_64": "base64",
	"zlib_codec": "zlib", "zip": "zlib", "bz2_codec": "bz2", "uu_codec": "uu",
	"u16": "utf_16", "utf16": "utf_16", "utf_16le": "utf_16_le", "utf_16be": "utf_16_be",
}

// underscores spells the names of codecs as their modules are.
var underscores = strings.NewReplacer("-", "_", " ", "_")

// normalise returns the name under which Python finds a codec
// (encodings.normalize_encoding and encodings/aliases.py).
func normalise(name string) string {
	n := strings.ToLower(underscores.Replace(name))
	if to, ok := codecAliases[n]; ok {
		return to
	}
	return n
}

// isTransform says which codecs go between equal types.
var isTransform = map[string]bool{"rot_13": true, "hex": true, "base64": true, "zlib": true, "bz2": true, "uu": true}

var encodings = &codecs{
	by: map[string]func(*Machine, string) (string, bool){
		"utf_8":     func(_ *Machine, s string) (string, bool) { return s, utf8.ValidString(s) },
		"utf_8_sig": func(_ *Machine, s string) (string, bool) { return "\ufeff" + s, utf8.ValidString(s) },
		"ascii":     func(_ *Machine, s string) (string, bool) { return s, isASCII([]byte(s)) },
		"latin_1":   toLatin1,
		"utf_16_le": func(_ *Machine, s string) (string, bool) { return toUTF16(s, false), utf8.ValidString(s) },
		"utf_16_be": func(_ *Machine, s string) (string, bool) { return toUTF16(s, true), utf8.ValidString(s) },
		"utf_16": func(_ *Machine, s string) (string, bool) {
			return "\xff\xfe" + toUTF16(s, false), utf8.ValidString(s)
		},
		"rot_13": rot13,
		"hex":    func(_ *Machine, s string) (string, bool) { return hexOf(s), true },
		"base64": func(_ *Machine, s string) (string, bool) {
			const line = 57 // bytes of one
			return base64.StdEncoding.EncodeToString([]byte(s)) + "\n", len(s) <= line
		},
		"raw_unicode_escape": toLatin1,
		"unicode_escape": func(_ *Machine, s string) (string, bool) {
			return s, !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' || c == '\\' })
		},
	},
	to: func(name string, from Kind) Kind {
		if name == "rot_13" {
			return Str
		}
		return Bytes
	},
}

var decodings = &codecs{
	by: map[string]func(*Machine, string) (string, bool){
		"utf_8": func(_ *Machine, s string) (string, bool) { return s, validUTF8([]byte(s)) },
		"utf_8_sig": func(_ *Machine, s string) (string, bool) {
			return strings.TrimPrefix(s, "\ufeff"), validUTF8([]byte(s))
		},
		"ascii":              func(_ *Machine, s string) (string, bool) { return s, isASCII([]byte(s)) },
		"latin_1":            func(_ *Machine, s string) (string, bool) { return latin1([]byte(s)), true },
		"utf_16_le":          func(_ *Machine, s string) (string, bool) { return fromUTF16(s, false), true },
		"utf_16_be":          func(_ *Machine, s string) (string, bool) { return fromUTF16(s, true), true },
		"utf_16":             fromUTF16Marked,
		"rot_13":             rot13,
		"hex":                fromHexText,
		"base64":             fromBase64,
		"zlib":               inflate,
		"bz2":                inflate,
		"uu":                 fromUUFile,
		"raw_unicode_escape": func(_ *Machine, s string) (string, bool) { return rawUnicode([]byte(s)) },
		"unicode_escape":     fromUnicodeEscape,
	},
	to: func(name string, from Kind) Kind {
		if isTransform[name] && name != "rot_13" {
			return Bytes
		}
		return Str
	},
}

// toLatin1 encodes text that has no character above U+00FF.
func toLatin1(_ *Machine, s string) (string, bool) {
	p, ok := Latin1(s)
	return string(p), ok
}

// Latin1 returns the bytes that a text stands for where a protocol below 3 writes
// bytes; ok is false for a text with a character above U+00FF.
func Latin1(s string) (p []byte, ok bool) {
	p = make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			if c != 0xc2 && c != 0xc3 || i+1 == len(s) || utf8.RuneStart(s[i+1]) {
				return nil, false
			}
			i++
			c = c<<6 | s[i]&0x3f
		}
		p = append(p, c)
	}
	return p, true
}

// rot13 is the codec rot_13, its own inverse.
func rot13(_ *Machine, s string) (string, bool) {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return 'a' + (c-'a'+13)%26
		case c >= 'A' && c <= 'Z':
			return 'A' + (c-'A'+13)%26
		}
		return c
	}, s), true
}

// toUTF16 encodes without a byte order mark.
func toUTF16(s string, big bool) string {
	p := make([]byte, 0, 2*len(s))
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			p = append(p, byte(u>>8), byte(u))
		} else {
			p = append(p, byte(u), byte(u>>8))
		}
	}
	return string(p)
}

// fromUTF16 decodes without a byte order mark; an odd byte at the end is
// dropped.
func fromUTF16(s string, big bool) string {
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		u := uint16(s[i]) | uint16(s[i+1])<<8
		if big {
			u = u>>8 | u<<8
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// fromUTF16Marked is the codec utf_16, for which a byte order mark decides and
// little endian is the default.
func fromUTF16Marked(_ *Machine, s string) (string, bool) {
	if rest, ok := strings.CutPrefix(s, "\xfe\xff"); ok {
		return fromUTF16(rest, true), true
	}
	return fromUTF16(strings.TrimPrefix(s, "\xff\xfe"), false), true
}

// hexOf is binascii.hexlify.
func hexOf(s string) string { return hex.EncodeToString([]byte(s)) }

// fromUnicodeEscape decodes the escapes of a str literal.
func fromUnicodeEscape(_ *Machine, s string) (string, bool) {
	if strings.Contains(s, `\N`) {
		return "", false
	}
	if !strings.Contains(s, `\u`) && !strings.Contains(s, `\U`) {
		p, ok := unescape([]byte(s))
		return latin1(p), ok
	}
	for rest := s; ; {
		_, after, found := strings.Cut(rest, `\`)
		if !found {
			return rawUnicode([]byte(s))
		}
		if after == "" || after[0]|0x20 != 'u' {
			return "", false // which of two kinds of escapes begins where is not followed
		}
		rest = after
	}
}

// decoders are the named decoders of base64, binascii and the compressors.
var decoders = map[string]func(*Machine, string) (string, bool){
	"base64": fromBase64,
	"base64url": func(m *Machine, s string) (string, bool) {
		return fromBase64(m, strings.NewReplacer("-", "+", "_", "/").Replace(s))
	},
	"base32":  fromBase32,
	"base85":  fromBase85,
	"ascii85": fromASCII85,
	"hex":     fromHexText,
	"uu":      fromUU,
	"zlib":    inflate,
	"gzip":    inflate,
	"bz2":     inflate,
	"xz":      inflate,
}

// compressed are the decoders that decompress.
var compressed = map[string]bool{"zlib": true, "gzip": true, "bz2": true, "xz": true}

// decoder is a function of one text, given as bytes or as ASCII.
func decoder(name string) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) {
		// Compressors are told a format, which the content tells as well.
		if len(c.args) == 0 || len(c.args) > 1 && !compressed[name] {
			return 0, false
		}
		s, _, ok := m.textOf(c.args[0])
		if !ok {
			return 0, false
		}
		out, ok := decoders[name](m, s)
		if !ok {
			return 0, false
		}
		return m.text(Bytes, out)
	}
}

// fromBase64 is binascii.a2b_base64: characters outside of the alphabet are
// skipped, and what follows the padding is not read. Padding that another
// character follows too early is none.
func fromBase64(_ *Machine, s string) (string, bool) {
	p := make([]byte, 0, len(s))
	pads := 0
	for i := 0; i < len(s) && (pads == 0 || len(p)%4+pads < 4); i++ {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/':
			p, pads = append(p, c), 0
		case c == '=' && len(p)%4 >= 2:
			pads++
		}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(p)))
	n, err := base64.RawStdEncoding.Decode(out, p)
	return string(out[:n]), err == nil
}

// fromBase32 is base64.b32decode with casefold, the more lenient reading.
func fromBase32(_ *Machine, s string) (string, bool) {
	out, err := base32.StdEncoding.DecodeString(strings.ToUpper(s))
	return string(out), err == nil
}

const base85Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// fromBase85 is base64.b85decode (the alphabet of RFC 1924).
func fromBase85(m *Machine, s string) (string, bool) {
	p := make([]byte, len(s))
	for i := range len(s) {
		n := strings.IndexByte(base85Alphabet, s[i])
		if n < 0 {
			return "", false
		}
		p[i] = byte('!' + n)
	}
	return fromASCII85(m, string(p))
}

// fromASCII85 is base64.a85decode, with or without Adobe's brackets.
func fromASCII85(_ *Machine, s string) (string, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "<~"), "~>")
	out := make([]byte, 4*len(s)+8)
	n, _, err := ascii85.Decode(out, []byte(s), true)
	return string(out[:n]), err == nil
}

// fromHexText is bytes.fromhex, which skips white space anywhere.
func fromHexText(_ *Machine, s string) (string, bool) {
	s = strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\n\r\v\f", c) {
			return -1
		}
		return c
	}, s)
	out, err := hex.DecodeString(s)
	return string(out), err == nil
}

// fromUUFile is the codec uu, which reads from the line that begins a file to the
// one that ends it.
func fromUUFile(m *Machine, s string) (string, bool) {
	_, s, begun := strings.Cut("\n"+s, "\nbegin")
	_, s, whole := strings.Cut(s, "\n")
	s, _, ended := strings.Cut(s, "\nend")
	if !begun || !whole || !ended {
		return "", false
	}
	return fromUU(m, s)
}

// fromUU decodes uuencoded lines.
func fromUU(_ *Machine, s string) (string, bool) {
	var out []byte
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		n := int(line[0]-' ') & 0x3f
		var group []byte
		for i := 1; i < len(line); i += 4 {
			var v uint32
			for j := range 4 {
				v <<= 6
				if i+j < len(line) {
					v |= uint32(line[i+j]-' ') & 0x3f
				}
			}
			group = append(group, byte(v>>16), byte(v>>8), byte(v))
		}
		out = append(out, group[:min(n, len(group))]...)
	}
	return string(out), len(out) > 0
}

// inflate decompresses within the budget whatever the content says that it is:
// lzma.decompress takes xz and lzma, and who names the wrong module only makes
// the loader fail. What came out before damage counts, for a loader may have
// read that far.
func inflate(m *Machine, s string) (string, bool) {
	f := compress.Sniff([]byte(s[:min(len(s), compress.HeadSize)]))
	if f == nil {
		return "", false
	}
	budget := m.s.r.Budget()
	defer budget.Release(budget.Held())
	content, _ := f.Unpack(hostile.Bytes(s), int64(len(s)), budget)
	p, whole := content.Whole()
	if !whole || len(p) == 0 || len(p) > maxRepeat || m.spend(int64(len(p))) {
		return "", false
	}
	return string(p), true
}
