// Package pickle reads Python pickles without doing what they say: Ops yields
// their opcodes, and a Machine follows them the way CPython's unpicklers do and
// yields what loading would import, call and change. It judges nothing.
package pickle

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// An Op is one opcode with its argument.
type Op struct {
	Code Code
	Big  bool // a text integer or key that does not fit Arg
	// Torn says that a frame ends inside the argument and that the reading
	// skips what was left of the frame, so that the op cannot be found again by
	// its offset alone.
	Torn   bool
	Offset int64 // of the opcode's byte, in the file
	// Arg is an integer argument: the value of BININT, the key of BINGET, the
	// protocol, the length of a frame; for text integers and memo keys too, if
	// they fit and Big is false.
	Arg int64
	// Data and Size are where the bytes of a string, bytes, long or line lie;
	// for GLOBAL and INST those of the module's line. No newline is counted.
	Data, Size int64
	// Name and NameSize are the second line of GLOBAL and INST.
	Name, NameSize int64
}

// Ops yields the opcodes of one pickle, from the cursor of r to the first STOP,
// and leaves the cursor behind it. Payloads are skipped, not read. It ends
// early at a fault, which r.Err then returns; whatever came before it stands.
func Ops(r *hostile.Reader) iter.Seq[Op] {
	return func(yield func(Op) bool) {
		s := scanner{r: r}
		var op Op
		for s.next(&op) {
			if !yield(op) || op.Code == opStop {
				return
			}
		}
	}
}

// A scanner decodes opcodes.
type scanner struct {
	r *hostile.Reader
	// dropTail makes it read as the C unpickler reads a file object without peek
	// (an io.BytesIO): an argument that crosses the end of its frame is read from
	// behind the frame, and what was left of the frame is lost.
	dropTail bool
	frameEnd int64 // offset behind the current frame; 0 outside of frames
	hole     int64 // bytes behind the current frame that the loader has read already
	torn     int64 // offset of the first opcode, or frame, that crosses the end of its frame, plus one
	nested   int64 // offset of the first frame that begins inside another, plus one
	pastEnd  int64 // offset of the first frame that ends behind the file, plus one
	buf      []byte
}

// next reads one opcode and reports whether there was one. It reads by itself those
// that make up most of a pickle, where one lies in the buffer and in its frame.
func (s *scanner) next(op *Op) bool {
	const head = 5 // of the longest argument
	r := s.r
	if !r.Step() {
		return false
	}
	pos, p := r.Offset(), r.Ahead()
	if len(p) < head {
		return s.nextApart(op)
	}
	*op = Op{Offset: pos, Code: Code(p[0])}
	n := int64(1)
	switch info := &opcodes[op.Code]; info.arg {
	case argNone:
		if info.name == "" {
			return s.nextApart(op)
		}
	case argUint1:
		n, op.Arg = 2, int64(p[1])
	case argUint2:
		n, op.Arg = 3, int64(binary.LittleEndian.Uint16(p[1:]))
	case argInt4:
		n, op.Arg = 5, int64(int32(binary.LittleEndian.Uint32(p[1:])))
	case argUint4:
		n, op.Arg = 5, int64(binary.LittleEndian.Uint32(p[1:]))
	case argData1:
		op.Data, op.Size = pos+2, int64(p[1])
		n = 2 + op.Size
		if n > int64(len(p)) || info.text && !validUTF8(p[2:n]) {
			return s.nextApart(op)
		}
	default:
		return s.nextApart(op)
	}
	if s.frameEnd != 0 && pos+n > s.frameEnd {
		return s.nextApart(op)
	}
	r.Skip(uint64(n))
	return true
}

// nextApart is next wherever there is anything else to think of.
func (s *scanner) nextApart(op *Op) bool {
	r := s.r
	if s.hole != 0 && r.Offset() >= s.frameEnd {
		s.leaveFrame()
	}
	*op = Op{Offset: r.Offset(), Code: Code(r.Uint8())}
	info := &opcodes[op.Code]
	switch info.arg {
	case argNone:
		if info.name == "" {
			s.unknown(op)
		}
	case argUint1:
		op.Arg = int64(s.uint(op, 1))
	case argUint2:
		op.Arg = int64(s.uint(op, 2))
	case argInt4:
		op.Arg = int64(int32(s.uint(op, 4)))
	case argUint4:
		op.Arg = int64(s.uint(op, 4))
	case argFloat8:
		s.data(op, 8)
	case argData1:
		s.data(op, s.uint(op, 1))
	case argData4:
		s.data(op, s.uint(op, 4))
	case argSigned4:
		s.signed(op)
	case argData8:
		s.data(op, s.uint(op, 8))
	case argUint8:
		s.frame(op)
	default:
		s.text(op, info.arg)
	}
	return r.Err() == nil
}

// unknown is a byte that is no opcode, where every unpickler stops.
func (s *scanner) unknown(op *Op) {
	if s.r.Err() == nil {
		s.r.FailAt(op.Offset, hostile.Malformed, "%#02x is not an opcode", byte(op.Code))
	}
}

// need is told before n bytes are read at the cursor. It keeps the frame and
// notes, and in the reading that does so jumps over, a frame's lost tail.
func (s *scanner) need(op *Op, n int64) {
	if s.frameEnd == 0 {
		return
	}
	pos := s.r.Offset()
	if pos+n <= s.frameEnd {
		return
	}
	if pos < s.frameEnd {
		if s.torn == 0 {
			s.torn = op.Offset + 1
		}
		if s.dropTail {
			op.Torn = true
			s.r.MoveTo(s.frameEnd)
		}
	}
	if s.hole != 0 {
		op.Torn = true
	}
	s.leaveFrame()
}

// leaveFrame goes on behind the frame, and behind what its opcodes made the
// loader read from the file.
func (s *scanner) leaveFrame() {
	if s.hole != 0 && s.r.Offset() == s.frameEnd {
		s.r.Skip(uint64(s.hole))
	}
	s.frameEnd, s.hole = 0, 0
}

// uint reads an argument of n bytes, little endian.
func (s *scanner) uint(op *Op, n int) uint64 {
	s.need(op, int64(n))
	return s.r.UintLE(n)
}

// data takes the n bytes that follow as the op's payload.
func (s *scanner) data(op *Op, n uint64) {
	if n > math.MaxInt64 {
		s.r.FailAt(op.Offset, hostile.Malformed, "%s claims %d bytes", op.Code, n)
		return
	}
	if s.frameEnd != 0 {
		s.need(op, int64(min(n, 1<<60)))
	}
	op.Data, op.Size = s.r.Offset(), int64(n)
	if n <= small && opcodes[op.Code].text {
		if p := s.r.Peek(int(n)); !validUTF8(p) {
			s.r.FailAt(op.Offset, hostile.Malformed, "the argument of %s is not UTF-8", op.Code)
		}
	}
	s.r.Skip(n)
}

// signed reads a length that CPython takes for negative above 2 GiB, and then
// refuses.
func (s *scanner) signed(op *Op) {
	n := int32(s.uint(op, 4))
	if n < 0 {
		s.r.FailAt(op.Offset, hostile.Malformed, "%s claims %d bytes", op.Code, n)
		return
	}
	s.data(op, uint64(n))
}

// frame notes a frame. Frames that lie (one inside another, one longer than the
// file) are refused by one of CPython's unpicklers and taken by the other.
func (s *scanner) frame(op *Op) {
	n := s.uint(op, 8)
	if s.r.Err() != nil {
		return
	}
	if n > math.MaxInt64 {
		s.r.FailAt(op.Offset, hostile.Malformed, "FRAME claims %d bytes", n)
		return
	}
	op.Arg = int64(n)
	pos := s.r.Offset()
	if s.frameEnd > pos {
		if s.nested == 0 {
			s.nested = op.Offset + 1
		}
		if int64(n) <= s.frameEnd-pos {
			return // the C unpickler keeps what it has buffered
		}
		if s.torn == 0 { // and of less than it needs, nothing
			s.torn = op.Offset + 1
		}
		if s.dropTail {
			s.r.MoveTo(s.frameEnd)
			pos = s.frameEnd
		}
	}
	if int64(n) > s.r.End()-pos {
		if s.pastEnd == 0 {
			s.pastEnd = op.Offset + 1
		}
		s.frameEnd = 0
		return
	}
	s.frameEnd = pos + int64(n)
}

// text reads the arguments that are lines.
func (s *scanner) text(op *Op, kind argKind) {
	op.Data, op.Size = s.line(op)
	if kind == argNames {
		op.Name, op.NameSize = s.line(op)
	}
	if s.r.Err() == nil {
		s.checkLine(op, kind)
	}
}

// line skips one line and returns where its bytes lie, without the newline. At
// the end of the file the unpickler in Python takes the rest, but for its last
// byte, for a line: what it names is imported, and INST calls it.
func (s *scanner) line(op *Op) (at, n int64) {
	at, n, ended := s.skipLine(op)
	if kind := opcodes[op.Code].arg; !ended && kind != argNames && kind != argASCII {
		s.r.FailAt(at, hostile.Truncated, "a line is not ended within the %d bytes left", n)
	} else if !ended {
		n = max(0, n-1)
	}
	return at, n
}

// skipLine reads a line without keeping it. A line that crosses the end of a
// frame is where readers of files and of memory part.
func (s *scanner) skipLine(op *Op) (at, n int64, ended bool) {
	at = s.r.Offset()
	n, ended = s.r.SkipLine()
	if s.frameEnd == 0 || s.r.Err() != nil {
		return at, n, ended
	}
	end := s.r.Offset()
	s.r.MoveTo(at)
	if s.need(op, end-at); s.r.Offset() == at {
		s.r.MoveTo(end)
		return at, n, ended
	}
	at = s.r.Offset()
	n, ended = s.r.SkipLine()
	return at, n, ended
}

const (
	// small is the longest payload that is checked as it passes; what is longer
	// is looked at only when something depends on it.
	small = 4 << 10
	// longestName is the longest line of GLOBAL and INST that is read. A path of
	// attributes can be long; no honest one is.
	longestName = 64 << 10
)

// checkLine parses a line as far as an unpickler does before it goes on.
func (s *scanner) checkLine(op *Op, kind argKind) {
	if kind == argNames {
		s.names(op)
		return
	}
	if op.Size > small {
		op.Big = true // digits without end are a number all the same
		return
	}
	line := s.at(op.Data, op.Size)
	switch kind {
	case argInt, argLong:
		op.Arg, op.Big = s.integer(op, line)
	case argIndex:
		s.index(op, line)
	case argFloat:
		if _, ok := parseFloat(line); !ok {
			s.refuse(op, line, "is not a float")
		}
	case argString:
		s.quoted(op, line)
	case argText:
		if bytes.IndexByte(line, '\\') >= 0 {
			if _, ok := rawUnicode(line); !ok {
				s.refuse(op, line, "is cut inside an escape")
			}
		}
	case argASCII:
		if !isASCII(line) {
			s.refuse(op, line, "is not ASCII")
		}
	}
}

// at returns bytes that the scanner has passed, valid until the next call. If
// the machine fails to read them again, that is a fault.
func (s *scanner) at(off, n int64) []byte {
	if p := s.r.Seen(off, n); p != nil {
		return p
	}
	if int64(cap(s.buf)) < n {
		s.buf = make([]byte, max(n, small))
	}
	p := s.buf[:n]
	if _, err := s.r.ReadAt(p, off); err != nil {
		s.r.FailAt(off, hostile.Truncated, "%d bytes cannot be read again: %v", n, err)
	}
	return p
}

// refuse is the fault of a line that no unpickler takes.
func (s *scanner) refuse(op *Op, line []byte, why string) {
	s.r.FailAt(op.Offset, hostile.Malformed, "the argument of %s %s: %q", op.Code, why, line[:min(len(line), 40)])
}

// integer reads a decimal, or one with a prefix of its base; big says that it
// is more than 64 bits hold.
func (s *scanner) integer(op *Op, line []byte) (n int64, big bool) {
	v, ok := parseInt(line, op.Code == opLong)
	if !ok {
		s.refuse(op, line, "is not an integer")
		return 0, false
	}
	if !v.IsInt64() {
		return 0, true
	}
	return v.Int64(), false
}

// index reads a memo key.
func (s *scanner) index(op *Op, line []byte) {
	v, ok := parseIndex(line)
	switch {
	case !ok:
		s.refuse(op, line, "is not a memo key")
	case v.IsInt64():
		op.Arg = v.Int64()
	default:
		op.Big = true
	}
}

// quoted checks a line that Python's repr of a str would write.
func (s *scanner) quoted(op *Op, line []byte) {
	body, ok := unquote(line)
	if !ok {
		s.refuse(op, line, "is not quoted")
		return
	}
	if bytes.IndexByte(body, '\\') >= 0 {
		if _, ok := unescape(body); !ok {
			s.refuse(op, line, "has a bad escape")
		}
	}
}

// names checks the two lines of GLOBAL (UTF-8) and INST (ASCII).
func (s *scanner) names(op *Op) {
	for _, l := range [...]struct{ at, n int64 }{{op.Data, op.Size}, {op.Name, op.NameSize}} {
		if l.n > longestName {
			s.r.FailAt(op.Offset, hostile.Unsupported, "%s: a name of %d bytes", op.Code, l.n)
			return
		}
		line := s.at(l.at, l.n)
		switch {
		case op.Code == opInst && !isASCII(line):
			s.refuse(op, line, "is not ASCII")
		case !validUTF8(line):
			s.refuse(op, line, "is not UTF-8")
		}
	}
}
