package encoded_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// benchmark looks through texts, one after the other.
func benchmark(b *testing.B, texts ...string) {
	size := 0
	raw := make([][]byte, len(texts))
	for i, text := range texts {
		size += len(text)
		raw[i] = []byte(text)
	}
	limits := hostile.DefaultLimits()
	limits.Steps = 1 << 60
	w := encoded.Walk{
		Budget: hostile.NewBudget(context.Background(), limits, int64(size), time.Now),
		Visit:  func(encoded.Content) bool { return false },
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range raw {
			if err := w.In(text); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkWalk: long texts, of which little or nothing is encoded.
func BenchmarkWalk(b *testing.B) {
	words := []string{"the", "Ġcon", "ing", "##s", "日", "Ġre", "tion", "é", "qu", "Ġin"}
	var escaped, tokenizer strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&escaped, "\"\\u0120w%x\": %d, ", i*7919, i)
		fmt.Fprintf(&tokenizer, "      \"%s%s%x\": %d,\n", words[i%10], words[i/10%10], i%4099, i)
	}
	for _, c := range []struct{ name, text string }{
		{"vocabulary", escaped.String()},
		{"tokenizer", tokenizer.String()},
		{"prose", strings.Repeat("A model of the city of Paris (see the card) with 100% accuracy, in 2024-05-06. ", 50_000)},
		{"images", strings.Repeat(`{"image/png": "`+base64Of("\x89PNG"+strings.Repeat("\x01\xfe\x7f", 100_000))+`"}`+"\n", 10)},
	} {
		b.Run(c.name, func(b *testing.B) { benchmark(b, c.text) })
	}
}

// BenchmarkShort: short texts, as vocabularies in pickles are of.
func BenchmarkShort(b *testing.B) {
	for name, format := range map[string]string{
		"ngrams":  "model learning river tokens garden %05x",
		"phrases": "the river, at %05x o'clock, was not high",
		"names":   "model.encoder.layer.%05x.attention.weight",
		"digests": "9f86d081884c7d659a2feaa0c55ad015a%05x",
	} {
		texts := make([]string, 1000)
		for i := range texts {
			texts[i] = fmt.Sprintf(format, i*7919)
		}
		b.Run(name, func(b *testing.B) { benchmark(b, texts...) })
	}
}
