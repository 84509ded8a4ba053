// Package tar reads tar archives: V7, ustar, pax, GNU and its sparse files, after
// POSIX.1-2017 (pax, "ustar Interchange Format"), the GNU tar manual and the
// behaviour of CPython's tarfile, GNU tar and libarchive. Where those differ on
// what a header says, the differences are facts of the entry.
package tar

import (
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// blockSize is the unit in which everything is stored.
const blockSize = 512

// Types of entries.
const (
	TypeRegular   = '0'
	TypeOld       = 0 // regular, as V7 wrote it
	TypeLink      = '1'
	TypeSymlink   = '2'
	TypeCharacter = '3'
	TypeBlock     = '4'
	TypeDirectory = '5'
	TypeFIFO      = '6'
	TypeGNUSparse = 'S'

	typePax       = 'x'
	typePaxSun    = 'X'
	typePaxGlobal = 'g'
	typeLongName  = 'L'
	typeLongLink  = 'K'
)

// maxExtension bounds a pax header or a long name: what Go's archive/tar and
// others allow.
const maxExtension = 1 << 20

// An Entry is one member.
type Entry struct {
	Offset int64 // of its first header, extensions included
	Header int64 // of its main header
	Type   byte
	Name   string
	Link   string    // target of a link
	Data   int64     // offset of its data
	Packed int64     // bytes of data in the archive
	Size   int64     // bytes of content; more than Packed for sparse files
	Sparse bool      // Pieces lists the data; everything else is zero
	Pieces []Segment // in order, apart

	// HeaderName is what readers without extensions take for the name, if it is
	// not what a writer shortens Name to; else "".
	HeaderName string
	// HeaderLink is the same for Link.
	HeaderLink string
	// HeaderSize is what readers that do not know pax sizes take for Packed, if
	// the two differ; else -1.
	HeaderSize int64
	// Skipped says that some readers skip Packed bytes of data behind a header
	// of a type that has none, and others do not.
	Skipped bool
	// Others are the values in pax headers in front that no reader acts on, as
	// extended attributes are.
	Others []Segment
}

// A Segment is a piece of a sparse file: Length bytes that belong at Offset of the
// content, and lie at Data in the archive.
type Segment struct{ Offset, Length, Data int64 }

// Regular reports whether the entry has content.
func (e *Entry) Regular() bool {
	switch e.Type {
	case TypeLink, TypeSymlink, TypeCharacter, TypeBlock, TypeDirectory, TypeFIFO:
		return false
	case TypeOld:
		return !strings.HasSuffix(e.Name, "/")
	default:
		return true
	}
}

// Is reports whether the first bytes of a file are those of a tar archive: a
// header with a valid checksum, or with ustar's magic in its place.
func Is(first []byte) bool {
	if len(first) < blockSize || isZero(first[:blockSize]) {
		return false
	}
	b := block(first[:blockSize])
	switch {
	case string(b[257:262]) == "ustar":
		return true
	case !b.checked():
		return false
	}
	if checksum, size := b[148], b[124]; checksum != 0 || size != 0 {
		return true
	}
	// Where neither a checksum nor a size is written, the signed sum need only be
	// zero, which comes about by chance: a second header must follow, or the end.
	second := first[blockSize:]
	return len(second) >= blockSize && (isZero(second[:blockSize]) || block(second[:blockSize]).checked())
}

// A Walker goes from entry to entry.
type Walker struct {
	r      *hostile.Reader
	global records // of pax global headers, which hold for all later entries
	ended  bool
	end    int64
}

// Walk starts at the beginning of an archive.
func Walk(r *hostile.Reader) *Walker { return &Walker{r: r} }

// Ended returns the offset behind the marker that ends the archive, and whether
// there was one.
func (w *Walker) Ended() (int64, bool) { return w.end, w.ended }

// Next returns the next entry. An error that is not io.EOF is a fault of one
// header: after it, Next goes on with the next block that is a header, as GNU tar
// does. At the end of the archive, or of the budget, the error is io.EOF.
func (w *Walker) Next() (*Entry, error) {
	if w.ended || w.r.Left() == 0 && w.r.Err() == nil || w.r.Budget().Spent() != nil {
		return nil, io.EOF
	}
	e, err := w.entry()
	if err == nil || w.ended || e != nil && w.r.Err() == nil && w.leadsOn(w.r.Offset()) {
		return e, err
	}
	if w.r.Err() != nil { // the archive ends here
		w.resume(w.r.End())
		return e, err
	}
	w.resync()
	return e, err
}

// resume replaces the reader, whose fault has been told.
func (w *Walker) resume(at int64) {
	w.r = w.r.At(uint64(w.r.Start()), uint64(w.r.End()-w.r.Start()))
	w.r.MoveTo(at)
}

// resync moves to the next block that is a header.
func (w *Walker) resync() {
	for w.r.Left() >= blockSize && w.r.Step() {
		if b := block(w.r.Peek(blockSize)); len(b) == blockSize && b.checked() {
			return
		}
		w.r.Skip(blockSize)
	}
	w.r.Skip(uint64(w.r.Left()))
}

// entry reads the extension headers and the main header of one entry, and moves
// behind its data.
func (w *Walker) entry() (*Entry, error) {
	x := extensions{offset: w.r.Offset()}
	for w.r.Step() {
		at := w.r.Offset()
		b := block(w.r.Peek(blockSize))
		if len(b) < blockSize {
			w.r.Skip(blockSize) // records the fault
			return nil, w.r.Err()
		}
		if isZero(b) {
			return nil, w.endMarker()
		}
		h, err := b.decode(at)
		w.r.Skip(blockSize)
		if err != nil {
			return nil, err
		}
		if more, err := w.extend(&x, h); more || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		return w.finish(&x, h)
	}
	return nil, w.r.Err()
}

// endMarker reads the two blocks of zeros that end an archive. A single one, or a
// second one that is cut off, is a fault: some readers stop at the first.
func (w *Walker) endMarker() error {
	at := w.r.Offset()
	w.r.Skip(blockSize)
	second := w.r.Peek(blockSize)
	w.ended, w.end = true, w.r.Offset()
	if len(second) == blockSize && isZero(second) {
		w.end += blockSize
		return io.EOF
	}
	return hostile.Faultf(hostile.Truncated, at, "two blocks of zeros end a tar archive, one is there")
}

// isZero reports whether there is nothing but zeros.
func isZero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}
