package hostile

import "io"

// Section returns n bytes of src from an offset, without copying: a slice of
// content that is in memory, a window of anything else. Sections of sections do
// not pile up. The caller has checked the range; what lies outside of src reads
// as its end.
func Section(src io.ReaderAt, offset, n int64) io.ReaderAt {
	switch s := src.(type) {
	case Bytes:
		start := min(max(offset, 0), int64(len(s)))
		return s[start:min(start+max(n, 0), int64(len(s)))]
	case *io.SectionReader:
		outer, base, size := s.Outer()
		start := min(max(offset, 0), size)
		return io.NewSectionReader(outer, base+start, min(max(n, 0), size-start))
	default:
		return io.NewSectionReader(src, offset, n)
	}
}
