package carve

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// Places where a pickle may begin that does something: at a PROTO, or, since
// that may be left out, where something is imported by its name.

// Opcodes (pickletools).
const (
	proto           = 0x80
	global          = 'c'
	inst            = 'i'
	mark            = '('
	binUnicode      = 'X'
	shortBinUnicode = 0x8c
	stackGlobal     = 0x93
	memoize         = 0x94

	maxProtocol = pickle.MaxProtocol
	// maxName is the longest part of a dotted name that is followed backwards.
	maxName = 256
)

// tryPickle asks about a pickle at p[i].
func (s *search) tryPickle(i int) bool {
	at := s.at + int64(i)
	if s.pickle == nil || at < s.next || !s.spend() {
		return false
	}
	end, ok := s.pickle(at)
	if ok {
		s.add(File{Kind: Pickle, Offset: at, Size: end - at})
	}
	return ok
}

// protocol looks at a PROTO at p[i].
func (s *search) protocol(p []byte, i int) {
	if i+2 < len(p) && p[i+2] != '.' && pickle.Code(p[i+2]).Known() {
		s.tryPickle(i)
	}
}

// textImport looks for a GLOBAL or an INST whose first line ends at p[i].
func (s *search) textImport(p []byte, i int) {
	for found := range TextImports(p, i) {
		if s.tryPickle(found.At) {
			return
		}
	}
}

// stackImport looks for two strings in front of a STACK_GLOBAL at p[i].
func (s *search) stackImport(p []byte, i int) {
	if found, ok := StackImport(p, i); ok {
		s.tryPickle(found.At)
	}
}

// An Import is what may be the import of a name by a pickle.
type Import struct {
	At           int // where the pickle may begin
	Module, Name []byte
}

// TextImports yields what GLOBAL and INST would import the first line of which
// ends at p[i]: the opcode's letter may be any that the line has, the last one
// first, and the arguments of an INST may begin at any of a few places.
func TextImports(p []byte, i int) iter.Seq[Import] {
	return func(yield func(Import) bool) {
		end := i + 1
		for end < len(p) && end-i <= maxName && nameByte(p[end]) {
			end++
		}
		if end >= len(p) || end == i+1 || p[end] != '\n' {
			return
		}
		for k := i - 2; k >= 0 && i-k <= maxName && nameByte(p[k+1]); k-- {
			found := Import{At: k, Module: p[k+1 : i], Name: p[i+1 : end]}
			if p[k] == global && !yield(found) || p[k] == inst && !marked(p, found, yield) {
				return
			}
		}
	}
}

// marked yields an import with the nearest places before the INST where its
// arguments may begin. It returns whether to go on.
func marked(p []byte, found Import, yield func(Import) bool) bool {
	const nearest = 4
	k, tried := found.At, 0
	for i := k - 1; i >= 0 && k-i < maxName && tried < nearest; i-- {
		if p[i] == mark {
			if found.At = i; !yield(found) {
				return false
			}
			tried++
		}
	}
	return true
}

// StackImport returns what a STACK_GLOBAL at p[i] would import by two strings in
// front of it.
func StackImport(p []byte, i int) (Import, bool) {
	at, name, ok := stringBefore(p, i)
	if !ok {
		return Import{}, false
	}
	at, module, ok := stringBefore(p, at)
	return Import{At: at, Module: module, Name: name}, ok
}

// stringBefore returns where the string opcode begins that ends at end, or before
// a MEMOIZE or a BINPUT there, and its text.
func stringBefore(p []byte, end int) (at int, text []byte, ok bool) {
	const binPut = 'q'
	if at, text, ok = stringAt(p, end); ok {
		return at, text, true
	}
	if end > 0 && p[end-1] == memoize {
		return stringAt(p, end-1)
	}
	if end > 1 && p[end-2] == binPut {
		return stringAt(p, end-2)
	}
	return 0, nil, false
}

// stringAt returns where the SHORT_BINUNICODE or BINUNICODE begins whose text
// ends at end, and the text.
func stringAt(p []byte, end int) (at int, text []byte, ok bool) {
	for n := 1; n < maxName && n <= end && nameByte(p[end-n]); n++ {
		i := end - n
		if i >= 2 && p[i-2] == shortBinUnicode && int(p[i-1]) == n {
			return i - 2, p[i:end], true
		}
		if i >= 5 && p[i-5] == binUnicode && p[i-4] == byte(n) && p[i-3] == 0 && p[i-2] == 0 && p[i-1] == 0 {
			return i - 5, p[i:end], true
		}
	}
	return 0, nil, false
}

// nameByte reports whether c may be of a dotted name in Python.
func nameByte(c byte) bool {
	return c == '_' || c == '.' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
