package pickle

import (
	"regexp"
	"strings"
	"sync"
)

// What texts harmless arguments are.

// ranges are how Python writes range objects.
var ranges = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^x?range\([-0-9, ]*\)$`) })

// zone reports whether a text names a time zone, or the file of one where systems
// have them.
func zone(s string) bool {
	const place = "zoneinfo/"
	above, _, inPlace := strings.Cut(s, place)
	system := inPlace && harmlessWords()["zone "+above+place]
	return (system || !strings.HasPrefix(s, "/")) && !strings.Contains(s, "..")
}

// hyphens are what Python leaves out of the names of codecs, as far as it
// matters here.
var hyphens = strings.NewReplacer("-", "", "_", "")

// charset reports whether a codec is a character set: the others hide text.
func charset(name string) bool {
	return harmlessWords()["charset "+hyphens.Replace(strings.ToLower(name))]
}

// numericModule reports whether universal functions live in a module: in one of
// those listed, or below.
func numericModule(name string) bool {
	for ; name != ""; name = name[:max(0, strings.LastIndexByte(name, '.'))] {
		if harmlessWords()["ufunc "+name] {
			return true
		}
	}
	return false
}
