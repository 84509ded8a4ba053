// Package hostile reads bytes whose author may be an attacker. It is the only
// code that trusts no length: every claim of a file is checked against the
// bytes that are there and against a Budget before anything is allocated or
// skipped.
package hostile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// bufferSize is what one read of the file brings: large enough that a stream of
// short records costs no system call each, small enough for a window per member.
const bufferSize = 64 << 10

// jumpSize is what the first read behind a jump brings.
const jumpSize = 4 << 10

// Bytes is content that is in memory already; a Reader reads it in place.
type Bytes []byte

// ReadAt implements io.ReaderAt.
func (b Bytes) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Slice returns up to n bytes from off on, without a copy: who gets them may not
// change them.
func (b Bytes) Slice(off, n int64) []byte {
	off = min(max(off, 0), int64(len(b)))
	return slices.Clip(b[off:min(off+max(n, 0), int64(len(b)))])
}

// A Reader is a cursor over a window of a file, with a sticky, located fault:
// after the first fault every read returns a zero value, and a decoder asks Err
// once per record. Offsets are those of the file, not of the window. A Reader
// and its windows share one Budget; none is safe for concurrent use.
type Reader struct {
	src    io.ReaderAt
	budget *Budget
	start  int64  // of the window
	end    int64  // of the window
	buf    []byte // src[bufAt : bufAt+len(buf)], nothing of which lies behind the window
	bufAt  int64
	ahead  int64 // bytes that the last read was for
	pos    int64
	whole  bool // buf is the whole of src and must not be written to
	lent   bool // buf is somebody else's and must not be written to
	err    error
}

// NewReader reads the first size bytes of src.
func NewReader(src io.ReaderAt, size int64, budget *Budget) *Reader {
	r := &Reader{src: src, budget: budget, end: max(0, size)}
	if b, ok := src.(Bytes); ok {
		r.end = min(r.end, int64(len(b)))
		r.buf, r.whole = b[:r.end], true
	}
	return r
}

// Budget returns what the reading is charged to.
func (r *Reader) Budget() *Budget { return r.budget }

// Offset returns the place of the next byte in the file.
func (r *Reader) Offset() int64 { return r.pos }

// Left returns the number of bytes between the cursor and the window's end, or
// zero after a fault.
func (r *Reader) Left() int64 {
	if r.err != nil {
		return 0
	}
	return r.end - r.pos
}

// Start and End return the window's bounds in the file.
func (r *Reader) Start() int64 { return r.start }

// End returns the offset of the first byte behind the window.
func (r *Reader) End() int64 { return r.end }

// Err returns the first fault (*Fault) or error of the machine, or nil.
func (r *Reader) Err() error { return r.err }

// Fail records a fault at the cursor, unless one is recorded already, and
// returns the recorded one.
func (r *Reader) Fail(kind Kind, format string, args ...any) error {
	return r.FailAt(r.pos, kind, format, args...)
}

// FailAt is Fail for a fault that lies elsewhere than at the cursor.
func (r *Reader) FailAt(offset int64, kind Kind, format string, args ...any) error {
	if r.err == nil {
		r.err = Faultf(kind, offset, format, args...)
	}
	return r.err
}

func (r *Reader) fail(err error) error {
	if r.err == nil && err != nil {
		r.err = at(err, r.pos)
	}
	return r.err
}

// short records that n bytes were claimed and fewer are left. What it is called
// by is small enough to be inlined, if it is not.
//
//go:noinline
func (r *Reader) short(n uint64) {
	r.Fail(Truncated, "%d bytes claimed, %d left", n, r.end-r.pos)
}

// Step is the condition of a loop whose length the file decides: it spends one
// step of the budget, sees the deadline, and is false after a fault.
func (r *Reader) Step() bool {
	if r.err == nil && r.budget.granted > 0 {
		r.budget.granted--
		return true
	}
	return r.step()
}

// step is Step where the budget has to be asked.
func (r *Reader) step() bool { return r.err == nil && r.fail(r.budget.Steps(1)) == nil }

// Count returns how many records of at least minSize bytes may follow: n, or a
// fault and zero when the bytes left cannot hold that many.
func (r *Reader) Count(n uint64, minSize int64) int {
	if r.err != nil {
		return 0
	}
	if n > uint64(r.Left())/uint64(max(1, minSize)) {
		r.Fail(Malformed, "%d records of at least %d bytes claimed, %d bytes left", n, minSize, r.Left())
		return 0
	}
	return int(n)
}

// Peek returns up to n of the next bytes without moving, fewer at the window's
// end. They are valid until the next call and must not be changed. n is at most
// bufferSize.
func (r *Reader) Peek(n int) []byte {
	if r.err != nil {
		return nil
	}
	if i := r.pos - r.bufAt; i >= 0 && i+int64(n) <= int64(len(r.buf)) {
		return r.buf[i : i+int64(n) : i+int64(n)]
	}
	n = int(min(int64(n), r.end-r.pos, bufferSize))
	if n <= 0 || !r.fill(n) {
		return nil
	}
	i := r.pos - r.bufAt
	return r.buf[i : i+int64(n) : i+int64(n)]
}

// fill makes sure that n bytes from the cursor on are in the buffer.
func (r *Reader) fill(n int) bool {
	if i := r.pos - r.bufAt; i >= 0 && i+int64(n) <= int64(len(r.buf)) {
		return true
	}
	if r.whole {
		r.short(uint64(n))
		return false
	}
	size := min(max(r.readAhead(), int64(n)), r.end-r.pos)
	if int64(cap(r.buf)) < size || r.lent {
		r.buf, r.lent = make([]byte, size), false
	}
	r.buf = r.buf[:size]
	got, err := readAtLeast(r.src, r.buf, r.pos, n)
	r.buf, r.bufAt = r.buf[:got], r.pos
	if got >= n {
		return true
	}
	r.failRead(err, n, got)
	return false
}

// readAhead returns how much to read at once: little behind a jump over a payload,
// since another may follow, and twice as much each time that reading goes on.
func (r *Reader) readAhead() int64 {
	if end := r.bufAt + int64(len(r.buf)); r.pos < r.bufAt || r.pos > end || end == 0 {
		r.ahead = jumpSize
	} else {
		r.ahead = min(2*r.ahead, bufferSize)
	}
	return r.ahead
}

// readAtLeast reads into p until n bytes are there or reading ends: a source
// that returns less than it has, without an error, changes nothing.
func readAtLeast(src io.ReaderAt, p []byte, off int64, n int) (got int, err error) {
	for more := 1; got < n && err == nil && more > 0; got += more {
		more, err = src.ReadAt(p[got:], off+int64(got))
	}
	return got, err
}

// failRead tells a file that became shorter than it was from an error of the
// machine.
func (r *Reader) failRead(err error, want, got int) {
	var f *Fault
	var m *MachineError
	switch {
	case errors.As(err, &f), errors.As(err, &m):
		r.fail(err)
	case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		r.Fail(Truncated, "%d bytes claimed, %d left", want, got)
	default:
		r.fail(&MachineError{fmt.Errorf("byte %#x: %w", r.pos, err)})
	}
}

// take returns the next n bytes in the buffer and moves behind them. n is at
// most bufferSize.
func (r *Reader) take(n int) []byte {
	if i := r.pos - r.bufAt; i >= 0 && i+int64(n) <= int64(len(r.buf)) && r.err == nil {
		r.pos += int64(n)
		return r.buf[i : i+int64(n)]
	}
	return r.takeSlow(n)
}

func (r *Reader) takeSlow(n int) []byte {
	if r.err != nil {
		return nil
	}
	if int64(n) > r.end-r.pos {
		r.short(uint64(n))
		return nil
	}
	if !r.fill(n) {
		return nil
	}
	i := r.pos - r.bufAt
	r.pos += int64(n)
	return r.buf[i : i+int64(n)]
}

// Hold reserves n bytes of the memory budget; a refusal is a fault at the
// cursor.
func (r *Reader) Hold(n uint64) error {
	if r.err != nil {
		return r.err
	}
	return r.fail(r.budget.Hold(n))
}

// Bytes returns a copy of the next n bytes, checked against the bytes left and
// the memory budget first. The memory stays reserved until the detector that
// reads ends.
func (r *Reader) Bytes(n uint64) []byte {
	if r.err != nil {
		return nil
	}
	if n > uint64(r.end-r.pos) {
		r.short(n)
		return nil
	}
	if r.fail(r.budget.Hold(n)) != nil {
		return nil
	}
	out := make([]byte, n)
	if !r.copyTo(out) {
		return nil
	}
	return out
}

// copyTo fills out, by way of the buffer where it holds the bytes already.
func (r *Reader) copyTo(out []byte) bool {
	if i := r.pos - r.bufAt; i >= 0 && i < int64(len(r.buf)) {
		n := copy(out, r.buf[i:])
		r.pos += int64(n)
		out = out[n:]
	}
	if len(out) == 0 {
		return true
	}
	if len(out) < bufferSize {
		p := r.take(len(out))
		copy(out, p)
		return p != nil
	}
	got, err := readAtLeast(r.src, out, r.pos, len(out))
	if got < len(out) {
		r.failRead(err, len(out), got)
		return false
	}
	r.pos += int64(got)
	return true
}

// Skip moves n bytes ahead without reading them.
func (r *Reader) Skip(n uint64) {
	if r.err == nil && n <= uint64(r.end-r.pos) {
		r.pos += int64(n)
		return
	}
	r.short(n)
}

// Window returns a Reader of the next n bytes and moves behind them. The child
// cannot see past them; its faults are its own.
func (r *Reader) Window(n uint64) *Reader {
	start := r.pos
	r.Skip(n)
	if r.err != nil {
		return &Reader{src: r.src, budget: r.budget, start: start, pos: start, end: start, err: r.err}
	}
	return r.child(start, start+int64(n))
}

// At returns a Reader of n bytes at an offset of the file, which must lie in
// this window; this Reader does not move. A range outside the window is a fault
// of the child.
func (r *Reader) At(offset, n uint64) *Reader {
	if offset < uint64(r.start) || offset > uint64(r.end) || n > uint64(r.end)-offset {
		c := &Reader{src: r.src, budget: r.budget, start: r.pos, pos: r.pos, end: r.pos}
		c.Fail(Truncated, "%d bytes at byte %#x claimed, the data ends at %#x", n, offset, r.end)
		return c
	}
	return r.child(int64(offset), int64(offset+n))
}

// Lend is At for a range the first bytes of which may be at hand: seen is what lies at
// an offset of the file. The child reads it in place, and is done with when it changes.
func (r *Reader) Lend(seen []byte, seenAt int64, offset, n uint64) *Reader {
	c := r.At(offset, n)
	if c.err == nil && !c.whole {
		c.borrow(seen, seenAt)
	}
	return c
}

// borrow reads what is at hand in place, if the window starts in it.
func (r *Reader) borrow(seen []byte, seenAt int64) {
	if r.start >= seenAt && r.start < seenAt+int64(len(seen)) {
		r.buf, r.bufAt = seen[:min(int64(len(seen)), r.end-seenAt)], seenAt
		r.lent, r.ahead = true, jumpSize
	}
}

func (r *Reader) child(start, end int64) *Reader {
	c := &Reader{src: r.src, budget: r.budget, start: start, pos: start, end: end}
	switch {
	case r.whole:
		c.buf, c.whole = r.buf[:end], true
	case r.lent:
		c.borrow(r.buf, r.bufAt)
	}
	return c
}

// MoveTo puts the cursor at an offset of the file inside the window.
func (r *Reader) MoveTo(offset int64) {
	if r.err != nil {
		return
	}
	if offset < r.start || offset > r.end {
		r.Fail(Truncated, "byte %#x claimed, the data is %#x to %#x", offset, r.start, r.end)
		return
	}
	r.pos = offset
}

// Retry puts the cursor at an offset of the file and forgets what fault there
// was: for those who try many places, most of which are nothing. An offset
// outside of the window is a fault again.
func (r *Reader) Retry(offset int64) {
	r.err = nil
	r.MoveTo(offset)
}

// Ahead returns what is at hand of the bytes from the cursor on, which may be
// nothing. They are valid until the next read and must not be changed.
func (r *Reader) Ahead() []byte {
	if i := r.pos - r.bufAt; uint64(i) < uint64(len(r.buf)) {
		return r.buf[i:]
	}
	return nil
}

// Seen returns n bytes at an offset that were read already and are still at
// hand, else nil. They are valid until the next read and must not be changed.
func (r *Reader) Seen(off, n int64) []byte {
	if i := off - r.bufAt; i >= 0 && n >= 0 && i+n <= int64(len(r.buf)) && off >= r.start {
		return r.buf[i : i+n : i+n]
	}
	return nil
}

// ReadAt implements io.ReaderAt over the window, by offsets of the file; the
// cursor does not move, and no more than p is read. A range that the window
// does not hold is io.EOF and leaves no fault behind.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < r.start || off > r.end {
		return 0, io.EOF
	}
	want := len(p)
	p = p[:min(int64(want), r.end-off)]
	if i := off - r.bufAt; i >= 0 && i+int64(len(p)) <= int64(len(r.buf)) {
		copy(p, r.buf[i:])
	} else if n, err := readAtLeast(r.src, p, off, len(p)); n < len(p) {
		return n, cmp.Or(err, io.ErrUnexpectedEOF)
	}
	if len(p) < want {
		return len(p), io.EOF
	}
	return want, nil
}
