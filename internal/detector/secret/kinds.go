package secret

import (
	_ "embed"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed rules.txt
var rulesFile string

//go:embed stopgaps.txt
var stopgapsFile string

// A kind is one format of secrets.
type kind struct {
	name    string
	keyword string
	within  bool                  // the keyword stands within a word, with which the secret starts
	pattern func() *regexp.Regexp // anchored at the start; compiled when its keyword is met
	entropy float64               // bits a character
	check   check                 // nil for none
	certain bool
	proven  bool // the check leaves no doubt, whatever words the secret seems to hold
}

// A check looks at a candidate. It returns what is secret beside the candidate's
// own secret, and whether that is one.
type check func(c *candidate) (more []string, ok bool)

// A candidate is what has the form of a secret.
type candidate struct {
	secret string // what nobody should see
	match  string // with what tells of it
	text   string // in which it stands
	at     int    // start of match in text
}

var (
	kinds    = table.Once(rulesFile, parseKinds)
	keywords = sync.OnceValue(func() *needle.Set { return needle.New(keywordsOf(kinds())) })
	stopgaps = table.Once(stopgapsFile, table.List)
)

// checks are the checks that rules name.
var checks = map[string]struct {
	check           check
	certain, proven bool
}{
	"-": {}, "crc62": {crc62, true, true}, "macaroon": {macaroon, true, true}, "pem": {privateKey, true, true},
	"marker": {certain: true}, "pgp": {secretPacket, false, true}, "jwt": {check: webToken}, "pair": {check: pair},
	"lone": {check: lone}, "sas": {check: sharedAccess}, "snowflake": {check: snowflake}, "server": {check: server},
	"password": {check: password},
}

func parseKinds(text string) []kind {
	var out []kind
	for f := range table.Rows(text, 5) {
		pattern := f[4]
		entropy, _ := strconv.ParseFloat(f[2], 64)
		keyword, within := strings.CutPrefix(f[3], "~")
		c := checks[f[1]]
		out = append(out, kind{
			name: f[0], keyword: keyword, within: within, entropy: entropy, check: c.check, certain: c.certain, proven: c.proven,
			pattern: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + pattern + ")") }),
		})
	}
	return out
}

// keywordsOf are the words that texts are searched for before any pattern is
// tried.
func keywordsOf(kinds []kind) []string {
	out := make([]string, len(kinds))
	for i := range kinds {
		out[i] = kinds[i].keyword
	}
	return out
}

// start returns where the candidate begins whose keyword stands at a place.
func (k *kind) start(text string, at int) (start int, ok bool) {
	for k.within && at > 0 && (word(text[at-1]) || text[at-1] == '.') {
		at--
	}
	return at, k.within || !wordBefore(text, at)
}

// match returns the secrets of kind k that a candidate at a place holds, the one
// that it is of first, and the length of the candidate.
func (k *kind) match(text string, at int) (secrets []string, size int) {
	around := k.reach(text[at:min(len(text), at+longest)])
	m := k.pattern().FindStringSubmatchIndex(around)
	if m == nil || m[1] < len(around) && word(around[m[1]]) {
		return nil, 0
	}
	c := candidate{match: around[:m[1]], text: text, at: at}
	c.secret = c.match
	if !k.within {
		c.secret = c.match[len(k.keyword):]
	}
	if len(m) > 2 && m[2] >= 0 {
		c.secret = c.match[m[2]:m[3]]
	}
	if !k.proven && stopgap(strings.TrimPrefix(c.match, k.keyword)) || bits(c.secret) < k.entropy {
		return nil, 0
	}
	secrets = []string{c.secret}
	if !strings.ContainsAny(c.match, ": ") && !k.within { // a word, of which all may be secret
		secrets = append(secrets, c.match[len(k.keyword):])
	}
	if k.check != nil {
		more, ok := k.check(&c)
		if !ok {
			return nil, 0
		}
		secrets = append(secrets, more...)
	}
	return secrets, len(c.match)
}

// telling is the least size of a keyword that no secret has in it.
const telling = 8

// reach cuts a text that starts with a keyword where the next such secret would
// start: a pattern that goes on for long costs as much at each of its keywords.
func (k *kind) reach(text string) string {
	if k.within || len(k.keyword) < telling {
		return text
	}
	if i := strings.Index(text[1:], k.keyword); i >= 0 {
		return text[:1+i]
	}
	return text
}

func word(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// wordBefore reports whether a word goes on at a place: the letter of an escape
// such as \n is no part of one.
func wordBefore(text string, at int) bool {
	if at == 0 || !word(text[at-1]) {
		return false
	}
	return at < 2 || text[at-2] != '\\' || !strings.ContainsRune("nrt", rune(text[at-1]))
}

// stopgap reports whether a text stands in place of a secret.
func stopgap(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(stopgaps(), func(t string) bool { return strings.Contains(s, t) })
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
