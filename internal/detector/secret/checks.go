package secret

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"hash/crc32"
	"regexp"
	"strings"
	"sync"
)

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// crc62 checks the last six characters of a token of GitHub or npm:
// https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/.
func crc62(secret, _ string, _ []byte, _ int) bool {
	body, sum := secret[:len(secret)-6], []byte(secret[len(secret)-6:])
	n := crc32.ChecksumIEEE([]byte(body))
	for i := len(sum) - 1; i >= 0; i-- {
		if sum[i] != digits62[n%62] {
			return false
		}
		n /= 62
	}
	return n == 0
}

// macaroon checks that a token of PyPI is a macaroon of version 2 whose location
// is pypi.org, and that it goes on behind: https://pypi.org/help/#apitoken.
func macaroon(_, match string, _ []byte, _ int) bool {
	p, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.TrimPrefix(match, "pypi-"), "="))
	const start = "\x02\x01\x08pypi.org\x02"
	if err != nil || !strings.HasPrefix(string(p), start) || len(p) < len(start)+40 {
		return false
	}
	// The signature is the last field: its type, its size, 32 bytes.
	tail := p[len(p)-34:]
	return tail[0] == 6 && tail[1] == 32
}

// privateKey checks that a PEM block decodes to a private key that needs no
// password. In JSON and YAML its lines may end in escapes.
func privateKey(_, match string, _ []byte, _ int) bool {
	block, _ := pem.Decode([]byte(strings.NewReplacer(`\r`, "", `\n`, "\n").Replace(match)))
	if block == nil || len(block.Headers) > 0 {
		return false
	}
	if block.Type == "OPENSSH PRIVATE KEY" {
		// Cipher "none": https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key.
		return bytes.HasPrefix(block.Bytes, []byte("openssh-key-v1\x00\x00\x00\x00\x04none"))
	}
	// Every form is a sequence that starts with a version, and holds a key.
	var outer, key asn1.RawValue
	var version int
	rest, err := asn1.Unmarshal(block.Bytes, &outer)
	if err != nil || len(rest) > 0 || outer.Tag != asn1.TagSequence || !outer.IsCompound {
		return false
	}
	inner, err := asn1.Unmarshal(outer.Bytes, &version)
	if err != nil || version < 0 || version > 1 {
		return false
	}
	_, err = asn1.Unmarshal(inner, &key)
	return err == nil && len(block.Bytes) >= 40
}

// webToken checks that two parts of a JSON Web Token are JSON, that it is signed,
// and that it says who issued it or when it ends, without which it opens nothing:
// https://www.rfc-editor.org/rfc/rfc7519.
func webToken(_, match string, _ []byte, _ int) bool {
	parts := strings.Split(match, ".")
	if len(parts) != 3 {
		return false
	}
	var header struct {
		Alg string `json:"alg"`
	}
	var claims struct {
		Issuer string          `json:"iss"`
		Ends   json.RawMessage `json:"exp"`
	}
	return decode(parts[0], &header) && header.Alg != "" && header.Alg != "none" &&
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

// pair checks that the secret half of a key stands behind its name, close to it.
func pair(_, _ string, around []byte, at int) bool {
	m := secretKey().FindSubmatch(around[max(0, at-near):min(len(around), at+near)])
	return m != nil && bits(string(m[1])) >= 4.2 && !stopgap(string(m[1]))
}

// password checks that a password is none that a manual would print.
func password(secret, match string, _ []byte, _ int) bool {
	_, rest, _ := strings.Cut(match, "://")
	user, _, _ := strings.Cut(rest, ":")
	_, host, _ := strings.Cut(rest, "@")
	local := strings.HasPrefix(host, "127.") || !strings.Contains(host, ".")
	return !local && secret != user && !strings.ContainsAny(secret, "${}%*[](),")
}
