package sevenzip

import (
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// streams are the packed streams of an archive, the folders that unpack them, and
// the files' streams in what comes out.
type streams struct {
	packs   []pack
	folders []Folder
	subs    []sub
}

// A pack is a packed stream in the file.
type pack struct{ offset, size uint64 }

// A sub is the content of one file.
type sub struct {
	folder int
	size   uint64
	crc    digest
}

// A Folder is a chain of coders that unpacks one solid block.
type Folder struct {
	Encrypted bool
	Size      uint64 // bytes that come out
	coders    []coder
	pairs     []pair
	packed    []uint64 // input streams that are read from the file
	packs     []pack   // where, in the order of packed
	sizes     []uint64 // bytes that come out of each coder
	crc       digest
}

// A coder is one step of a folder. Every one that is read has one output.
type coder struct {
	method     string
	in         int // input streams
	properties []byte
}

// A pair feeds an input stream from an output stream.
type pair struct{ in, out uint64 }

// Limits of a folder: those of 7-Zip (7zIn.cpp).
const (
	maxCoders  = 32
	maxStreams = 32
)

// streams reads the description of packed streams, folders and what is in them.
func (p *parser) streams(r *hostile.Reader) (streams, error) {
	var s streams
	for last := uint8(0); r.Step(); {
		switch id := ordered(r, &last); id {
		case idEnd:
			if s.subs == nil {
				s.single()
			}
			return s, r.Err()
		case idPackInfo:
			s.readPacks(r, uint64(p.base))
		case idUnpackInfo:
			s.readFolders(r)
		case idSubStreams:
			s.readSubs(r)
		default:
			r.Fail(hostile.Malformed, "%#x among streams", id)
		}
	}
	return s, r.Err()
}

// readPacks reads where the packed streams lie, one behind the other from base
// on, and how long they are.
func (s *streams) readPacks(r *hostile.Reader, base uint64) {
	// Unsigned arithmetic may wrap here: where a stream leads is checked when
	// it is opened.
	at := base + number(r)
	n := count(r, 1)
	if r.Budget().Hold(uint64(n)*16) != nil {
		r.Fail(hostile.OverBudget, "%d packed streams", n)
	}
	for r.Step() {
		switch id := r.Uint8(); id {
		case idEnd:
			return
		case idSize:
			for range n {
				size := number(r)
				s.packs = append(s.packs, pack{at, size})
				if at+size < at {
					r.Fail(hostile.Malformed, "packed streams of more than 2^64 bytes")
				}
				at += size
				if !r.Step() {
					return
				}
			}
		case idCRC:
			digests(r, n)
		default:
			r.Fail(hostile.Malformed, "%#x among packed streams", id)
		}
	}
}

// folderSize is what a folder costs the memory budget.
const folderSize = 512

// readFolders reads how each folder is packed.
func (s *streams) readFolders(r *hostile.Reader) {
	if id := r.Uint8(); id != idFolder {
		r.Fail(hostile.Malformed, "%#x where folders start", id)
	}
	n := count(r, 2)
	if r.Uint8() != 0 {
		r.Fail(hostile.Unsupported, "folders outside of the header")
	}
	if r.Budget().Hold(uint64(n)*folderSize) != nil {
		r.Fail(hostile.OverBudget, "%d folders", n)
	}
	used := 0
	for range n {
		if !r.Step() {
			return
		}
		f := readFolder(r)
		// Streams of the file belong to folders in their order, each to one.
		if used+len(f.packed) > len(s.packs) {
			r.Fail(hostile.Malformed, "folders of more than the %d packed streams", len(s.packs))
			return
		}
		f.packs = s.packs[used : used+len(f.packed)]
		used += len(f.packed)
		s.folders = append(s.folders, f)
	}
	if id := r.Uint8(); id != idUnpackSize {
		r.Fail(hostile.Malformed, "%#x where unpacked sizes start", id)
	}
	for i := range s.folders {
		s.folders[i].readSizes(r)
	}
	for r.Step() {
		switch id := r.Uint8(); id {
		case idEnd:
			return
		case idCRC:
			for i, d := range digests(r, len(s.folders)) {
				s.folders[i].crc = d
			}
		default:
			r.Fail(hostile.Malformed, "%#x among folders", id)
		}
	}
}

// readFolder reads coders and how their streams are joined.
func readFolder(r *hostile.Reader) Folder {
	var f Folder
	n := number(r)
	if n == 0 || n > maxCoders {
		r.Fail(hostile.Malformed, "a folder of %d coders", n)
		return f
	}
	inputs := 0
	for range n {
		c := readCoder(r)
		inputs += c.in
		f.coders = append(f.coders, c)
		f.Encrypted = f.Encrypted || c.method == methodAES
	}
	if r.Err() != nil || inputs > maxStreams || inputs < len(f.coders) {
		r.Fail(hostile.Malformed, "%d input streams of %d coders", inputs, n)
		return f
	}
	bound := make([]bool, inputs)
	// A folder of n coders is joined by n-1 pairs: the output of one coder is
	// that of the folder.
	for range n - 1 {
		x := pair{number(r), number(r)}
		if x.in >= uint64(inputs) || x.out >= n || bound[x.in] {
			r.Fail(hostile.Malformed, "a stream is bound to what is not there")
			return f
		}
		bound[x.in] = true
		f.pairs = append(f.pairs, x)
	}
	f.readPacked(r, bound)
	return f
}

// readPacked reads which inputs come from the file; a single one is the one that
// nothing else feeds.
func (f *Folder) readPacked(r *hostile.Reader, bound []bool) {
	free := len(bound) - len(f.pairs)
	for i := range bound {
		if free == 1 && !bound[i] {
			f.packed = append(f.packed, uint64(i))
		}
	}
	if free == 1 {
		return
	}
	for range free {
		i := number(r)
		if i >= uint64(len(bound)) || bound[i] {
			r.Fail(hostile.Malformed, "packed stream %d feeds nothing", i)
			return
		}
		bound[i] = true
		f.packed = append(f.packed, i)
	}
}

// readCoder reads one step of the packing: method, number of streams,
// properties.
func readCoder(r *hostile.Reader) coder {
	const (
		idLength = 0x0f
		complex  = 0x10
		hasProps = 0x20
	)
	flags := r.Uint8()
	c := coder{in: 1, method: string(r.Bytes(uint64(flags & idLength)))}
	// Bit 7 announced alternative coders, which 7-Zip never wrote.
	if flags&^uint8(idLength|complex|hasProps) != 0 {
		r.Fail(hostile.Unsupported, "a coder with flags %#x", flags)
	}
	if flags&complex != 0 {
		in, out := number(r), number(r)
		if in == 0 || in > maxStreams || out != 1 {
			r.Fail(hostile.Unsupported, "a coder of %d inputs and %d outputs", in, out)
			return c
		}
		c.in = int(in)
	}
	if flags&hasProps != 0 {
		c.properties = r.Bytes(number(r))
	}
	return c
}

// readSizes reads what comes out of each coder; the folder's size is that of the
// coder whose output feeds no other.
func (f *Folder) readSizes(r *hostile.Reader) {
	for range f.coders {
		f.sizes = append(f.sizes, number(r))
	}
	last := f.last()
	if last < 0 {
		r.Fail(hostile.Malformed, "the coders of a folder end nowhere")
		return
	}
	if r.Err() == nil {
		f.Size = f.sizes[last]
	}
}

// last returns the coder whose output feeds no other, or -1.
func (f *Folder) last() int {
	for i := range f.coders {
		fed := false
		for _, x := range f.pairs {
			fed = fed || x.out == uint64(i)
		}
		if !fed {
			return i
		}
	}
	return -1
}

// single makes each folder one stream, as without information on sub-streams.
func (s *streams) single() {
	for i := range s.folders {
		s.subs = append(s.subs, sub{folder: i, size: s.folders[i].Size, crc: s.folders[i].crc})
	}
}

// readSubs reads how many streams each folder holds, and their sizes: all but
// the last of each, which gets the rest.
func (s *streams) readSubs(r *hostile.Reader) {
	counts := make([]int, len(s.folders))
	for i := range counts {
		counts[i] = 1
	}
	id := r.Uint8()
	if id == idNumUnpackStream {
		for i := range counts {
			counts[i] = int(min(number(r), 1<<40))
		}
		id = r.Uint8()
	}
	for i, n := range counts {
		s.addSubs(r, i, n, id == idSize)
		if r.Err() != nil {
			return
		}
	}
	if id == idSize {
		id = r.Uint8()
	}
	if id == idCRC {
		s.readSubDigests(r, counts)
		id = r.Uint8()
	}
	if id != idEnd {
		r.Fail(hostile.Malformed, "%#x among the streams of files", id)
	}
	if s.subs == nil {
		s.subs = []sub{}
	}
}

// addSubs adds the n streams of a folder.
func (s *streams) addSubs(r *hostile.Reader, folder, n int, sized bool) {
	const subSize = 32
	// Sizes of all but the last are in the header, a byte each at least: more
	// streams than bytes are a lie.
	if n > 1 && (!sized || r.Count(uint64(n-1), 1) == 0) || r.Budget().Hold(uint64(n)*subSize) != nil {
		r.Fail(hostile.Malformed, "%d streams in a folder without their sizes", n)
		return
	}
	left := s.folders[folder].Size
	for i := range n {
		size := left
		if i < n-1 {
			size = number(r)
		}
		if size > left || !r.Step() {
			r.Fail(hostile.Malformed, "a stream of %d bytes in the %d that are left of a folder", size, left)
			return
		}
		left -= size
		s.subs = append(s.subs, sub{folder: folder, size: size})
	}
}

// readSubDigests reads the checksums of the streams that are not a whole folder
// with a checksum of its own.
func (s *streams) readSubDigests(r *hostile.Reader, counts []int) {
	// A folder of one stream whose checksum stands with the folder has none
	// here.
	own := func(folder int) bool { return counts[folder] == 1 && s.folders[folder].crc.set }
	n := 0
	for i := range s.subs {
		if !own(s.subs[i].folder) {
			n++
		}
	}
	read := digests(r, n)
	for i := range s.subs {
		x := &s.subs[i]
		switch {
		case own(x.folder):
			x.crc = s.folders[x.folder].crc
		case len(read) > 0:
			x.crc, read = read[0], read[1:]
		}
	}
}
