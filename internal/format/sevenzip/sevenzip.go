// Package sevenzip reads 7z archives, after 7zFormat.txt of the LZMA SDK 24.09.
// The headers are read here and not by a library, because they decide what is
// allocated: a file of 40 bytes may claim four billion members.
package sevenzip

import (
	"hash/crc32"
	"io"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Signature starts every archive.
const Signature = "7z\xbc\xaf\x27\x1c"

// headerSize is the signature header: signature, version, and where the header
// is.
const headerSize = 32

// An Archive is the structure of one 7z file.
type Archive struct {
	Files   []File   // in the order of the header, which is that of the data
	Folders []Folder // solid blocks
	End     int64    // offset behind the header; nothing should follow
	// Encrypted says that the header is encrypted: nothing is known of the files.
	Encrypted bool
}

// A File is one member.
type File struct {
	Name      string
	Folder    int    // index of Archive.Folders; -1 without content
	Size      uint64 // bytes of content
	CRC       uint32
	HasCRC    bool
	Directory bool
	Symlink   bool // the content is the target
}

// Decode reads the headers. With an error the archive holds what came before it.
func Decode(src io.ReaderAt, r *hostile.Reader) (*Archive, error) {
	a := &Archive{}
	start := r.Start()
	r.Skip(uint64(len(Signature)))
	r.Skip(2) // version
	sum := uint32(r.UintLE(4))
	fields := r.Peek(20)
	// 7-Zip refuses the file as well: with another checksum nothing in it has
	// to be where it says.
	if len(fields) == 20 && crc32.ChecksumIEEE(fields) != sum {
		return a, r.Fail(hostile.Malformed, "the checksum of the start header does not match")
	}
	offset, size, headerSum := r.UintLE(8), r.UintLE(8), uint32(r.UintLE(4))
	// An archive without members has no header either.
	if r.Err() != nil || size == 0 {
		a.End = r.Offset()
		return a, r.Err()
	}
	if offset > 1<<62 || size > 1<<62 {
		return a, r.Fail(hostile.Malformed, "a header of %d bytes at %d claimed", size, offset)
	}
	a.End = start + headerSize + int64(offset) + int64(size)
	h := r.At(uint64(start)+headerSize+offset, size)
	// What an encoded header unpacks to is needed until it is parsed.
	held := r.Budget().Held()
	defer func() { r.Budget().Release(held) }()
	if err := a.checkHeader(h, headerSum); err != nil {
		return a, err
	}
	p := &parser{archive: a, src: src, base: start + headerSize, data: r}
	err := p.header(h, maxEncodings)
	held = r.Budget().Held() // what the parser holds stays
	return a, err
}

// maxEncodings is how often a header may itself be packed; 7-Zip does it once.
const maxEncodings = 4

// checkHeader compares the checksum of a header with the one that is claimed.
func (a *Archive) checkHeader(h *hostile.Reader, sum uint32) error {
	crc := crc32.NewIEEE()
	at := h.Offset()
	for h.Left() > 0 && h.Step() {
		p := h.Peek(32 << 10)
		crc.Write(p)
		h.Skip(uint64(len(p)))
	}
	h.MoveTo(at)
	if h.Err() == nil && crc.Sum32() != sum {
		return h.Fail(hostile.Malformed, "the checksum of the header does not match")
	}
	return h.Err()
}

// Identifiers of the parts of a header.
const (
	idEnd = iota
	idHeader
	idArchiveProperties
	idAdditionalStreams
	idMainStreams
	idFiles
	idPackInfo
	idUnpackInfo
	idSubStreams
	idSize
	idCRC
	idFolder
	idUnpackSize
	idNumUnpackStream
	idEmptyStream
	idEmptyFile
	idAnti
	idNames
	idCreated
	idAccessed
	idModified
	idAttributes
	idComment
	idEncodedHeader
)
