package needle_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/needle"
)

type hit struct{ at, needle int }

func all(needles []string, text string) []hit {
	var got []hit
	needle.New(needles).All(text, func(at, n int) { got = append(got, hit{at, n}) })
	slices.SortFunc(got, func(a, b hit) int { return (a.at-b.at)*1000 + a.needle - b.needle })
	return got
}

// naive finds the same the slow way.
func naive(needles []string, text string) []hit {
	var want []hit
	for at := range len(text) {
		for n, s := range needles {
			if len(s) >= 3 && strings.HasPrefix(text[at:], s) {
				want = append(want, hit{at, n})
			}
		}
	}
	return want
}

var words = []string{"ghp_", "gho_", "hf_", "-----BEGIN", "postgres://", "postgresql://", "AKIA", "SG.", ":AA", "aaa", "aaaa", "ab"}

func TestAll(t *testing.T) {
	for _, text := range []string{
		"", "h", "hf", "hf_", "xhf_", "hf_hf_hf_", "-------BEGIN", "aaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaa",
		strings.Repeat(" ", 13) + "ghp_gho_AKIA", "postgres://postgresql://", "postgresql:/", "1:AA", "SG.SG.S",
	} {
		if got, want := all(words, text), naive(words, text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestAnyPlace: texts of few letters, in which needles stand everywhere.
func TestAnyPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	few := []string{"abc", "bca", "aab", "abab", "ccc", "cabcab"}
	for range 2000 {
		text := make([]byte, r.IntN(40))
		for i := range text {
			text[i] = "abc"[r.IntN(3)]
		}
		if got, want := all(few, string(text)), naive(few, string(text)); !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", text, got, want)
		}
	}
}

func BenchmarkVocabulary(b *testing.B) {
	var text bytes.Buffer
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; text.Len() < 16<<20; i++ {
		text.WriteString(`"`)
		for range 2 + r.IntN(9) {
			text.WriteByte("etaoinshrdlucmfwypvbgkjqxzETAOIN_#"[min(33, int(r.ExpFloat64()*8))])
		}
		text.WriteString("\": 12345,\n")
	}
	s, in := needle.New(words), text.String()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s.All(in, func(int, int) {})
	}
}
