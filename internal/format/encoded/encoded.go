// Package encoded finds binary content that is written down as text, as in a
// string of a header that is the base64 form of a pickle.
package encoded

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// minRun is the shortest text that is decoded, in characters: what the
	// smallest pickle that calls something takes in base64.
	minRun = 20
	// maxLevels is how many encodings around each other are undone.
	maxLevels = 4
)

// A Content is what one stretch of a text stands for.
type Content struct {
	Encodings []string // outermost first: "base64", "base32" or "hex"; nil for text that is content as it stands
	Kind      string   // what it starts like, see Kind
	Offset    int      // of the stretch in the text, in bytes
	Data      []byte
}

// Find returns the contents of a known Kind in a text, by offset. Memory is
// charged to the budget, whose *hostile.Fault ends the search.
func Find(text string, budget *hostile.Budget) ([]Content, error) {
	if kind := Kind([]byte(text)); kind != "" {
		return []Content{{Kind: kind, Data: []byte(text)}}, nil
	}
	if joined := strings.Join(strings.Fields(text), ""); len(joined) != len(text) && run(joined) == len(joined) {
		return unwrap(joined, 0, budget)
	}
	var out []Content
	for at := 0; at < len(text); {
		n := run(text[at:])
		if n < minRun {
			at += n + 1
			continue
		}
		found, err := unwrap(text[at:at+n], at, budget)
		if err != nil {
			return out, err
		}
		out = append(out, found...)
		at += n
	}
	return out, nil
}

// run returns how many characters from the start of text on could belong to one
// encoded content.
func run(text string) int {
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '-', c == '_':
		case c == '=':
			return i + len(text[i:]) - len(strings.TrimLeft(text[i:], "="))
		default:
			return i
		}
	}
	return len(text)
}

// unwrap undoes the encodings of a run until its content is of a known kind.
func unwrap(text string, at int, budget *hostile.Budget) ([]Content, error) {
	type layer struct {
		text      string
		encodings []string
	}
	todo := []layer{{text: text}}
	for len(todo) > 0 {
		l := todo[0]
		todo = todo[1:]
		if err := budget.Hold(uint64(len(l.text))); err != nil {
			return nil, err
		}
		for _, d := range decodings {
			data := d.decode(l.text)
			encodings := append(l.encodings[:len(l.encodings):len(l.encodings)], d.name)
			if kind := Kind(data); kind != "" {
				return []Content{{Encodings: encodings, Kind: kind, Offset: at, Data: data}}, nil
			}
			if len(data) >= minRun && len(encodings) < maxLevels && run(string(data)) == len(data) {
				todo = append(todo, layer{string(data), encodings})
			}
		}
	}
	return nil, nil
}

// decodings are tried in this order: the narrower alphabet first.
var decodings = []struct {
	name   string
	decode func(string) []byte
}{
	{name: "hex", decode: unhex},
	{name: "base32", decode: unbase32},
	{name: "base64", decode: unbase64},
}

func unhex(s string) []byte {
	s = strings.TrimPrefix(s, "0x")
	data, err := hex.DecodeString(s[:len(s)&^1])
	if err != nil {
		return nil
	}
	return data
}

func unbase32(s string) []byte {
	data, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return data
}

var urlToStd = strings.NewReplacer("-", "+", "_", "/")

func unbase64(s string) []byte {
	s = urlToStd.Replace(strings.TrimRight(s, "="))
	if len(s)%4 == 1 {
		s = s[:len(s)-1]
	}
	data, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return data
}
