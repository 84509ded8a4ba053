package pickle

import (
	"bytes"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Behind damage, behind the end of a pickle and behind bytes that are none,
// further pickles are looked for. Only what is dangerous in them counts: in any
// bytes there are pickles that say nothing.

const (
	carveChunk   = 1 << 20
	carveOverlap = 1 << 10
	// maxCandidates is how many places of one file are tried.
	maxCandidates = 1 << 16
)

// carve looks for dangerous pickles from at on.
func (s *session) carve(at int64) {
	// Chunks overlap by more than an import takes, so that none is cut in two
	// unseen.
	buf := make([]byte, max(0, min(carveChunk, s.p.File.Size-at)))
	tried := 0
	next := at // nothing before it is tried any more
	for off := at; off < s.p.File.Size; off += carveChunk - carveOverlap {
		n, err := s.p.File.Content.ReadAt(buf[:min(int64(len(buf)), s.p.File.Size-off)], off)
		if n == 0 && err != nil || s.p.Budget.Steps(int64(n/64)) != nil {
			return
		}
		for _, i := range candidates(buf[:n], s.p.Budget) {
			if off+int64(i) < next {
				continue
			}
			if tried++; tried > maxCandidates {
				return
			}
			if end := s.try(off + int64(i)); end > next {
				next = end
			}
		}
	}
}

// try follows what may be a pickle and returns where to go on: behind it, if it
// is a dangerous one. In one that does not end, a name that is neither called nor
// dangerous by being imported is two lines of a text.
func (s *session) try(at int64) int64 {
	o := s.follow(at, pickle.Reading{Arrays: true})
	if !o.report.dangerous() || o.named == 0 || o.err != nil && !o.report.runs() {
		return at + 1
	}
	s.recognised = true
	s.report.mergeDangerous(o.report)
	return max(o.end, at+1)
}

// candidates returns the offsets at which a dangerous pickle may begin: behind a
// PROTO, or where a dangerous name is imported.
// Looking names up is charged to the budget.
func candidates(p []byte, budget *hostile.Budget) []int {
	var out []int
	for i := 0; i+2 < len(p); i++ {
		j := bytes.IndexByte(p[i:], 0x80)
		if j < 0 {
			break
		}
		i += j
		if i+2 < len(p) && p[i+1] <= pickle.MaxProtocol && pickle.Code(p[i+2]).Known() && p[i+2] != '.' {
			out = append(out, i)
		}
	}
	out = append(out, textImports(p, budget)...)
	out = append(out, stackImports(p, budget)...)
	slices.Sort(out)
	return slices.Compact(out)
}

// textImports finds GLOBAL and INST of dangerous names.
func textImports(p []byte, budget *hostile.Budget) []int {
	var out []int
	for i := 0; i < len(p); {
		j := bytes.IndexByte(p[i:], '\n')
		if j < 0 {
			break
		}
		i += j
		start := i
		for start > 0 && i-start < 256 && nameByte(p[start-1]) {
			start--
		}
		end := i + 1
		for end < len(p) && end-i < 256 && nameByte(p[end]) {
			end++
		}
		if end < len(p) && p[end] == '\n' && end > i+1 {
			out = append(out, importAt(p, start, i, p[i+1:end], budget)...)
		}
		i++
	}
	return out
}

// importAt returns where a pickle may begin that imports the name from one of
// the modules that the line from start to end ends with: the opcode's letter is
// one of the line's.
func importAt(p []byte, start, end int, name []byte, budget *hostile.Budget) []int {
	for k := start; k < end-1; k++ {
		if c := p[k]; (c == 'c' || c == 'i') && dangerousName(string(p[k+1:end]), string(name), budget) {
			if c == 'c' {
				return []int{k}
			}
			return marksBefore(p, k)
		}
	}
	return nil
}

// marksBefore returns the nearest places before an INST where its arguments may
// begin.
func marksBefore(p []byte, k int) []int {
	var out []int
	for i := k - 1; i >= 0 && k-i < 256 && len(out) < 4; i-- {
		if p[i] == '(' {
			out = append(out, i)
		}
	}
	return out
}

// nameByte reports whether a byte may stand in a dotted name. Dangerous names
// have no letters outside of ASCII.
func nameByte(c byte) bool {
	return c == '_' || c == '.' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// stackImports finds a STACK_GLOBAL behind two short strings that are a
// dangerous name.
func stackImports(p []byte, budget *hostile.Budget) []int {
	const stackGlobal, memoize = 0x93, 0x94
	var out []int
	for i := 0; i < len(p); i++ {
		j := bytes.IndexByte(p[i:], stackGlobal)
		if j < 0 {
			break
		}
		i += j
		name, at, ok := shortStringBefore(p, i, memoize)
		if !ok {
			continue
		}
		module, at, ok := shortStringBefore(p, at, memoize)
		if ok && dangerousName(module, name, budget) {
			out = append(out, at)
		}
	}
	return out
}

// shortStringBefore returns the SHORT_BINUNICODE that ends at end, or before a
// MEMOIZE there.
func shortStringBefore(p []byte, end int, memoize byte) (s string, at int, ok bool) {
	const shortBinUnicode = 0x8c
	// Picklers of protocol 4 memoize every string.
	if end > 0 && p[end-1] == memoize {
		end--
	}
	for n := 0; n < 256; n++ {
		i := end - n - 2
		if i < 0 || n > 0 && !nameByte(p[end-n]) {
			return "", 0, false
		}
		if p[i] == shortBinUnicode && int(p[i+1]) == n {
			return string(p[i+2 : end]), i, n > 0
		}
	}
	return "", 0, false
}

// dangerousName reports whether a name is one that no honest pickle calls.
func dangerousName(module, name string, budget *hostile.Budget) bool {
	const lookUp = 256 // steps that looking a name up is worth
	if !identifier(module) || !identifier(name) || budget.Steps(lookUp) != nil {
		return false
	}
	m, n := globals.Resolve(globals.Py2(module, name))
	return n != "" && globals.Lookup(m, n).Class == globals.Dangerous
}
