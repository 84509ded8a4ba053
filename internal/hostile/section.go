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

// Stage is Section for a part that will be read in any order. A part of unpacked
// content that is not held is read once, forwards, and held as Unpack holds
// content: readers that look at both ends of every member before they read it
// would otherwise unpack everything in front of it again each time.
func Stage(src io.ReaderAt, offset, n int64, budget *Budget) (io.ReaderAt, error) {
	section := Section(src, offset, n)
	s, ok := section.(*io.SectionReader)
	if !ok {
		return section, nil
	}
	outer, base, size := s.Outer()
	c, ok := outer.(*Content)
	if !ok || base+size <= int64(len(c.head)) || base >= c.Size-int64(len(c.tail)) {
		return section, nil
	}
	staged := &Content{budget: budget, free: true, open: func() (io.Reader, error) {
		return &input{src: io.NewSectionReader(c, base, size)}, nil
	}}
	stream, _ := staged.open()
	err := staged.drain(stream)
	staged.prepare()
	if staged.Size < size {
		return section, asFault(err, staged.Size)
	}
	return staged.Reader(), nil
}
