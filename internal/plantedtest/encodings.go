package plantedtest

import (
	"bytes"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ulikunitz/xz"
)

// An encoding is a way to hide bytes in a text.
type encoding struct {
	name   string
	encode func([]byte) string
}

func inBase64(p []byte) string { return base64.StdEncoding.EncodeToString(p) }

// encodings are those of which any bytes can come out.
func encodings() []encoding {
	return []encoding{
		{"base64", inBase64},
		{"base64 for URLs", base64.RawURLEncoding.EncodeToString},
		{"base32", base32.StdEncoding.EncodeToString},
		{"base85", func(p []byte) string { return in85(p, base85) }},
		{"Z85", func(p []byte) string { return in85(p, z85) }},
		{"Ascii85", bracketed},
		{"hexadecimal", hex.EncodeToString},
		{"escapes", func(p []byte) string { return each(p, `\x%02x`) }},
		{"escapes of Unicode", func(p []byte) string { return each(p, `\u%04x`) }},
		{"decimal numbers", func(p []byte) string { return each(p, "%d, ") }},
		{"hexadecimal numbers", func(p []byte) string { return each(p, "0x%02x,") }},
		{"percent-encoding", func(p []byte) string { return each(p, "%%%02X") }},
		{"base64 of gzip", func(p []byte) string { return inBase64(gzipped(p)) }},
		{"base64 of zlib", func(p []byte) string { return inBase64(deflated(p)) }},
		{"base64 of xz", func(p []byte) string { return inBase64(xzed(p)) }},
		{"base64 of hexadecimal", func(p []byte) string { return inBase64([]byte(hex.EncodeToString(p))) }},
		{"base32 of base64 of zlib", func(p []byte) string { return base32.StdEncoding.EncodeToString([]byte(inBase64(deflated(p)))) }},
	}
}

// The alphabets of Python's base64.b85encode and of ZeroMQ.
const (
	base85 = digits + upper + lower + "!#$%&()*+-;<=>?@^_`{|}~"
	z85    = digits + lower + upper + ".-:+=^!/*?&<>()[]{}@%$#"
)

// in85 writes groups of four bytes in five characters, the last filled with zeros.
func in85(p []byte, alphabet string) string {
	p = append(bytes.Clone(p), make([]byte, (4-len(p)%4)%4)...)
	var out []byte
	for ; len(p) > 0; p = p[4:] {
		n := binary.BigEndian.Uint32(p)
		for _, power := range []uint32{85 * 85 * 85 * 85, 85 * 85 * 85, 85 * 85, 85, 1} {
			out = append(out, alphabet[n/power%85])
		}
	}
	return string(out)
}

func bracketed(p []byte) string {
	out := make([]byte, ascii85.MaxEncodedLen(len(p)))
	return "<~" + string(out[:ascii85.Encode(out, p)]) + "~>"
}

func each(p []byte, format string) string {
	var b strings.Builder
	for _, c := range p {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func xzed(p []byte) []byte {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		return nil
	}
	w.Write(p)
	w.Close()
	return b.Bytes()
}
