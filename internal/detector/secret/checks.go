package secret

import (
	"bytes"
	"encoding/asn1"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// crc62 checks the last six characters of a token of GitHub or npm:
// https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/.
func crc62(c *candidate) ([]string, bool) {
	body, sum := c.secret[:len(c.secret)-6], c.secret[len(c.secret)-6:]
	return nil, sum == base62(crc32.ChecksumIEEE([]byte(body)))
}

// base62 writes a number with six digits, which is enough for 32 bits.
func base62(n uint32) string {
	out := []byte("000000")
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = digits62[n%62]
		n /= 62
	}
	return string(out)
}

// macaroon checks that a token of PyPI is a macaroon of version 2 whose location
// is pypi.org, and that it goes on behind: https://pypi.org/help/#apitoken.
func macaroon(c *candidate) ([]string, bool) {
	p, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(c.match, "pypi-"))
	const start = "\x02\x01\x08pypi.org\x02"
	if err != nil || !strings.HasPrefix(string(p), start) || len(p) < len(start)+40 {
		return nil, false
	}
	// The signature is the last field: its type, its size, 32 bytes.
	tail := p[len(p)-34:]
	return nil, tail[0] == 6 && tail[1] == 32
}

// unescaped is a text of JSON or YAML, whose lines may end in escapes.
var unescaped = strings.NewReplacer(`\r`, "", `\n`, "\n")

// privateKey checks that a PEM block decodes to a private key that needs no
// password.
func privateKey(c *candidate) ([]string, bool) {
	block, _ := pem.Decode([]byte(unescaped.Replace(c.match)))
	if block == nil || len(block.Headers) > 0 {
		return nil, false
	}
	if block.Type == "OPENSSH PRIVATE KEY" {
		// Cipher "none": https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key.
		return nil, bytes.HasPrefix(block.Bytes, []byte("openssh-key-v1\x00\x00\x00\x00\x04none"))
	}
	// Every form is a sequence that starts with a version, and holds a key.
	var outer, key asn1.RawValue
	var version int
	rest, err := asn1.Unmarshal(block.Bytes, &outer)
	if err != nil || len(rest) > 0 || outer.Tag != asn1.TagSequence || !outer.IsCompound {
		return nil, false
	}
	inner, err := asn1.Unmarshal(outer.Bytes, &version)
	if err != nil || version < 0 || version > 1 {
		return nil, false
	}
	_, err = asn1.Unmarshal(inner, &key)
	return nil, err == nil && len(block.Bytes) >= 40
}

// secretPacket checks that an armour of OpenPGP starts with a secret key, by the
// tag of the packet, and has the checksum that ends it:
// https://www.rfc-editor.org/rfc/rfc9580#section-6.
func secretPacket(c *candidate) ([]string, bool) {
	_, body, ok := strings.Cut(unescaped.Replace(c.match), "\n\n")
	body, _, _ = strings.Cut(body, "-----END")
	body = strings.Join(strings.Fields(body), "")
	at := strings.LastIndex(body, "=")
	if !ok || at < 0 || len(body)-at != 5 {
		return nil, false
	}
	p, err := base64.StdEncoding.DecodeString(body[:at])
	sum, err2 := base64.StdEncoding.DecodeString(body[at+1:])
	if err != nil || err2 != nil || len(p) < 40 || crc24(p) != uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2]) {
		return nil, false
	}
	const secretKey = 5
	return nil, p[0]>>2 == 0x80>>2|secretKey || p[0] == 0xc0|secretKey
}

// crc24 is the checksum of RFC 9580, section 6.1.1.
func crc24(p []byte) uint32 {
	crc := uint32(0xb704ce)
	for _, c := range p {
		crc = crc24Shift(crc ^ uint32(c)<<16)
	}
	return crc & 0xffffff
}

// crc24Shift takes a byte into the checksum of OpenPGP (RFC 9580, section 6.1).
func crc24Shift(crc uint32) uint32 {
	for range 8 {
		if crc <<= 1; crc&0x1000000 != 0 {
			crc ^= 0x1864cfb
		}
	}
	return crc
}

// webToken checks that two parts of a JSON Web Token are JSON, that it is signed,
// and that it says who issued it or when it ends, without which it opens nothing:
// https://www.rfc-editor.org/rfc/rfc7519.
func webToken(c *candidate) ([]string, bool) {
	parts := strings.Split(c.match, ".")
	if len(parts) != 3 {
		return nil, false
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims struct {
		Issuer string          `json:"iss"`
		Ends   json.RawMessage `json:"exp"`
	}
	return nil, decode(parts[0], &header) && header.Alg != "" && header.Alg != "none" &&
		decode(parts[1], &claims) && (claims.Issuer != "" || claims.Ends != nil)
}

func decode(part string, to any) bool {
	p, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(p, to) == nil
}

// near is how far the two halves of a key of AWS stand apart, in bytes.
const near = 400

var secretKey = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i:secret)[^\n]{0,40}?[\s"'=:]([0-9A-Za-z/+]{40})(?:[^0-9A-Za-z/+=]|$)`)
})

// around is the text beside the candidate, near bytes to both sides.
func (c *candidate) around() string {
	return c.text[max(0, c.at-near):min(len(c.text), c.at+len(c.match)+near)]
}

// pair checks that the secret half of a key stands behind its name, close to it,
// and that the id is one of an account, which has twelve digits: they stand in
// the bits of the id behind its first character.
func pair(c *candidate) ([]string, bool) {
	id, err := base32.StdEncoding.DecodeString(c.match[4:])
	if err != nil {
		return nil, false
	}
	account := (binary.BigEndian.Uint64(id) >> 16 & 0x7fffffffff80) >> 7
	m := secretKey().FindStringSubmatch(c.around())
	if m == nil || account > 999_999_999_999 || bits(m[1]) < 4.2 || stopgap(m[1]) {
		return nil, false
	}
	return m[1:], true
}

// lone checks that no id stands beside the secret half of a key: with one, the
// finding is about the id, or it is one that manuals print.
func lone(c *candidate) ([]string, bool) {
	for id := range strings.FieldsFuncSeq(c.around(), func(r rune) bool { return r >= 0x80 || !word(byte(r)) }) {
		if len(id) == 20 && (strings.HasPrefix(id, "AKIA") || strings.HasPrefix(id, "ASIA")) {
			return nil, false
		}
	}
	return nil, true
}

var grants = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`sv=20[0-9]{2}-[0-9]{2}-[0-9]{2}`) })

// sharedAccess checks that the version and the end stand beside a signature, in
// the same address: https://learn.microsoft.com/rest/api/storageservices/create-service-sas.
func sharedAccess(c *candidate) ([]string, bool) {
	whole := c.around()
	return nil, grants().MatchString(whole) && strings.Contains(whole, "se=20") && strings.Contains(whole, "sp=")
}

// snowflake checks that a token of Discord starts with the number of an account.
func snowflake(c *candidate) ([]string, bool) {
	first, _, _ := strings.Cut(c.secret, ".")
	p, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil || len(p) < 17 || len(p) > 20 {
		return nil, false
	}
	return nil, !slices.ContainsFunc(p, func(d byte) bool { return d < '0' || d > '9' })
}

// server checks that a password stands in a connection string which names a
// server that is not this machine.
func server(c *candidate) ([]string, bool) {
	whole := strings.ToLower(c.around())
	named := slices.ContainsFunc([]string{"server=", "data source=", "host="}, func(name string) bool { return remote(setting(whole, name)) })
	return nil, named && strings.Contains(whole, ";") && !strings.ContainsAny(c.secret, "${}%*[](),")
}

// setting returns what a connection string sets under a name.
func setting(whole, name string) string {
	_, value, _ := strings.Cut(whole, name)
	value, _, _ = strings.Cut(value, ";")
	return strings.TrimPrefix(strings.TrimSpace(value), "tcp:")
}

// remote reports whether a host is known outside of its own network: what
// manuals call theirs has no domain.
func remote(host string) bool { return !strings.HasPrefix(host, "127.") && strings.Contains(host, ".") }

// password checks that a password is none that a manual would print.
func password(c *candidate) ([]string, bool) {
	_, rest, _ := strings.Cut(c.match, "://")
	user, _, _ := strings.Cut(rest, ":")
	_, host, _ := strings.Cut(rest, "@")
	return nil, remote(host) && c.secret != user && !strings.ContainsAny(c.secret, "${}%*[](),")
}
