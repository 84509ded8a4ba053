package carve

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/format/executable"
)

// program reads the header of a program. What else is known of it says how much
// of what follows is its own.
func program(s *search, at int64) (File, bool) {
	p, ok := executable.Decode(s.window(at))
	if !ok || p.Kind == executable.Script {
		return File{}, false
	}
	size := min(p.Extent(s.window(at)), uint64(s.end-at))
	return File{Kind: Program, Offset: at, Size: int64(size), Detail: p.Kind.String() + ", " + p.Detail}, true
}

// windows looks where the DOS header leads before it reads more: two letters
// occur everywhere.
func windows(s *search, at int64) (File, bool) {
	const newHeader, several = 0x3c, "MZqFpD='" // of Actually Portable Executables
	if hasPrefix(s.peek(at, len(several)), several) {
		return program(s, at)
	}
	p := s.peek(at+newHeader, 4)
	if len(p) < 4 || !hasPrefix(s.peek(at+int64(binary.LittleEndian.Uint32(p)), 4), "PE\x00\x00") {
		return File{}, false
	}
	return program(s, at)
}

// scriptText is how much text has to follow the first line of a script.
const scriptText = 16

// script reads the first line of a script, which must name an interpreter by a
// path of two parts or more, and looks whether text follows. All of the text is
// the script's.
func script(s *search, at int64) (File, bool) {
	if p := s.peek(at, 4); !hasPrefix(p, "#!/") && !hasPrefix(p, "#! /") {
		return File{}, false
	}
	p, ok := executable.Decode(s.window(at))
	if !ok || p.Kind != executable.Script || !interpreter(p.Detail) {
		return File{}, false
	}
	end := s.textTo(at)
	first := s.window(at).Peek(maxLine)
	line := bytes.IndexByte(first[:min(int64(len(first)), end-at)], '\n')
	return File{Kind: Script, Offset: at, Size: end - at, Detail: p.Detail}, line > 0 && end-at-int64(line) > scriptText
}

const (
	// maxText is how much of a script is looked at.
	maxText = 64 << 10
	// maxLine is more than what package executable takes for the first line of a
	// script, in bytes.
	maxLine = 1 << 10
)

// A text is a range that is known to be text.
type text struct {
	start, end int64
	ended      bool // what follows is none
}

// textTo returns where the text ends that starts at an offset, as far as it is looked
// at. Scripts may start at every line of it: what is known to be text is not looked
// at again.
func (s *search) textTo(at int64) int64 {
	t, limit := &s.text, min(at+maxText, s.end)
	if at < t.start || at >= t.end {
		*t = text{start: at, end: at}
	}
	if !t.ended && t.end < limit {
		p := s.window(t.end).Peek(int(limit - t.end))
		n := len(startOfText(p))
		t.end += int64(n)
		t.ended = len(p)-n >= utf8.UTFMax // less may be a character that is cut
	}
	return min(t.end, limit)
}

// startOfText returns the start of p that is text.
func startOfText(p []byte) []byte {
	n := bytes.IndexFunc(p, func(c rune) bool {
		return c < ' ' && !strings.ContainsRune("\n\r\t", c) || c == 0x7f || c == utf8.RuneError
	})
	if n < 0 {
		return p
	}
	return p[:n]
}

// interpreter reports whether the first line of a script names a file in a
// directory.
func interpreter(line string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(line[2:], " \t"), " ")
	dir, file := path.Split(name)
	for _, c := range []byte(name) {
		if !nameByte(c) && c != '/' && c != '-' && c != '+' {
			return false
		}
	}
	return len(dir) > len("/x/") && len(file) > 1
}

// Sizes of zip records (APPNOTE 4.3): end of the directory, locator and end of
// its 64-bit form.
const (
	zipEndSize, zipLocatorSize, zipEnd64Size = 22, 20, 56
	zipCentral, zipLocal                     = "PK\x01\x02", "PK\x03\x04"
)

// zipEnd reads an end record, finds the directory in front of it, and in that the
// first member's header. An archive of no members hides nothing.
func zipEnd(s *search, at int64) (File, bool) {
	r := s.window(at)
	r.Skip(4)
	disks, here, total := r.UintLE(4), r.UintLE(2), r.UintLE(2)
	size, offset, comment := r.UintLE(4), r.UintLE(4), r.UintLE(2)
	if r.Err() != nil || disks != 0 || here != total || total == 0 {
		return File{}, false
	}
	behind := at
	if total == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff {
		size, offset, behind = s.zipEnd64(at, size, offset)
	}
	start, ok := s.zipStart(behind, size, offset)
	return File{Kind: Zip, Offset: start, Size: at + zipEndSize + int64(comment) - start}, ok
}

// zipEnd64 reads the 64-bit form of the end record at an offset, if it is there:
// the size and the offset of the directory, and where the directory ends.
func (s *search) zipEnd64(at int64, size, offset uint64) (size64, offset64 uint64, behind int64) {
	end := at - zipLocatorSize - zipEnd64Size
	if end < s.start {
		return size, offset, at
	}
	r := s.window(end)
	if string(r.Peek(4)) != "PK\x06\x06" {
		return size, offset, at
	}
	r.Skip(40)
	return r.UintLE(8), r.UintLE(8), end
}

// zipStart returns where the archive starts of which the directory ends at an
// offset, and whether directory and first member are there.
func (s *search) zipStart(behind int64, size, offset uint64) (int64, bool) {
	room := uint64(behind - s.start)
	if size > room || offset > room-size {
		return 0, false
	}
	directory := behind - int64(size)
	start := directory - int64(offset)
	central := s.window(directory)
	first := string(central.Peek(4)) == zipCentral
	central.Skip(42)
	member := central.UintLE(4)
	if !first || central.Err() != nil || member > offset {
		return 0, false
	}
	return start, string(s.window(start+int64(member)).Peek(4)) == zipLocal
}

const tarBlock = 512

// tarHeader follows headers for as long as their checksums are right, and the two
// blocks of zeros that end an archive.
func tarHeader(s *search, at int64) (File, bool) {
	end := at
	for end >= s.start && s.end-end >= tarBlock && s.spend() {
		size, ok := tarMember(s.window(end).Peek(tarBlock))
		if !ok || size > s.end-end-tarBlock {
			break
		}
		end += tarBlock + (size+tarBlock-1)/tarBlock*tarBlock
	}
	if end == at {
		return File{}, false
	}
	for range 2 {
		if s.emptyBlock(end) {
			end += tarBlock
		}
	}
	return File{Kind: Tar, Offset: at, Size: end - at}, true
}

func (s *search) emptyBlock(at int64) bool {
	return s.end-at >= tarBlock && bytes.Equal(s.window(at).Peek(tarBlock), zeros[:tarBlock])
}

// tarMember checks the sum of a header (POSIX.1-2017 pax, "ustar Interchange
// Format") and returns the size of what follows it.
func tarMember(block []byte) (size int64, ok bool) {
	const sumAt, sumEnd, sizeAt, sizeEnd = 148, 156, 124, 136
	if len(block) < tarBlock {
		return 0, false
	}
	sum := int64(8 * ' ')
	for i, c := range block {
		if i < sumAt || i >= sumEnd {
			sum += int64(c)
		}
	}
	claimed, ok := octal(block[sumAt:sumEnd])
	size, sized := octal(block[sizeAt:sizeEnd])
	return size, ok && sized && sum == claimed
}

func octal(field []byte) (int64, bool) {
	n, err := strconv.ParseInt(strings.Trim(string(field), " \x00"), 8, 64)
	return n, err == nil && n >= 0
}

// sevenZip checks the sum of the start header (7zFormat.txt).
func sevenZip(s *search, at int64) (File, bool) {
	const headerSize = 32
	r := s.window(at)
	h := r.Peek(headerSize)
	if len(h) < headerSize || crc32.ChecksumIEEE(h[12:]) != binary.LittleEndian.Uint32(h[8:]) {
		return File{}, false
	}
	offset, size := binary.LittleEndian.Uint64(h[12:]), binary.LittleEndian.Uint64(h[20:])
	left := uint64(s.end - at - headerSize)
	if size == 0 || size > left || offset > left-size {
		return File{}, false
	}
	return File{Kind: SevenZip, Offset: at, Size: headerSize + int64(offset+size)}, true
}
