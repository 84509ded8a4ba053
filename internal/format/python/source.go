package python

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// cookie is how a source names its encoding, in one of its first two lines
// (PEP 263).
var cookie = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`) })

// Decode returns a source text as UTF-8. One that names an encoding other than
// UTF-8, ASCII and Latin-1 is an error (*SyntaxError): its bytes are not the code
// that runs.
func Decode(raw []byte) (string, error) {
	text := strings.TrimPrefix(string(raw), "\ufeff")
	first, rest := cutLine(text)
	second, _ := cutLine(rest)
	name := ""
	for _, line := range []string{first, second} {
		if m := cookie().FindStringSubmatch(line); m != nil {
			name = strings.ReplaceAll(strings.ToLower(m[1]), "_", "-")
			break
		}
	}
	switch name {
	case "", "utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii", "utf-8-unix", "utf-8-dos", "utf-8-mac":
		if !utf8.ValidString(text) {
			return text, &SyntaxError{What: "the source is not UTF-8"}
		}
		return text, nil
	case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso-8859-15", "iso-latin-1", "cp1252", "windows-1252":
		runes := make([]rune, len(text))
		for i := range len(text) {
			runes[i] = rune(text[i])
		}
		return string(runes), nil
	}
	return text, &SyntaxError{What: "the source names an encoding that is not read here"}
}

// cutLine returns the first line of a text and what follows its end.
func cutLine(text string) (line, rest string) {
	n := strings.IndexAny(text, lineEnds)
	if n < 0 {
		return text, ""
	}
	return text[:n], text[n+lineEnd(text[n:]):]
}
