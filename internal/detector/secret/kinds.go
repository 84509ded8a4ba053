package secret

import (
	_ "embed"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed rules.txt
var rulesFile string

//go:embed stopgaps.txt
var stopgapsFile string

// shortest is the least size of a text that could hold a secret.
const shortest = 20

// A kind is one format of secrets.
type kind struct {
	name    string
	keyword []byte
	pattern func() *regexp.Regexp // anchored at the keyword; compiled when its keyword is met
	entropy float64               // bits a character
	check   check                 // nil for none
	certain bool
}

// A check looks at what matched: the secret itself, all of the match, and the
// text with the place of the match in it.
type check func(secret, match string, around []byte, at int) bool

var (
	kinds    = parseKinds(rulesFile)
	stopgaps = lines(stopgapsFile)
)

// checks are the checks that rules name, and whether they make certain.
var checks = map[string]struct {
	check   check
	certain bool
}{
	"-": {}, "crc62": {crc62, true}, "macaroon": {macaroon, true}, "pem": {privateKey, true}, "marker": {nil, true},
	"jwt": {webToken, false}, "pair": {pair, false}, "password": {password, false},
}

func parseKinds(text string) []kind {
	var out []kind
	for _, line := range lines(text) {
		f := strings.Fields(line)
		entropy, _ := strconv.ParseFloat(f[2], 64)
		c := checks[f[1]]
		out = append(out, kind{
			name: f[0], keyword: []byte(f[3]), entropy: entropy, check: c.check, certain: c.certain,
			pattern: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + strings.Join(f[4:], " ") + ")") }),
		})
	}
	return out
}

// lines returns the lines that are neither empty nor comments.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// match returns the secret of kind k that starts at a place of the text.
func (k *kind) match(text []byte, at int) (string, bool) {
	around := text[at:min(len(text), at+longest)]
	m := k.pattern().FindSubmatchIndex(around)
	if m == nil || m[1] < len(around) && word(around[m[1]]) {
		return "", false
	}
	match := string(around[:m[1]])
	secret := match[len(k.keyword):]
	if len(m) > 2 && m[2] >= 0 {
		secret = match[m[2]:m[3]]
	}
	if stopgap(match) || bits(secret) < k.entropy || k.check != nil && !k.check(secret, match, text, at) {
		return "", false
	}
	return match, true
}

func word(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// wordBefore reports whether a word goes on at a place: the letter of an escape
// such as \n is no part of one.
func wordBefore(text []byte, at int) bool {
	if at == 0 || !word(text[at-1]) {
		return false
	}
	return at < 2 || text[at-2] != '\\' || !strings.ContainsRune("nrt", rune(text[at-1]))
}

// stopgap reports whether a text stands in place of a secret.
func stopgap(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(stopgaps, func(t string) bool { return strings.Contains(s, t) })
}

// bits is the entropy of the characters of a text, in bits a character.
func bits(s string) float64 {
	var n [256]int
	for i := range len(s) {
		n[s[i]]++
	}
	sum := 0.0
	for _, c := range n {
		if c > 0 {
			p := float64(c) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
