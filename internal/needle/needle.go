// Package needle finds many short texts at once in large ones, at several
// gigabytes a second where they are rare: the prefilter of what looks at texts.
package needle

import "strings"

// shortest is the least size of a needle. Every needle has two pairs of bytes,
// one behind the other, so that one of them starts at an even place wherever the
// needle stands: only every second place is looked at.
const shortest = 3

// A Set is a set of needles. It is not changed once it is made.
type Set struct {
	needles []string
	// rows holds, for each pair of bytes, one more than the index into anchors of
	// the needles that are known by it; 0 where there are none.
	rows    [1 << 16]uint8
	anchors [][]anchor
}

// An anchor is a pair of bytes of a needle, so many bytes behind its start.
type anchor struct{ needle, offset int }

// New makes a set of no more than 127 needles of at least three bytes; what is
// shorter is never found.
func New(needles []string) *Set {
	s := &Set{needles: needles}
	for i, n := range needles {
		if len(n) >= shortest {
			at := rarest(n)
			s.add(n, i, at)
			s.add(n, i, at+1)
		}
	}
	return s
}

func (s *Set) add(needle string, i, offset int) {
	row := &s.rows[pair(needle, offset)]
	if *row == 0 {
		s.anchors = append(s.anchors, nil)
		*row = uint8(len(s.anchors))
	}
	s.anchors[*row-1] = append(s.anchors[*row-1], anchor{needle: i, offset: offset})
}

// rarest returns where the two pairs of a needle begin that texts have least.
func rarest(needle string) int {
	best, least := 0, 1<<30
	for i := range len(needle) - 2 {
		a, b, c := common(needle[i]), common(needle[i+1]), common(needle[i+2])
		if cost := a*b + b*c; cost < least {
			best, least = i, cost
		}
	}
	return best
}

// common is about how often texts of models (prose, vocabularies, JSON) have a
// byte.
func common(c byte) int {
	switch {
	case strings.IndexByte(" etaoinsr", c) >= 0:
		return 12
	case c >= 'a' && c <= 'z':
		return 6
	case strings.IndexByte(`",:-/.`, c) >= 0, c >= '0' && c <= '9':
		return 5
	case c >= 'A' && c <= 'Z':
		return 2
	}
	return 1
}

func pair(text string, at int) uint16 { return uint16(text[at]) | uint16(text[at+1])<<8 }

// All calls found with the start and the index of every needle in the text, in
// the order of their places, about: what overlaps may change places.
func (s *Set) All(text string, found func(at, needle int)) {
	i := 0
	for ; i+8 <= len(text); i += 8 {
		p := text[i : i+8]
		a := s.rows[uint16(p[0])|uint16(p[1])<<8] | s.rows[uint16(p[2])|uint16(p[3])<<8]
		b := s.rows[uint16(p[4])|uint16(p[5])<<8] | s.rows[uint16(p[6])|uint16(p[7])<<8]
		if a|b != 0 {
			for j := i; j < i+8; j += 2 {
				s.at(text, j, found)
			}
		}
	}
	for ; i+2 <= len(text); i += 2 {
		s.at(text, i, found)
	}
}

// at looks at the needles that have the pair which stands at a place.
func (s *Set) at(text string, place int, found func(at, needle int)) {
	if row := s.rows[pair(text, place)]; row != 0 {
		for _, a := range s.anchors[row-1] {
			if start := place - a.offset; start >= 0 && strings.HasPrefix(text[start:], s.needles[a.needle]) {
				found(start, a.needle)
			}
		}
	}
}
