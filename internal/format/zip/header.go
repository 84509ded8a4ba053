package zip

import (
	"hash/crc32"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Compression methods (APPNOTE 4.4.5).
const (
	Store     = 0
	Deflate   = 8
	Deflate64 = 9
	BZip2     = 12
	LZMA      = 14
	OldZstd   = 20
	Zstd      = 93
	XZ        = 95
	AES       = 99 // encrypted by WinZip's scheme; the method is in an extra field
)

// General-purpose flags (APPNOTE 4.4.4).
const (
	FlagEncrypted  = 1 << 0
	FlagLZMAEnd    = 1 << 1 // LZMA: an end marker closes the stream
	FlagStreamed   = 1 << 3 // sizes and checksum follow the data
	FlagPatch      = 1 << 5
	FlagStrong     = 1 << 6
	FlagUTF8       = 1 << 11
	FlagMaskedName = 1 << 13
)

// Identifiers of extra fields.
const (
	extraZip64   = 0x0001
	extraUnicode = 0x7075 // Info-ZIP Unicode path
)

// A Header is a local header or a central record. Fields of one only are zero
// in the other.
type Header struct {
	Offset      int64 // of the header in the file
	Length      int64 // of the header with its name, extra fields and comment
	Extra       Range // of the extra fields in the file
	Comment     Range // central: of the comment in the file
	Name        string
	Unicode     string // the name in an Info-ZIP Unicode path field that is valid for Name, or ""
	Flags       uint16
	Method      uint16
	CRC         uint32
	Compressed  uint64 // bytes of data
	Size        uint64 // bytes that come out
	External    uint32 // central: attributes; on Unix the mode is in the upper half
	LocalOffset uint64 // central: offset of the local header, as claimed
}

// Streamed reports whether sizes and checksum follow the data.
func (h *Header) Streamed() bool { return h.Flags&FlagStreamed != 0 }

// Encrypted reports whether the header says that the data is encrypted.
func (h *Header) Encrypted() bool {
	return h.Flags&(FlagEncrypted|FlagStrong) != 0 || h.Method == AES
}

// Symlink reports whether extractors make a symbolic link of the entry.
func (h *Header) Symlink() bool {
	const format, link = 0xf000, 0xa000
	return h.External>>16&format == link
}

// Directory reports whether the entry is a directory, by its name.
func (h *Header) Directory() bool { return strings.HasSuffix(h.Name, "/") }

// decodeLocal reads a local header at the cursor.
func decodeLocal(r *hostile.Reader) *Header {
	h := &Header{Offset: r.Offset()}
	r.Skip(4 + 2) // signature, version needed
	h.Flags, h.Method = uint16(r.UintLE(2)), uint16(r.UintLE(2))
	r.Skip(4) // time, date
	h.CRC, h.Compressed, h.Size = uint32(r.UintLE(4)), r.UintLE(4), r.UintLE(4)
	name, extra := r.UintLE(2), r.UintLE(2)
	h.Name = text(r, name)
	h.Extra = ahead(r, extra)
	h.readExtra(r.Window(extra), false)
	h.Length = r.Offset() - h.Offset
	return h
}

// decodeCentral reads a central record at the cursor.
func decodeCentral(r *hostile.Reader) *Header {
	h := &Header{Offset: r.Offset()}
	r.Skip(4 + 2 + 2) // signature, versions made by and needed
	h.Flags, h.Method = uint16(r.UintLE(2)), uint16(r.UintLE(2))
	r.Skip(4) // time, date
	h.CRC, h.Compressed, h.Size = uint32(r.UintLE(4)), r.UintLE(4), r.UintLE(4)
	name, extra, comment := r.UintLE(2), r.UintLE(2), r.UintLE(2)
	r.Skip(2 + 2) // disk of the entry, internal attributes
	h.External, h.LocalOffset = uint32(r.UintLE(4)), r.UintLE(4)
	h.Name = text(r, name)
	h.Extra = ahead(r, extra)
	h.readExtra(r.Window(extra), true)
	h.Comment = ahead(r, comment)
	r.Skip(comment)
	h.Length = r.Offset() - h.Offset
	return h
}

// ahead is the range of the next n bytes.
func ahead(r *hostile.Reader, n uint64) Range {
	return Range{r.Offset(), r.Offset() + int64(n)}
}

// text copies a name of at most 64 KiB, whose memory is not kept.
func text(r *hostile.Reader, n uint64) string {
	if p := r.Peek(int(n)); uint64(len(p)) == n {
		r.Skip(n)
		return string(p)
	}
	r.Skip(n) // records the fault
	return ""
}

// readExtra reads the extra fields that readers act on. A field that does not
// fit ends them, as in every reader; zipalign and others pad with such bytes.
func (h *Header) readExtra(r *hostile.Reader, central bool) {
	for r.Left() >= 4 {
		id, n := r.UintLE(2), r.UintLE(2)
		if int64(n) > r.Left() {
			return
		}
		field := r.Window(n)
		switch id {
		case extraZip64:
			h.readZip64(field, central)
		case extraUnicode:
			h.readUnicode(field)
		}
	}
}

// readZip64 takes the values whose 32-bit fields refer to it, in their fixed
// order (APPNOTE 4.5.3).
func (h *Header) readZip64(r *hostile.Reader, central bool) {
	for _, v := range []*uint64{&h.Size, &h.Compressed, &h.LocalOffset} {
		if v == &h.LocalOffset && !central {
			return
		}
		if *v == 0xffffffff && r.Left() >= 8 {
			*v = r.UintLE(8)
		}
	}
}

// readUnicode takes the Unicode path if its checksum says that it belongs to
// the header's name (APPNOTE 4.6.9).
func (h *Header) readUnicode(r *hostile.Reader) {
	if r.Left() < 5 || r.Uint8() != 1 {
		return
	}
	crc := uint32(r.UintLE(4))
	if name := text(r, uint64(r.Left())); crc == crc32.ChecksumIEEE([]byte(h.Name)) {
		h.Unicode = name
	}
}
