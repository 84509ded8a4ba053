package hdf5

import (
	"cmp"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// filterLZF is h5py's own fast compression, by its number in the registry of
// filters (https://portal.hdfgroup.org/documentation/hdf5-docs/registered_filter_plugins.html).
const filterLZF = 32000

// An lzfStep is one instruction of an LZF stream: literal bytes, or a copy of
// what came out before.
type lzfStep struct {
	literal    []byte
	back, size int // of a copy: how far back it starts, and its bytes
}

// lzfNext reads the instruction that p starts with and returns what follows it; ok
// is false where p ends within it.
func lzfNext(p []byte) (s lzfStep, rest []byte, ok bool) {
	control, p := int(p[0]), p[1:]
	const literals = 32 // controls below are a run of as many bytes and one more
	if control < literals {
		n := control + 1
		if n > len(p) {
			return s, nil, false
		}
		return lzfStep{literal: p[:n]}, p[n:], true
	}
	s.size = control>>5 + 2
	if control>>5 == 7 { // the length goes on in a byte
		if len(p) == 0 {
			return s, nil, false
		}
		s.size += int(p[0])
		p = p[1:]
	}
	if len(p) == 0 {
		return s, nil, false
	}
	s.back = control&0x1F<<8 + int(p[0]) + 1
	return s, p[1:], true
}

// lzfSize returns how many bytes a stream unpacks to.
func lzfSize(p []byte) (n int, ok bool) {
	for len(p) > 0 {
		s, rest, whole := lzfNext(p)
		if !whole || s.back > n {
			return n, false
		}
		n += len(s.literal) + s.size
		p = rest
	}
	return n, true
}

// lzf undoes the compression of a chunk.
func (f *File) lzf(r *hostile.Reader) (*hostile.Reader, error) {
	at := r.Offset()
	p := r.Bytes(uint64(r.Left()))
	size, ok := lzfSize(p)
	if r.Err() != nil {
		return nil, r.Err()
	}
	if !ok {
		return nil, r.FailAt(at, hostile.Malformed, "a chunk that is no LZF stream from byte %d of its content on", size)
	}
	budget := f.r.Budget()
	if err := cmp.Or(budget.Hold(uint64(size)), budget.Inflate(int64(size))); err != nil {
		return nil, r.FailAt(at, hostile.OverBudget, "a chunk of %d bytes: %v", size, err)
	}
	out := make([]byte, 0, size)
	for len(p) > 0 {
		var s lzfStep
		s, p, _ = lzfNext(p)
		out = append(out, s.literal...)
		for range s.size { // what is copied may overlap what it becomes
			out = append(out, out[len(out)-s.back])
		}
	}
	return f.memory(out), nil
}
