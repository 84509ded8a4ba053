package onnx

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzSyntax: whatever the text, reading ends, places lie in it, and every error is
// a Fault.
func FuzzSyntax(f *testing.F) {
	f.Add([]byte("<ir_version: 8, opset_import: [\"\" : 17], doc_string: \"d\">\ng (float[1] x) => (float[1] y) <float[4] w = [\"location\": \"w\"]> { y = a.b.C <n = [\"s\"]> (x) }\n" +
		"<domain: \"a.b\", opset_import: [\"\" : 17]>\nC <n> (x) => (y) { y = Neg(x) }\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		b, place, err := FromSyntax(hostiletest.Reader(p))
		for i := range b.Data {
			if at := place(int64(i)); at < 0 || at > int64(len(p)) {
				t.Fatalf("byte %d stands at %d of %d", i, at, len(p))
			}
		}
		hostiletest.OnlyFault(t, err)
	})
}

// TestSyntaxEnds: no text costs more than its length.
func TestSyntaxEnds(t *testing.T) {
	for _, part := range []string{"= [", "float[", "= a (", "a = \"x\" ", "\"", "# ", "= [\"a\" ", "(", "= a < b = \"c\" "} {
		start := time.Now()
		_, _, _ = FromSyntax(hostiletest.Reader([]byte(strings.Repeat(part, 1<<17))))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q, repeated: took %v", part, took)
		}
	}
}

// TestSyntaxMemory: no text makes more of what stands in it once than the text is
// long.
func TestSyntaxMemory(t *testing.T) {
	const n, most = 1 << 13, 1000 // bytes for each of the text
	for _, c := range []struct{ name, text string }{
		{"a name for many texts", strings.Repeat("n", 4*n) + strings.Repeat(`="a"`, n)},
		{"a name for a list", strings.Repeat("n", 4*n) + "=[" + strings.Repeat(`"a",`, n) + "]"},
		{"a shape for many tensors", "float[" + strings.Repeat("1,", 500) + "] " + strings.Repeat(`=["a":""]`, n)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, _ = FromSyntax(hostiletest.Reader([]byte(c.text)))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > most*uint64(len(c.text)) {
			t.Errorf("%s, %d bytes: took %d bytes of memory", c.name, len(c.text), took)
		}
	}
}

// TestSyntaxNUL: what stands behind a NUL is not left out in silence.
func TestSyntaxNUL(t *testing.T) {
	if _, _, err := FromSyntax(hostiletest.Reader([]byte("g (float[1] x) => (float[1] y) {}\x00 y = a.b.C (x)"))); err == nil {
		t.Error("got no fault")
	}
}
