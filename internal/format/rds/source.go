package rds

import (
	"encoding/binary"
	"strconv"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A source reads the elements of a stream in one of its three forms.
type source struct {
	r     *hostile.Reader
	ascii bool
	order binary.ByteOrder
}

// open reads the letter that names the form of a stream, and the byte behind it.
func open(r *hostile.Reader) *source {
	s := &source{r: r, order: binary.BigEndian}
	form, end := r.Uint8(), r.Uint8()
	if form == '\n' && end == 'A' {
		form = 'A'
		r.Uint8()
	}
	switch form {
	case 'X':
	case 'A':
		s.ascii = true
	case 'B': // the order of the machine that wrote; versions are small numbers
		if p := r.Peek(1); len(p) > 0 && p[0] != 0 {
			s.order = binary.LittleEndian
		}
	default:
		r.Fail(hostile.Unsupported, "form %q of R's serialisation", form)
	}
	return s
}

// na is how R stores a missing integer.
const na = -1 << 31

// int reads an integer.
func (s *source) int() int {
	if !s.ascii {
		return int(int32(s.r.Uint32(s.order)))
	}
	word := s.word()
	if word == "NA" {
		return na
	}
	n, ok := leading(word)
	if !ok {
		s.r.Fail(hostile.Malformed, "not an integer")
	}
	return n
}

// leading returns the integer that a word starts with: R asks for no more.
func leading(word string) (n int, ok bool) {
	end := 0
	for end < len(word) && (word[end] >= '0' && word[end] <= '9' || end == 0 && (word[0] == '+' || word[0] == '-')) {
		end++
	}
	v, err := strconv.ParseInt(word[:end], 10, 32)
	return int(v), err == nil
}

// length reads the length of a vector: an integer, or two behind -1.
func (s *source) length() uint64 {
	n := s.int()
	if n == -1 {
		high, low := uint32(s.int()), uint32(s.int())
		return uint64(high)<<32 | uint64(low)
	}
	if n < 0 {
		s.r.Fail(hostile.Malformed, "a vector of %d elements", n)
		return 0
	}
	return uint64(n)
}

// count is a safe bound for a loop over n items.
func (s *source) count(n uint64) int {
	if s.ascii {
		return s.r.Count(n, 2)
	}
	return s.r.Count(n, 4)
}

// skip passes over n elements of a vector, each of size bytes; in ASCII each is a
// word, and a complex number two.
func (s *source) skip(n uint64, size int) {
	if !s.ascii {
		if s.r.Count(n, int64(size)); s.r.Err() == nil {
			s.r.Skip(n * uint64(size))
		}
		return
	}
	words := 1 + size/16
	for range s.r.Count(n, 2) {
		for range words {
			s.word()
		}
		if !s.r.Step() {
			return
		}
	}
}

// word reads a word of the ASCII form, a number.
func (s *source) word() string {
	const longest = 128
	return s.r.Word(longest)
}

// kept is how much of a text is kept, in bytes: names are shorter, and of
// arguments the start will do.
const kept = 4 << 10

// text reads a string of n bytes, and returns its start. A missing string has a
// length of -1.
func (s *source) text(n int) string {
	switch {
	case n == -1:
		return ""
	case n < 0:
		s.r.Fail(hostile.Malformed, "a string of %d bytes", n)
		return ""
	case s.ascii:
		defer s.r.Budget().Release(s.r.Budget().Held())
		return string(s.escaped(n, kept))
	}
	out := string(s.r.Peek(min(n, kept)))
	s.r.Skip(uint64(n))
	return out
}

// escapes are those of the ASCII form.
var escapes = map[byte]byte{'n': '\n', 't': '\t', 'v': '\v', 'b': '\b', 'r': '\r', 'f': '\f', 'a': '\a'}

// escaped reads a string of n bytes in the ASCII form, and returns the first of
// them, up to most.
func (s *source) escaped(n, most int) []byte {
	s.r.Blanks()
	return s.unpack(n, 1, most, func() byte {
		if c := s.r.Uint8(); c != '\\' {
			return c
		}
		return s.escape()
	})
}

// hex reads n bytes in the ASCII form of raw vectors, of two digits each.
func (s *source) hex(n int) []byte {
	return s.unpack(n, 2, n, func() byte {
		v, err := strconv.ParseUint(s.word(), 16, 8)
		if err != nil {
			s.r.Fail(hostile.Malformed, "no byte where one is due")
		}
		return byte(v)
	})
}

// unpack reads n bytes that are written in least bytes or more each, and returns
// the first of them, up to most. The memory for them is charged.
func (s *source) unpack(n int, least int64, most int, next func() byte) []byte {
	n = s.r.Count(uint64(n), least)
	most = min(n, most)
	if s.r.Hold(uint64(most)) != nil {
		return nil
	}
	out := make([]byte, 0, most)
	for range n {
		if c := next(); len(out) < most {
			out = append(out, c)
		}
		if !s.r.Step() {
			return nil
		}
	}
	return out
}

// escape reads what follows a backslash.
func (s *source) escape() byte {
	c := s.r.Uint8()
	if v, ok := escapes[c]; ok {
		return v
	}
	if c < '0' || c > '7' {
		return c
	}
	n := int(c - '0')
	for range 2 {
		p := s.r.Peek(1)
		if len(p) == 0 || p[0] < '0' || p[0] > '7' {
			break
		}
		n = n<<3 | int(p[0]-'0')
		s.r.Skip(1)
	}
	return byte(n)
}
