package encoded

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// TestTextPickle compares with what the function is in the language of patterns,
// which takes longer to be compiled than most files to be read.
func TestTextPickle(t *testing.T) {
	pattern := regexp.MustCompile(`^[(\]})l0dt]{0,8}[ci][A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n[(\]})0-9IVSLFNtpRogcq]`)
	parts := []string{"(", "]", "}", "l", "d", "t", "0", "c", "i", "posix", "_a.b1", "9x", "os", "\n", "\n", "\nsystem\n", "(S'x'\n", "R", ".", "\x80", ""}
	random := rand.New(rand.NewPCG(1, 2))
	matched := 0
	for range 200_000 {
		var data []byte
		for range random.IntN(14) {
			data = append(data, parts[random.IntN(len(parts))]...)
		}
		want := pattern.Match(data[:min(len(data), maxStart)])
		if got := textPickle(data); got != want {
			t.Fatalf("textPickle(%q) = %v, want %v", data, got, want)
		}
		if want {
			matched++
		}
	}
	if matched < 100 {
		t.Errorf("only %d of the texts are pickles: the test tells little", matched)
	}
}
