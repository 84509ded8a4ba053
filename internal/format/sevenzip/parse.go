package sevenzip

import (
	"io"
	"math/bits"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A parser reads a header. Every count in it is checked against the bytes that
// follow before anything is allocated for it.
type parser struct {
	archive *Archive
	src     io.ReaderAt
	data    *hostile.Reader // of the file
	base    int64           // offset that packed streams are relative to
}

// header reads a header, unpacking it first if it is packed, up to depth times.
func (p *parser) header(r *hostile.Reader, depth int) error {
	switch id := r.Uint8(); {
	case r.Err() != nil:
		return r.Err()
	case id == idHeader:
		return p.plainHeader(r)
	// Each level may be large again where the one before was small.
	case id == idEncodedHeader && depth > 0:
		return p.encodedHeader(r, depth)
	default:
		return r.Fail(hostile.Malformed, "%#x starts no header", id)
	}
}

// encodedHeader unpacks the header and reads it.
func (p *parser) encodedHeader(r *hostile.Reader, depth int) error {
	s, err := p.streams(r)
	if err != nil {
		return err
	}
	// The library takes the first folder and ignores others; nobody writes
	// them.
	if len(s.folders) != 1 {
		return r.Fail(hostile.Malformed, "a packed header of %d folders", len(s.folders))
	}
	f := &s.folders[0]
	if f.Encrypted {
		p.archive.Encrypted = true
		return nil
	}
	c, err := hostile.Unpack(r.Budget(), func() (io.Reader, error) { return f.Open(p.src, p.data.End(), r.Budget()) })
	if err != nil {
		return err
	}
	return p.header(hostile.NewReader(c.Reader(), c.Size, r.Budget()), depth-1)
}

// plainHeader reads a header that is not packed itself.
func (p *parser) plainHeader(r *hostile.Reader) error {
	var s streams
	for last := uint8(0); r.Step(); {
		var err error
		switch id := ordered(r, &last); id {
		case idEnd:
			return r.Err()
		case idArchiveProperties:
			for r.Step() && r.Uint8() != idEnd {
				r.Skip(number(r))
			}
		case idAdditionalStreams:
			// Of additional streams nothing is used but their length: no writer
			// has them.
			_, err = p.streams(r)
		case idMainStreams:
			s, err = p.streams(r)
			p.archive.Folders = s.folders
		case idFiles:
			err = p.files(r, &s)
		default:
			err = r.Fail(hostile.Malformed, "%#x in a header", id)
		}
		if err != nil {
			return err
		}
	}
	return r.Err()
}

// ordered reads the identifier of a part, which stands behind those of lower
// numbers and stands once, as 7-Zip reads it (7zIn.cpp): what a second one says
// would change what the first was read for.
func ordered(r *hostile.Reader, last *uint8) uint8 {
	id := r.Uint8()
	if id != idEnd && id <= *last {
		r.Fail(hostile.Malformed, "part %#x behind part %#x", id, *last)
		return idEnd
	}
	*last = id
	return id
}

// number reads a number of one to nine bytes: the ones that lead the first byte
// count the bytes that follow.
func number(r *hostile.Reader) uint64 {
	first := r.Uint8()
	n := bits.LeadingZeros8(^first)
	if n == 0 {
		return uint64(first)
	}
	low := r.UintLE(n)
	if n >= 7 {
		return low
	}
	return low | uint64(first&(1<<(7-n)-1))<<(8*n)
}

// count reads how many records of at least size bytes follow.
func count(r *hostile.Reader, size int64) int { return r.Count(number(r), size) }

// bitSet reads n bits, highest first.
func bitSet(r *hostile.Reader, n int) []bool {
	// Eight flags take a byte that must be there: n is bounded by the file
	// before it is allocated.
	if r.Count(uint64(n+7)/8, 1) == 0 && n > 0 {
		return nil
	}
	if r.Budget().Hold(uint64(n)) != nil {
		r.Fail(hostile.OverBudget, "%d flags", n)
		return nil
	}
	out := make([]bool, n)
	var b uint8
	for i := range out {
		if i%8 == 0 {
			b = r.Uint8()
		}
		out[i] = b&(0x80>>(i%8)) != 0
	}
	return out
}

// optionalBits is bitSet after a byte that says whether all bits are set.
func optionalBits(r *hostile.Reader, n int) []bool {
	if r.Uint8() == 0 {
		return bitSet(r, n)
	}
	if r.Err() != nil || r.Budget().Hold(uint64(n)) != nil {
		r.Fail(hostile.OverBudget, "%d flags", n)
		return nil
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// digests reads the checksums of n streams.
func digests(r *hostile.Reader, n int) []digest {
	defined := optionalBits(r, n)
	out := make([]digest, len(defined))
	for i, yes := range defined {
		if yes {
			out[i] = digest{sum: uint32(r.UintLE(4)), set: true}
		}
	}
	return out
}

// A digest is a CRC-32, if there is one.
type digest struct {
	sum uint32
	set bool
}

// fileSize is what a file costs the memory budget, without its name.
const fileSize = 96

// files reads the names and properties of the files and gives each its part of
// the folders.
func (p *parser) files(r *hostile.Reader, s *streams) error {
	n := count(r, 1)
	if err := r.Budget().Hold(uint64(n) * fileSize); err != nil {
		return err
	}
	files := make([]File, n)
	var empty, emptyFile []bool
	for r.Step() {
		id := r.Uint8()
		if id == idEnd || r.Err() != nil {
			break
		}
		// Every property says how long it is, so that one that is not known is
		// jumped over.
		w := r.Window(number(r))
		switch id {
		case idEmptyStream:
			empty = bitSet(w, n)
		// Of the files without a stream: those that are not files of no bytes
		// are directories.
		case idEmptyFile:
			emptyFile = bitSet(w, trues(empty))
		case idNames:
			readNames(w, files)
		case idAttributes:
			readAttributes(w, files)
		}
		if w.Err() != nil {
			return w.Err()
		}
	}
	p.archive.Files = files
	if r.Err() != nil {
		return r.Err()
	}
	return p.assign(r, s, empty, emptyFile)
}

// trues counts the bits that are set.
func trues(set []bool) int {
	n := 0
	for _, yes := range set {
		if yes {
			n++
		}
	}
	return n
}

// readNames reads names in UTF-16, each ended by a zero.
func readNames(r *hostile.Reader, files []File) {
	if r.Uint8() != 0 {
		r.Fail(hostile.Unsupported, "names outside of the header")
		return
	}
	if r.Budget().Hold(uint64(2*r.Left())) != nil {
		r.Fail(hostile.OverBudget, "%d bytes of names", r.Left())
		return
	}
	var name []uint16
	for i := range files {
		for name = name[:0]; r.Left() > 0 || r.Err() == nil; {
			c := uint16(r.UintLE(2))
			if c == 0 || r.Err() != nil {
				break
			}
			name = append(name, c)
		}
		files[i].Name = string(utf16.Decode(name))
	}
}

// readAttributes reads Windows attributes; with the highest bit of the low half
// set, the upper half is a Unix mode.
func readAttributes(r *hostile.Reader, files []File) {
	const (
		windowsDirectory, isUnix = 0x10, 0x8000
		format, directory, link  = 0xf000, 0x4000, 0xa000
	)
	defined := optionalBits(r, len(files))
	if r.Uint8() != 0 {
		r.Fail(hostile.Unsupported, "attributes outside of the header")
		return
	}
	for i, yes := range defined {
		if !yes {
			continue
		}
		a := uint32(r.UintLE(4))
		mode := a >> 16 & format
		files[i].Directory = a&windowsDirectory != 0 || a&isUnix != 0 && mode == directory
		files[i].Symlink = a&isUnix != 0 && mode == link
	}
}

// assign gives every file with content its stream.
func (p *parser) assign(r *hostile.Reader, s *streams, empty, emptyFile []bool) error {
	next, emptySeen := 0, 0
	for i := range p.archive.Files {
		f := &p.archive.Files[i]
		f.Folder = -1
		if i < len(empty) && empty[i] {
			// Beyond the end of the flags none is set, as where the property is
			// missing.
			f.Directory = emptySeen >= len(emptyFile) || !emptyFile[emptySeen]
			emptySeen++
			continue
		}
		if next >= len(s.subs) {
			return r.Fail(hostile.Malformed, "%d files with content, %d streams", next+1, len(s.subs))
		}
		sub := s.subs[next]
		f.Folder, f.Size, f.CRC, f.HasCRC = sub.folder, sub.size, sub.crc.sum, sub.crc.set
		next++
	}
	// Content that no file names would be nobody's.
	if next < len(s.subs) {
		return r.Fail(hostile.Malformed, "%d files with content, %d streams", next, len(s.subs))
	}
	return nil
}
