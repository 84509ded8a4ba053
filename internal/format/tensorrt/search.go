package tensorrt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	window = 32 << 10
	// overlap is how much of a window is read again with the next one: longer
	// than any signature or name.
	overlap = 256
	// maxName bounds the names of plugins, in bytes.
	maxName = 128
	// maxFound is how many programs, and how many names, are told.
	maxFound = 100
)

// A Program is native code inside an engine.
type Program struct {
	executable.Program
	Offset int64
}

// deviceELF is e_machine of the code that runs on the GPU, which every engine is
// made of (EM_CUDA).
const deviceELF = 190

// Search goes through the window of r and returns the programs for the host's
// processor in it, and the names of plugins that it mentions.
func Search(r *hostile.Reader) (programs []Program, plugins []Name, err error) {
	s := searcher{seen: make(map[string]bool)}
	for r.Left() > 0 && r.Step() {
		at := r.Offset()
		text := bytes.Clone(r.Peek(window))
		last := int64(len(text)) >= r.Left()
		stop := len(text) - overlap
		if last {
			stop = len(text)
		}
		s.programs(r, text, at, stop)
		s.plugins(r, text, at)
		if last {
			r.Skip(uint64(len(text)))
		} else {
			r.Skip(uint64(stop))
		}
	}
	slices.SortFunc(s.found, func(a, b Program) int { return cmp.Compare(a.Offset, b.Offset) })
	slices.SortFunc(s.names, func(a, b Name) int { return cmp.Compare(a.Offset, b.Offset) })
	return s.found, s.names, r.Err()
}

type searcher struct {
	found []Program
	names []Name
	seen  map[string]bool
}

// A Name is a name with its place.
type Name struct {
	Text   string
	Offset int64
}

// programs looks at every place in text before stop where a program may begin.
func (s *searcher) programs(r *hostile.Reader, text []byte, at int64, stop int) {
	for _, magic := range []string{"\x7fELF", "MZ"} {
		for i := 0; ; i++ {
			next := bytes.Index(text[i:], []byte(magic))
			if i += next; next < 0 || i >= stop || len(s.found) >= maxFound || !r.Step() {
				break
			}
			if !plausible(r, text[i:], at+int64(i)) {
				continue
			}
			w := r.At(uint64(at+int64(i)), uint64(r.End()-at-int64(i)))
			if p, ok := executable.Decode(w); ok && !device(text[i:]) {
				s.found = append(s.found, Program{Program: p, Offset: at + int64(i)})
			}
		}
	}
}

// plausible rules out the signatures that chance makes, which are many of the two
// bytes of Windows: there the header at byte 0x3c must lead to another signature.
func plausible(r *hostile.Reader, text []byte, at int64) bool {
	if text[0] != 'M' {
		return true
	}
	if len(text) < 0x40 {
		return false
	}
	header := at + int64(binary.LittleEndian.Uint32(text[0x3c:]))
	return header < r.End()-4 && string(r.At(uint64(header), 4).Peek(4)) == "PE\x00\x00"
}

// device reports whether an ELF file is code for the GPU.
func device(elf []byte) bool {
	return len(elf) > 20 && elf[0] == 0x7f && elf[5] == 1 && binary.LittleEndian.Uint16(elf[18:]) == deviceELF
}

// endings are how the names of plugins end by convention.
var endings = []string{"_TRT", "Plugin", "PluginDynamic", "PluginCreator"}

// plugins looks for words that are names of plugins.
func (s *searcher) plugins(r *hostile.Reader, text []byte, at int64) {
	for _, sign := range []string{"_TRT", "Plugin"} {
		for i := 0; len(s.names) < maxFound; {
			next := bytes.Index(text[i:], []byte(sign))
			if next < 0 {
				break
			}
			start, end := word(text, i+next)
			i = end // one word may hold the sign a thousand times
			if start == 0 && at > r.Start() || end == len(text) && at+int64(end) < r.End() {
				continue // cut; another window has the whole of it
			}
			name := string(text[start:end])
			if end-start > maxName || !ends(name) || s.seen[name] {
				continue
			}
			s.seen[name] = true
			s.names = append(s.names, Name{Text: name, Offset: at + int64(start)})
		}
	}
}

// ends reports whether a name ends so, behind something else.
func ends(name string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return len(name) > len(e) && strings.HasSuffix(name, e) })
}

// word returns the bounds of the identifier around a place.
func word(text []byte, i int) (start, end int) {
	start, end = i, i
	for start > 0 && identifier(text[start-1]) {
		start--
	}
	for end < len(text) && identifier(text[end]) {
		end++
	}
	return start, end
}

func identifier(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
