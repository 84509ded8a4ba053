package pickle

import (
	"errors"
	"io"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Encoded returns where the text lies of which v is the bytes, if v is what
// protocols below 3 write for bytes: a call that encodes a constant as Latin-1.
func (m *Machine) Encoded(v Value) (at, size int64, ok bool) {
	o := m.object(v)
	if o == nil || o.kind != Call || len(o.items) != 2 || o.items[0].tag() != tagStr {
		return 0, 0, false
	}
	if n := m.Name(o.fn); n == nil || n.String() != "_codecs.encode" {
		return 0, 0, false
	}
	if name, known := m.Str(o.items[1]); !known || normalise(name) != "latin_1" {
		return 0, 0, false
	}
	code, at, size, ok := m.locate(o.items[0].payload())
	switch code {
	case opShortBinUnicode, opBinUnicode, opBinUnicode8:
		return at, size, ok && at <= m.s.r.End() && size <= m.s.r.End()-at
	}
	return 0, 0, false
}

// latin1Span is for how many bytes it is noted where their text starts.
const latin1Span = 4 << 10

// A latin1Text is the bytes that a text stands for, encoded as they are read: those
// of a tensor may be more than memory is for.
type latin1Text struct {
	content  io.ReaderAt
	at, size int64   // of the text
	length   int64   // in bytes when it is encoded
	spans    []int64 // where the text of each span starts
}

var errNotLatin1 = errors.New("a text that is to be encoded as Latin-1 has other characters")

// Latin1At is Latin1 for the text of size bytes at an offset of content, however
// long, and returns how many bytes it makes. The budget pays for reading it once.
// An error is that of reading, or tells of a text with a character above U+00FF.
func Latin1At(content io.ReaderAt, at, size int64, budget *hostile.Budget) (text io.ReaderAt, length int64, err error) {
	const chunk, bytesPerStep = 64 << 10, 8
	if err := budget.Steps(size / bytesPerStep); err != nil {
		return nil, 0, err
	}
	if err := budget.Hold(uint64(8 * (size/latin1Span + 1))); err != nil {
		return nil, 0, err
	}
	t := &latin1Text{content: content, at: at, size: size}
	buf := make([]byte, min(chunk, size))
	inside := false // a character of two bytes
	for off := int64(0); off < size; off += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), size-off)]
		if err := readWhole(content, buf, at+off); err != nil {
			return nil, 0, err
		}
		if inside, err = t.note(buf, off, inside); err != nil {
			return nil, 0, err
		}
	}
	if inside {
		return nil, 0, errNotLatin1
	}
	return t, t.length, nil
}

// note counts the characters of the part of the text at an offset of it, of which
// the first may have begun before.
func (t *latin1Text) note(part []byte, off int64, inside bool) (bool, error) {
	for i, c := range part {
		if trails := c&0xc0 == 0x80; trails != inside || c > 0xc3 || c == 0xc0 || c == 0xc1 {
			return false, errNotLatin1
		}
		if inside {
			inside = false
			continue
		}
		if t.length%latin1Span == 0 {
			t.spans = append(t.spans, off+int64(i))
		}
		t.length++
		inside = c > 0x7f
	}
	return inside, nil
}

// ReadAt implements io.ReaderAt.
func (t *latin1Text) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, hostile.Faultf(hostile.Malformed, t.at, "a text is read from byte %d on", off)
	}
	var buf [2 * latin1Span]byte
	for n < len(p) && off+int64(n) < t.length {
		i := (off + int64(n)) / latin1Span
		end := t.size
		if i+1 < int64(len(t.spans)) {
			end = t.spans[i+1]
		}
		text := buf[:end-t.spans[i]]
		if err := readWhole(t.content, text, t.at+t.spans[i]); err != nil {
			return n, err
		}
		encoded, ok := Latin1(string(text))
		if !ok || int64(len(encoded)) != min(latin1Span, t.length-i*latin1Span) {
			return n, errNotLatin1 // any more
		}
		n += copy(p[n:], encoded[off+int64(n)-i*latin1Span:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readWhole fills p from an offset on. To end with p is no end.
func readWhole(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return err
}
