package pickle

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/carve"
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
		if err != nil && !errors.Is(err, io.EOF) {
			s.faults = append(s.faults, err)
			return
		}
		if s.p.Budget.Steps(int64(n/64)) != nil {
			return
		}
		for _, i := range candidates(buf[:n], s.p.Budget) {
			if off+int64(i) < next {
				continue
			}
			if tried++; tried > maxCandidates {
				s.faults = append(s.faults, hostile.Faultf(hostile.Unsupported, off+int64(i), "more than %d places at which pickles may begin", maxCandidates))
				return
			}
			if end := s.try(off + int64(i)); end > next {
				next = end
			}
		}
	}
}

// try follows what may be a pickle and returns where to go on: behind it, if it
// is a dangerous one.
func (s *session) try(at int64) int64 {
	o := s.follow(at, pickle.Reading{Arrays: true})
	o.machine.Release()
	if !o.convicts() {
		return at + 1
	}
	s.recognised = true
	s.report.mergeDangerous(o.report)
	return max(o.end, at+1)
}

// candidates returns the offsets at which a dangerous pickle may begin: behind a
// PROTO, or where a dangerous name is imported. Looking names up is charged to
// the budget.
func candidates(p []byte, budget *hostile.Budget) []int {
	var out []int
	for i := range indices(p, 0x80) {
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
	for i := range indices(p, '\n') {
		for found := range carve.TextImports(p, i) {
			if dangerousName(found, budget) {
				out = append(out, found.At)
			}
		}
	}
	return out
}

// stackImports finds a STACK_GLOBAL behind two strings that are a dangerous name.
func stackImports(p []byte, budget *hostile.Budget) []int {
	const stackGlobal = 0x93
	var out []int
	for i := range indices(p, stackGlobal) {
		if found, ok := carve.StackImport(p, i); ok && dangerousName(found, budget) {
			out = append(out, found.At)
		}
	}
	return out
}

// indices yields the places of a byte.
func indices(p []byte, c byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; ; i++ {
			n := bytes.IndexByte(p[i:], c)
			if i += n; n < 0 || !yield(i) {
				return
			}
		}
	}
}

// dangerousName reports whether a name is one that no honest pickle calls.
func dangerousName(found carve.Import, budget *hostile.Budget) bool {
	module, name := string(found.Module), string(found.Name)
	const lookUp = 256 // steps that looking a name up is worth
	if !identifier(module) || !identifier(name) || budget.Steps(lookUp) != nil {
		return false
	}
	m, n := globals.Resolve(globals.Py2(module, name))
	return n != "" && globals.Lookup(m, n).Class == globals.Dangerous
}
