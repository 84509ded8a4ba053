package protobuf

// MayStart reports whether a message may start with these bytes: whether what
// stands in front of its first field of bytes, the only kind that holds messages, can
// be read as far as it is here. Fields may have any number, since parsers skip those
// that they do not know.
func MayStart(first []byte) bool {
	s := start{rest: first}
	for groups := 0; groups >= 0; {
		t := s.tag()
		if s.cut || s.broken {
			return s.cut
		}
		switch t.Wire() {
		case Varint:
			s.varint()
		case Fixed64:
			s.skip(8)
		case Fixed32:
			s.skip(4)
		case Bytes:
			if groups == 0 {
				return true
			}
			s.skip(s.varint())
		case Start:
			groups++
		case End:
			groups--
		default:
			return false
		}
	}
	return false
}

// A start is what is left of the start of a message: nothing, once it turns out that
// what follows is not here, or that it is none.
type start struct {
	rest        []byte
	cut, broken bool
}

// tag reads the tag of a field.
func (s *start) tag() Tag {
	before := len(s.rest)
	v := s.varint()
	s.broken = s.broken || before-len(s.rest) > maxTag || v>>3 == 0 || v>>3 > maxNumber
	return Tag(v)
}

// varint reads an integer.
func (s *start) varint() (v uint64) {
	for i, c := range s.rest[:min(len(s.rest), maxVarint)] {
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			s.rest = s.rest[i+1:]
			return v
		}
	}
	s.broken = s.broken || len(s.rest) >= maxVarint
	s.cut = s.cut || !s.broken
	return 0
}

// skip leaves n bytes out.
func (s *start) skip(n uint64) {
	s.cut = s.cut || n > uint64(len(s.rest))
	s.rest = s.rest[min(n, uint64(len(s.rest))):]
}
