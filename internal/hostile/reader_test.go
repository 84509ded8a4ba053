package hostile_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// budget has the given limits, with generous ones for those that are zero.
func budget(l hostile.Limits) *hostile.Budget {
	d := hostile.DefaultLimits()
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	if l.Steps == 0 {
		l.Steps = d.Steps
	}
	if l.Members == 0 {
		l.Members = d.Members
	}
	if l.Depth == 0 {
		l.Depth = d.Depth
	}
	if l.Time == 0 {
		l.Time = d.Time
	}
	return hostile.NewBudget(context.Background(), l, 0, time.Now)
}

// sources are the ways in which the same bytes can reach a Reader.
func sources(data []byte) map[string]io.ReaderAt {
	return map[string]io.ReaderAt{
		"in memory":   hostile.Bytes(data),
		"from disk":   bytes.NewReader(data),
		"short reads": shortReads{data},
	}
}

// shortReads returns at most three bytes a call, and no error while there are more.
type shortReads struct{ data []byte }

func (s shortReads) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(s.data)) {
		return 0, io.EOF
	}
	return copy(p[:min(3, len(p))], s.data[off:]), nil
}

func TestReader(t *testing.T) {
	cases := []struct {
		name string
		data string
		read func(*hostile.Reader) any
		want any
		err  string // "" for none
		at   int64  // cursor at the end
	}{
		{name: "byte", data: "\x07", read: func(r *hostile.Reader) any { return r.Uint8() }, want: uint8(7), at: 1},
		{name: "byte past the end", read: func(r *hostile.Reader) any { return r.Uint8() }, want: uint8(0),
			err: "truncated at byte 0x0: 1 bytes claimed, 0 left"},
		{name: "little-endian", data: "\x01\x02\x03", read: func(r *hostile.Reader) any { return r.UintLE(3) }, want: uint64(0x030201), at: 3},
		{name: "big-endian", data: "\x01\x02\x03", read: func(r *hostile.Reader) any { return r.UintBE(3) }, want: uint64(0x010203), at: 3},
		{name: "eight bytes", data: "\xff\xff\xff\xff\xff\xff\xff\xff", read: func(r *hostile.Reader) any { return r.UintLE(8) }, want: ^uint64(0), at: 8},
		{name: "seven bits a byte", data: "\xac\x02\x07", read: func(r *hostile.Reader) any { return r.Uvarint() }, want: uint64(300), at: 2},
		{name: "the largest of seven bits a byte", data: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", read: func(r *hostile.Reader) any { return r.Uvarint() }, want: ^uint64(0), at: 10},
		{name: "eleven bytes", data: strings.Repeat("\x80", 10) + "\x00", read: func(r *hostile.Reader) any { return r.Uvarint() }, want: uint64(0),
			err: "malformed at byte 0xa: an integer of more than ten bytes", at: 10},
		{name: "order of choice", data: "\x00\x00\x00\x01", read: func(r *hostile.Reader) any { return r.Uint32(binary.BigEndian) }, want: uint32(1), at: 4},
		{name: "eight of choice", data: "\x01\x00\x00\x00\x00\x00\x00\x00", read: func(r *hostile.Reader) any { return r.Uint64(binary.LittleEndian) }, want: uint64(1), at: 8},
		{name: "integer past the end", data: "\x01\x02", read: func(r *hostile.Reader) any { return r.UintLE(4) }, want: uint64(0),
			err: "truncated at byte 0x0: 4 bytes claimed, 2 left"},
		{name: "bytes", data: "abc", read: func(r *hostile.Reader) any { return string(r.Bytes(2)) }, want: "ab", at: 2},
		{name: "bytes past the end", data: "abc", read: func(r *hostile.Reader) any { return r.Bytes(1<<63) == nil }, want: true,
			err: "truncated at byte 0x0: 9223372036854775808 bytes claimed, 3 left"},
		{name: "skip", data: "abc", read: func(r *hostile.Reader) any { r.Skip(2); return r.Uint8() }, want: uint8('c'), at: 3},
		{name: "skip past the end", data: "abc", read: func(r *hostile.Reader) any { r.Skip(1 << 63); return r.Left() }, want: int64(0),
			err: "truncated at byte 0x0: 9223372036854775808 bytes claimed, 3 left"},
		{name: "line", data: "abc\ndef", read: func(r *hostile.Reader) any { return string(r.Line(10)) }, want: "abc", at: 4},
		{name: "empty line", data: "\n", read: func(r *hostile.Reader) any { return string(r.Line(0)) }, want: "", at: 1},
		{name: "line at the limit", data: "abc\n", read: func(r *hostile.Reader) any { return string(r.Line(3)) }, want: "abc", at: 4},
		{name: "line over the limit", data: "abcd\n", read: func(r *hostile.Reader) any { return string(r.Line(3)) }, want: "",
			err: "over budget at byte 0x0: a line is longer than 3 bytes"},
		{name: "line without an end", data: "abcd", read: func(r *hostile.Reader) any { return string(r.Line(10)) }, want: "",
			err: "truncated at byte 0x0: a line is not ended within the 4 bytes left"},
		{name: "long line", data: strings.Repeat("x", 5000) + "\n", read: func(r *hostile.Reader) any { return len(r.Line(6000)) }, want: 5000, at: 5001},
		{name: "peek", data: "abc", read: func(r *hostile.Reader) any { return string(r.Peek(2)) }, want: "ab"},
		{name: "peek past the end", data: "abc", read: func(r *hostile.Reader) any { return string(r.Peek(9)) }, want: "abc"},
		{name: "count", data: "12345678", read: func(r *hostile.Reader) any { return r.Count(2, 4) }, want: 2},
		{name: "count over", data: "12345678", read: func(r *hostile.Reader) any { return r.Count(1<<60, 4) }, want: 0,
			err: "malformed at byte 0x0: 1152921504606846976 records of at least 4 bytes claimed, 8 bytes left"},
		{name: "move", data: "abc", read: func(r *hostile.Reader) any { r.MoveTo(2); return r.Uint8() }, want: uint8('c'), at: 3},
		{name: "move outside", data: "abc", read: func(r *hostile.Reader) any { r.MoveTo(4); return r.Uint8() }, want: uint8(0),
			err: "truncated at byte 0x0: byte 0x4 claimed, the data is 0x0 to 0x3"},
		{name: "the first fault stays", data: "ab", read: func(r *hostile.Reader) any {
			r.UintLE(3)
			r.Fail(hostile.Malformed, "later")
			return string(r.Bytes(1)) + string(r.Peek(1)) + string(r.Line(9))
		}, want: "", err: "truncated at byte 0x0: 3 bytes claimed, 2 left"},
	}
	for _, c := range cases {
		for via, src := range sources([]byte(c.data)) {
			t.Run(c.name+" "+via, func(t *testing.T) {
				r := hostile.NewReader(src, int64(len(c.data)), budget(hostile.Limits{}))
				if got := c.read(r); got != c.want {
					t.Errorf("read of %.20q: got %v, want %v", c.data, got, c.want)
				}
				if got := text(r.Err()); got != c.err {
					t.Errorf("error of %.20q: got %q, want %q", c.data, got, c.err)
				}
				if r.Offset() != c.at {
					t.Errorf("cursor in %.20q: got %d, want %d", c.data, r.Offset(), c.at)
				}
			})
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSkipLine(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	data := "first\n\n" + long + "\nno end"
	for source, content := range sources([]byte(data)) {
		r := hostile.NewReader(content, int64(len(data)), budget(hostile.Limits{}))
		for _, want := range []struct {
			n     int64
			ended bool
			at    int
		}{{5, true, 6}, {0, true, 7}, {int64(len(long)), true, 8 + len(long)}, {6, false, len(data)}, {0, false, len(data)}} {
			n, ended := r.SkipLine()
			if n != want.n || ended != want.ended || r.Offset() != int64(want.at) || r.Err() != nil {
				t.Errorf("%s: got %d, %v, now at %d (%v), want %+v", source, n, ended, r.Offset(), r.Err(), want)
			}
		}
	}
}

// TestRetry: who tries many places goes on behind a fault, but not for ever.
func TestRetry(t *testing.T) {
	for source, content := range sources([]byte("\x01\x02\x03\x04")) {
		r := hostile.NewReader(content, 4, budget(hostile.Limits{Steps: 3}))
		r.Skip(9)
		r.Retry(2)
		if got := r.Uint8(); got != 3 || r.Err() != nil {
			t.Errorf("%s: got %d (%v) behind a fault, want 3", source, got, r.Err())
		}
		if r.Retry(5); r.Err() == nil {
			t.Errorf("%s: a place outside of the window is no fault", source)
		}
		tries := 0
		for r.Retry(0); tries < 10 && r.Step(); r.Retry(0) {
			tries++
		}
		if tries != 3 || r.Budget().Spent() == nil {
			t.Errorf("%s: %d tries, want the three that the budget has", source, tries)
		}
	}
}

// TestFirstFaultStands: what went wrong first is told, whatever goes wrong after it.
func TestFirstFaultStands(t *testing.T) {
	r := hostile.NewReader(hostile.Bytes("ab"), 2, budget(hostile.DefaultLimits()))
	r.Fail(hostile.Malformed, "first")
	r.Fail(hostile.Unsupported, "second")
	r.Skip(9)
	if err := r.Err(); err == nil || !strings.HasSuffix(err.Error(), "first") {
		t.Errorf("got %v, want the first fault", err)
	}
	r.Retry(1)
	if got := r.Uint8(); got != 'b' || r.Err() != nil {
		t.Errorf("tried again: got %q, %v", got, r.Err())
	}
}

// TestReadAt: neither content in memory nor a window shows what is outside of it.
func TestReadAt(t *testing.T) {
	content := hostile.Bytes("abcdefgh")
	r := hostile.NewReader(content, int64(len(content)), budget(hostile.DefaultLimits()))
	r.Skip(2)
	window := r.Window(4)
	for _, c := range []struct {
		name string
		src  io.ReaderAt
		off  int64
		want string
		eof  bool
	}{
		{name: "memory", src: content, off: 2, want: "cde"},
		{name: "memory, at its end", src: content, off: 6, want: "gh", eof: true},
		{name: "memory, behind it", src: content, off: 8, eof: true},
		{name: "memory, far behind it", src: content, off: 9, eof: true},
		{name: "memory, before it", src: content, off: -1, eof: true},
		{name: "window", src: window, off: 2, want: "cde"},
		{name: "window, at its end", src: window, off: 4, want: "ef", eof: true},
		{name: "window, behind it", src: window, off: 6, eof: true},
		{name: "window, far behind it", src: window, off: 7, eof: true},
		{name: "window, before it", src: window, off: 1, eof: true},
	} {
		p := make([]byte, 3)
		n, err := c.src.ReadAt(p, c.off)
		if string(p[:n]) != c.want || (err == io.EOF) != c.eof || !c.eof && err != nil {
			t.Errorf("%s at %d: got %q, %v, want %q", c.name, c.off, p[:n], err, c.want)
		}
	}
}

func TestSlice(t *testing.T) {
	b := hostile.Bytes("0123456789")
	for _, c := range []struct {
		off, n int64
		want   string
	}{{0, 4, "0123"}, {8, 4, "89"}, {10, 1, ""}, {12, 1, ""}, {-3, 2, "01"}, {2, -1, ""}} {
		if got := b.Slice(c.off, c.n); string(got) != c.want || cap(got) != len(got) {
			t.Errorf("%d bytes from %d: got %q of capacity %d, want %q", c.n, c.off, got, cap(got), c.want)
		}
	}
}

func TestWindow(t *testing.T) {
	for via, src := range sources([]byte("0123456789")) {
		t.Run(via, func(t *testing.T) {
			r := hostile.NewReader(src, 10, budget(hostile.Limits{}))
			r.Skip(2)
			w := r.Window(4)
			for n, want := range map[int]string{3: "234", 4: "2345", 5: "2345", 100: "2345"} {
				if got := string(w.Peek(n)); got != want {
					t.Errorf("window: got %q of %d bytes, want %q", got, n, want)
				}
			}
			if got := string(w.Ahead()); !strings.HasPrefix("2345", got) {
				t.Errorf("window: got %q ahead, want 2345 or less", got)
			}
			if got := string(w.Bytes(4)); got != "2345" || w.Offset() != 6 {
				t.Errorf("window: got %q to %d, want 2345 to 6", got, w.Offset())
			}
			for off, want := range map[int64]string{0: "", 1: "", 2: "23", 4: "45"} {
				if got := string(w.Seen(off, 2)); got != want {
					t.Errorf("window: got %q at %d, want %q", got, off, want)
				}
			}
			if w.Uint8(); w.Err() == nil {
				t.Error("a window read past its end")
			}
			if got := r.Uint8(); got != '6' || r.Err() != nil {
				t.Errorf("after the window: got %q, %v, want '6' and no error", got, r.Err())
			}
			at := r.At(8, 2)
			if got := string(at.Bytes(2)); got != "89" || r.Offset() != 7 {
				t.Errorf("at: got %q, parent at %d, want 89 and 7", got, r.Offset())
			}
			for _, out := range []struct{ offset, n uint64 }{{8, 3}, {11, 0}, {1 << 63, 1}, {3, ^uint64(0)}} {
				if c := r.At(out.offset, out.n); c.Err() == nil || r.Err() != nil {
					t.Errorf("at %d for %d: child %v, parent %v, want a fault of the child alone", out.offset, out.n, c.Err(), r.Err())
				}
			}
			if c := r.Window(4); c.Err() == nil || r.Err() == nil || c.Left() != 0 {
				t.Errorf("a window past the end: child %v, parent %v, want faults", c.Err(), r.Err())
			}
		})
	}
}

// TestLargeReads crosses the reader's buffer with every way of reading.
func TestLargeReads(t *testing.T) {
	data := make([]byte, 300_001)
	for i := range data {
		data[i] = byte(i * 7)
	}
	for via, src := range sources(data) {
		t.Run(via, func(t *testing.T) {
			r := hostile.NewReader(src, int64(len(data)), budget(hostile.Limits{}))
			for i, n := range []int{1, 65_535, 7, 65_536, 100_000, 3} {
				from := r.Offset()
				if got := r.Bytes(uint64(n)); !bytes.Equal(got, data[from:from+int64(n)]) {
					t.Fatalf("read %d of %d bytes at %d differs (%v)", i, n, from, r.Err())
				}
			}
			r.MoveTo(5)
			if got := r.Uint8(); got != data[5] {
				t.Errorf("after moving back: got %#x, want %#x", got, data[5])
			}
		})
	}
}

func TestMemoryIsClaimedBeforeItIsMade(t *testing.T) {
	data := make(hostile.Bytes, 100)
	b := budget(hostile.Limits{Memory: 64})
	r := hostile.NewReader(data, 100, b)
	if r.Bytes(65) != nil {
		t.Error("65 bytes were given out of 64")
	}
	want := "over budget at byte 0x0: 65 bytes of memory claimed, 64 of 64 left (limit --max-memory)"
	if got := text(r.Err()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFileThatShrinks reads a file that is shorter than it was when it was listed.
func TestFileThatShrinks(t *testing.T) {
	r := hostile.NewReader(bytes.NewReader([]byte("abc")), 10, budget(hostile.Limits{}))
	r.Bytes(5)
	if got, want := text(r.Err()), "truncated at byte 0x0: 5 bytes claimed, 3 left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMachineErrorIsNoFault(t *testing.T) {
	r := hostile.NewReader(brokenDisk{}, 10, budget(hostile.Limits{}))
	r.Uint8()
	var machine *hostile.MachineError
	var fault *hostile.Fault
	if err := r.Err(); !errors.As(err, &machine) || errors.As(err, &fault) || !errors.Is(err, errDisk) {
		t.Errorf("got %#v, want a MachineError around %v", err, errDisk)
	}
}

var errDisk = errors.New("input/output error")

type brokenDisk struct{}

func (brokenDisk) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestStepEndsLoops(t *testing.T) {
	r := hostile.NewReader(hostile.Bytes("x"), 1, budget(hostile.Limits{Steps: 10}))
	n := 0
	for r.Step() {
		n++
	}
	if n != 10 {
		t.Errorf("steps: got %d, want 10", n)
	}
	if got, want := text(r.Err()), "over budget at byte 0x0: more than 10 steps (limit --max-steps)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKind(t *testing.T) {
	for kind, want := range map[hostile.Kind]string{
		hostile.Truncated: "truncated", hostile.Malformed: "malformed", hostile.Unsupported: "unsupported",
		hostile.OverBudget: "over budget", 9: "Kind(9)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("kind %d: got %q, want %q", uint8(kind), got, want)
		}
	}
}

func TestGuard(t *testing.T) {
	err := hostile.Guard(func() error { panic(fmt.Sprintf("index %d", 7)) })
	var p *hostile.Panic
	if !errors.As(err, &p) || p.Error() != "crashed: index 7" || !bytes.Contains(p.Stack, []byte("TestGuard")) {
		t.Errorf("got %v, want the panic with its stack", err)
	}
	if err := hostile.Guard(func() error { return errDisk }); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
}

// TestLend: what is at hand is read in place, by windows of the window too, and what
// follows it from the source, into other memory.
func TestLend(t *testing.T) {
	data := []byte("0123456789abcdef")
	for via, src := range sources(data) {
		r := hostile.NewReader(src, int64(len(data)), budget(hostile.Limits{}))
		seen := []byte("4567")
		for _, c := range []struct {
			offset, n uint64
			want      string
		}{{4, 4, "4567"}, {5, 2, "56"}, {6, 8, "6789abcd"}, {7, 9, "789abcdef"}, {2, 6, "234567"}, {9, 3, "9ab"}} {
			w := r.Lend(seen, 4, c.offset, c.n)
			inner := w.At(c.offset, c.n)
			if got := string(inner.Bytes(c.n)); got != c.want {
				t.Errorf("%s: %d bytes at %d: got %q of a window's window, want %q", via, c.n, c.offset, got, c.want)
			}
			if got := string(w.Peek(16)); got != c.want || w.Err() != nil {
				t.Errorf("%s: %d bytes at %d: got %q, %v, want %q", via, c.n, c.offset, got, w.Err(), c.want)
			}
		}
		if string(seen) != "4567" {
			t.Errorf("%s: what was lent became %q", via, seen)
		}
		if c := r.Lend(seen, 4, 4, 13); c.Err() == nil {
			t.Errorf("%s: a window past the end is none", via)
		}
	}
	unread := hostile.NewReader(forbidden(t), 100, budget(hostile.Limits{}))
	if got := string(unread.Lend([]byte("4567"), 4, 5, 50).Peek(3)); got != "567" {
		t.Errorf("got %q of what is at hand, want 567", got)
	}
}

// forbidden is a source that nobody may read.
func forbidden(t *testing.T) io.ReaderAt {
	return readerAt(func([]byte, int64) (int, error) {
		t.Error("what is at hand was read from the source")
		return 0, io.EOF
	})
}

type readerAt func(p []byte, off int64) (int, error)

func (f readerAt) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }
