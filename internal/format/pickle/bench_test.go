package pickle_test

import (
	"fmt"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
)

// vocabulary is the pickle of a dict from n words to their numbers, with all
// words in the memo: what a fitted CountVectorizer is made of.
func vocabulary(n int) []byte {
	s := pickletest.New(4).EmptyDict().Memoize()
	for i := 0; i < n; {
		s.Mark()
		for end := min(n, i+1000); i < end; i++ {
			s.Str(fmt.Sprintf("word%07d", i)).Memoize().Int(int32(i))
		}
		s.SetItems()
	}
	return s.Stop()
}

// objects is the pickle of n instances, each with a state of its own, as a tree
// or an old gensim model has them.
func objects(n int) []byte {
	s := pickletest.New(4).EmptyList().Memoize().Named("gensim.models.keyedvectors", "Vocab").Put(1).Pop()
	for range n {
		s.Get(1).Tuple(0).NewObj().Memoize().EmptyDict().Memoize()
		s.Str("count").Memoize().Int(7).SetItem().Build().Append()
	}
	return s.Stop()
}

func benchmark(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var ops int64
	for b.Loop() {
		m := pickle.New(reader(data), names, pickle.Reading{Arrays: true})
		for range m.Run() {
		}
		if !m.Stopped() {
			b.Fatal(m.Err())
		}
		ops = m.Ops()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(ops), "ns/opcode")
}

func BenchmarkVocabulary(b *testing.B) { benchmark(b, vocabulary(500_000)) }

func BenchmarkObjects(b *testing.B) { benchmark(b, objects(200_000)) }

func BenchmarkTiny(b *testing.B) {
	benchmark(b, pickletest.New(4).Call("os", "system", "echo poc").Stop())
}
