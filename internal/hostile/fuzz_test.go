package hostile_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzReader carries out a program of reads, one opcode and argument after the
// other, over the same data from memory, from disk and by short reads. The
// cursor never leaves the window and never goes back but by MoveTo, all three
// see the same, and the memory held is never more than the limit.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x00\x00\x01\x04\x02\x04\x03\x02\x05\x10"), []byte("hello\nworld of bytes"))
	f.Add([]byte("\x04\xff\x06\x03\x07\x05\x08\x02\x09\x01"), bytes.Repeat([]byte("line\n"), 40))
	f.Fuzz(func(t *testing.T, program, data []byte) {
		var traces []string
		for _, src := range []io.ReaderAt{hostile.Bytes(data), bytes.NewReader(data), shortReads{data}} {
			b := budget(hostile.Limits{Memory: 1 << 10, Steps: 200})
			traces = append(traces, perform(t, hostile.NewReader(src, int64(len(data)), b), program))
			if b.Held() > 1<<10 {
				t.Fatalf("%d bytes are held, 1024 allowed", b.Held())
			}
		}
		if traces[0] != traces[1] || traces[0] != traces[2] {
			t.Fatalf("the sources differ:\n%s\n%s\n%s", traces[0], traces[1], traces[2])
		}
	})
}

// perform runs a program of reads and returns what it saw.
func perform(t *testing.T, r *hostile.Reader, program []byte) string {
	t.Helper()
	var trace bytes.Buffer
	for i := 0; i+1 < len(program) && r.Step(); i += 2 {
		before := r.Offset()
		op, n := program[i]%11, program[i+1]
		r = read(r, &trace, op, n)
		fmt.Fprintf(&trace, " %d@%d %v\n", op, r.Offset(), r.Err())
		if r.Offset() < r.Start() || r.Offset() > r.End() {
			t.Fatalf("op %d(%d): the cursor %d left the window %d to %d", op, n, r.Offset(), r.Start(), r.End())
		}
		if op != opMove && op != opAt && r.Offset() < before {
			t.Fatalf("op %d(%d): the cursor went back from %d to %d", op, n, before, r.Offset())
		}
	}
	return trace.String()
}

const (
	opMove = 7
	opAt   = 8
)

// read carries out one operation and returns the reader to go on with.
func read(r *hostile.Reader, trace io.Writer, op, n byte) *hostile.Reader {
	switch op {
	case 0:
		fmt.Fprint(trace, r.Uint8())
	case 1:
		fmt.Fprint(trace, r.UintLE(1+int(n%8)))
	case 2:
		fmt.Fprint(trace, r.UintBE(1+int(n%8)))
	case 3:
		fmt.Fprintf(trace, "%x", r.Bytes(uint64(n)))
	case 4:
		fmt.Fprintf(trace, "%x", r.Line(int(n)))
	case 5:
		fmt.Fprintf(trace, "%x", r.Peek(int(n)))
	case 6:
		r.Skip(uint64(n))
	case opMove:
		r.MoveTo(int64(n))
	case opAt:
		return r.At(uint64(n), uint64(n/2))
	case 9:
		return r.Window(uint64(n))
	case 10:
		fmt.Fprint(trace, r.Word(int(n)))
	}
	return r
}

// FuzzUnpack gives damaged gzip streams to Unpack: what it returns reads the
// same twice, and never more comes out than is allowed.
func FuzzUnpack(f *testing.F) {
	var b bytes.Buffer
	b.WriteString("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
	b.WriteString("\x4b\x4c\x4a\x06\x00\xc2\x41\x24\x35\x03\x00\x00\x00")
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, packed []byte) {
		const limit = 1 << 16
		content, err := hostile.Unpack(budget(hostile.Limits{Inflated: limit}), gunzip(packed))
		if content.Size > limit {
			t.Fatalf("%d bytes came out, %d allowed", content.Size, limit)
		}
		read := func() []byte {
			p, readErr := io.ReadAll(io.NewSectionReader(content.Reader(), 0, content.Size))
			if readErr != nil || int64(len(p)) != content.Size {
				t.Fatalf("got %d of %d bytes, %v (unpacking: %v)", len(p), content.Size, readErr, err)
			}
			return p
		}
		if !bytes.Equal(read(), read()) {
			t.Fatal("two readings differ")
		}
	})
}
