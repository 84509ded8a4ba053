package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// keepWhole is the largest unpacked content that is kept in memory.
	keepWhole = 32 << 20
	// keepTail is what is kept of the end of larger content, so that looking for
	// a trailing directory does not unpack everything once more.
	keepTail = 128 << 10
	// keepRecent is what is kept of what was unpacked again last: readers of larger
	// content look a little back all the time.
	keepRecent = 2 << 20
	// smallRead is the size up to which what was read again is kept by its place,
	// and keepSmall how much is kept so: several readers go from header to header.
	smallRead = 512
	keepSmall = 2 << 20
	// firstRoom is what is held for content of which nothing is known.
	firstRoom = 4 << 10
	// again is by how much unpacking costs less when it is done again: every detector
	// that reads content of any size does so, and no bomb is hidden in it any more.
	again = 8
	// chunk is what one read of a decompressor asks for.
	chunk = 64 << 10
)

// Content is the unpacked form of a compressed stream. Nothing of it is ever on
// disk: up to 32 MiB are held in memory; of more, the start, the end and what was
// read last are held and the rest is unpacked again when it is read, at a part of
// what it cost the budget at first.
type Content struct {
	Size int64 // bytes unpacked; when unpacking ended early, those that came before

	budget *Budget
	open   Opener
	free   bool // what is read is charged elsewhere
	head   []byte
	full   bool   // head grows no more
	tail   []byte // the last len(tail) bytes, for content that is not held whole
	stream io.Reader
	at     int64  // of stream
	recent []byte // what came out of stream before at
	small  map[int64][]byte
	left   int // of the room for small, in bytes
}

// An Opener starts a decompressor at the beginning of its input.
type Opener func() (io.Reader, error)

// Unpack reads a compressed stream to its end once and returns its content.
// When the stream is damaged or a limit is hit, the content holds what came
// before, and the error says what stopped it (*Fault, at the offset in the
// unpacked content) or what is wrong with the machine.
func Unpack(budget *Budget, open Opener) (*Content, error) {
	c := &Content{budget: budget, open: open}
	var stream io.Reader
	err := Guard(func() (err error) { stream, err = open(); return err })
	if err != nil {
		return c, asFault(err, 0)
	}
	err = c.drain(stream)
	c.prepare()
	return c, asFault(err, c.Size)
}

// prepare makes room for what is read again of content that is not held whole.
func (c *Content) prepare() {
	if _, whole := c.Whole(); !whole && c.budget.TryHold(2*keepRecent+keepSmall) {
		c.recent = make([]byte, 0, 2*keepRecent)
		c.small, c.left = make(map[int64][]byte), keepSmall
	}
}

// keepRead keeps what was read at an offset, if it is small and there is room.
func (c *Content) keepRead(p []byte, off int64) {
	const entry = 64 // of the map, beside the bytes
	if cost := len(p) + entry; len(p) <= smallRead && cost <= c.left {
		c.small[off], c.left = bytes.Clone(p), c.left-cost
	}
}

// drain reads the stream to its end, keeping head and tail. What is kept is read
// to its place: most content is small, and a buffer for each would cost more.
func (c *Content) drain(stream io.Reader) error {
	var passing []byte
	for {
		p, kept := c.room()
		if !kept {
			if passing == nil {
				passing = make([]byte, chunk)
			}
			p = passing
		}
		n, err := guardedRead(stream, p)
		if spent := c.spend(n); spent != nil {
			return spent
		}
		c.keep(p[:n], kept)
		c.Size += int64(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// spend charges n bytes of output.
func (c *Content) spend(n int) error {
	if c.free {
		return c.budget.Step()
	}
	return c.budget.Inflate(int64(n))
}

// keep holds what was read: at the end of head, where it lies already, or in tail.
func (c *Content) keep(p []byte, inHead bool) {
	if inHead {
		c.head = c.head[:len(c.head)+len(p)]
		return
	}
	c.tail = append(c.tail, p...)
	if len(c.tail) > 2*keepTail {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-keepTail:]...)
	}
}

// room returns where the next bytes of head go, and whether there is room: head
// grows, charged to the memory budget, until it is as large as may be or more
// is refused. From then on it stays as it is, and what follows is unpacked again
// when it is read.
func (c *Content) room() (p []byte, ok bool) {
	if len(c.head) == cap(c.head) && !c.full {
		size := min(keepWhole, max(2*cap(c.head), firstRoom))
		if size == cap(c.head) || !c.budget.TryHold(uint64(size-cap(c.head))) {
			c.full = true
		} else {
			c.head = append(make([]byte, 0, size), c.head...)
		}
	}
	p = c.head[len(c.head):cap(c.head)]
	return p[:min(len(p), chunk)], len(p) > 0
}

// Whole returns the content if all of it is in memory, and whether it is.
func (c *Content) Whole() (Bytes, bool) {
	return c.head, int64(len(c.head)) == c.Size
}

// Reader returns the content for random access: in place if it is held whole.
func (c *Content) Reader() io.ReaderAt {
	if b, ok := c.Whole(); ok {
		return b
	}
	return c
}

// ReadAt implements io.ReaderAt. Reading backwards, outside of what is held,
// unpacks from the beginning again. It is not safe for concurrent use.
func (c *Content) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= c.Size {
		return 0, io.EOF
	}
	want := len(p)
	p = p[:min(int64(len(p)), c.Size-off)]
	n := c.readHeld(p, off)
	var err error
	if n < len(p) {
		var m int
		m, err = c.readAgain(p[n:], off+int64(n))
		n += m
		c.keepRead(p[:n], off)
	}
	if err == nil && n < want {
		err = io.EOF
	}
	return n, err
}

// readHeld copies what head or tail hold of p, from its start.
func (c *Content) readHeld(p []byte, off int64) int {
	if off < int64(len(c.head)) {
		return copy(p, c.head[off:])
	}
	if tailAt := c.Size - int64(len(c.tail)); off >= tailAt {
		return copy(p, c.tail[off-tailAt:])
	}
	if recentAt := c.at - int64(len(c.recent)); off >= recentAt && off < c.at {
		return copy(p, c.recent[off-recentAt:])
	}
	if kept := c.small[off]; len(kept) >= len(p) {
		return copy(p, kept)
	}
	return 0
}

// readAgain unpacks up to off once more and reads p.
func (c *Content) readAgain(p []byte, off int64) (int, error) {
	if c.stream == nil || c.at > off {
		c.at, c.recent = 0, c.recent[:0]
		err := Guard(func() (err error) { c.stream, err = c.open(); return err })
		if err != nil {
			c.stream = nil
			return 0, asFault(err, 0)
		}
	}
	if err := c.discard(off - c.at); err != nil {
		return 0, err
	}
	return c.fill(p)
}

func (c *Content) discard(n int64) error {
	buf := make([]byte, min(n, chunk))
	for n > 0 {
		m, err := c.fill(buf[:min(n, chunk)])
		if err != nil {
			return err
		}
		n -= int64(m)
	}
	return nil
}

func (c *Content) fill(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m, err := guardedRead(c.stream, p[n:])
		n += m
		c.at += int64(m)
		if c.recent != nil {
			c.remember(p[n-m : n])
		}
		if spent := c.spend((m + again - 1) / again); spent != nil {
			return n, spent
		}
		if err != nil && n < len(p) {
			return n, asFault(err, c.at)
		}
	}
	return n, nil
}

// remember keeps what came out of the stream last.
func (c *Content) remember(p []byte) {
	if len(p) >= keepRecent {
		c.recent, p = c.recent[:0], p[len(p)-keepRecent:]
	}
	if len(c.recent)+len(p) > cap(c.recent) {
		c.recent = append(c.recent[:0], c.recent[max(0, len(c.recent)-keepRecent):]...)
	}
	c.recent = append(c.recent, p...)
}

// maxEmptyReads is how often a decompressor may return nothing in a row.
const maxEmptyReads = 100

// guardedRead reads at least one byte or returns an error; a panic of the
// decompressor is an error, and so is one that makes no progress.
func guardedRead(stream io.Reader, p []byte) (n int, err error) {
	err = Guard(func() (err error) {
		for range maxEmptyReads {
			if n, err = stream.Read(p); n > 0 || err != nil {
				return err
			}
		}
		return io.ErrNoProgress
	})
	return n, err
}

// asFault turns an error of a decompressor into a Fault. Errors of the machine,
// which wrap a *MachineError, pass.
func asFault(err error, offset int64) error {
	var f *Fault
	var m *MachineError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f), errors.As(err, &m):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Faultf(Truncated, offset, "the compressed data ends early, %d bytes came out", offset)
	default:
		return Faultf(Malformed, offset, "the compressed data is damaged: %v", err)
	}
}

// A MachineError is an error of the machine that reading a file met: about the
// disk or the network, not about the file.
type MachineError struct{ Err error }

func (e *MachineError) Error() string { return fmt.Sprintf("reading: %v", e.Err) }
func (e *MachineError) Unwrap() error { return e.Err }

// Input is the compressed side: a reader of size bytes of src from an offset
// that tells errors of the machine from the end of the data.
func Input(src io.ReaderAt, offset, size int64) io.Reader {
	return &input{src: io.NewSectionReader(src, offset, size)}
}

type input struct{ src *io.SectionReader }

func (i *input) Read(p []byte) (int, error) {
	n, err := i.src.Read(p)
	var f *Fault
	if err != nil && err != io.EOF && !errors.As(err, &f) {
		err = &MachineError{err}
	}
	return n, err
}
