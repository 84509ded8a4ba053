package detector

import (
	"bytes"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
)

// InJSON is the set of words of printable ASCII, and of the escapes by which JSON
// can write their letters: text of JSON without any of them has no string with
// one of the words in it.
func InJSON(words ...string) *needle.Set {
	for digit := '2'; digit <= '7'; digit++ {
		words = append(words, `\u00`+string(digit))
	}
	return needle.New(words)
}

// InYAML is InJSON for YAML, with the escapes of strings in double quotes.
func InYAML(words ...string) *needle.Set {
	for digit := '2'; digit <= '7'; digit++ {
		words = append(words, `\x`+string(digit), `\u00`+string(digit), `\U000000`+string(digit))
	}
	return needle.New(words)
}

// Mentions reports whether text holds any of the words, in one pass and in
// constant memory. It errs on true: text in wider encodings is not looked
// through, nor is what cannot be read.
func Mentions(r *hostile.Reader, words *needle.Set) bool {
	const window, overlap = 32 << 10, 64
	for r.Left() > 0 && r.Step() {
		p := r.Peek(window)
		if bytes.IndexByte(p[:min(len(p), 4)], 0) >= 0 {
			return true // UTF-16 or UTF-32
		}
		found := false
		words.All(string(p), func(int, int) { found = true })
		if found {
			return true
		}
		if len(p) < window {
			break
		}
		r.Skip(window - overlap)
	}
	return r.Err() != nil
}
