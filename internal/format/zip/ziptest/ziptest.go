// Package ziptest builds zip archives for tests, honest ones and ones with any
// field bent.
package ziptest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// A Header is the fields of a local header or of a central record that tests
// bend.
type Header struct {
	Name       string
	Flags      uint16
	Method     uint16
	CRC        uint32
	Compressed uint32
	Size       uint32
	Extra      []byte
	Comment    string // central
	External   uint32 // central only
	Offset     uint32 // central only: of the local header
}

// A Member is one file of an archive.
type Member struct {
	Name      string
	Data      string
	Deflate   bool           // compress the data; else it is stored
	Method    uint16         // of Packed
	Packed    []byte         // data compressed by Method, in place of Deflate
	Streamed  bool           // sizes and checksum only behind the data
	Mode      uint32         // Unix mode
	Local     func(*Header)  // bends the local header
	Central   func(*Header)  // bends the central record
	Unlisted  bool           // no central record
	NoContent bool           // neither local header nor data
	Before    string         // bytes in front of the local header
	Patch     func(p []byte) // bends the data that is written
}

// An End is the fields of the end record.
type End struct {
	Count, Size, Offset uint32
	CommentSize         uint16
	Comment             string
	Zip64               bool             // write a zip64 record and locator
	Bend64              func(*[3]uint64) // bends count, size and offset of the zip64 record
}

// Files writes an archive of stored members: names and contents in turns.
func Files(names ...string) []byte {
	var members []Member
	for i := 0; i+1 < len(names); i += 2 {
		members = append(members, Member{Name: names[i], Data: names[i+1]})
	}
	return Build(members, nil)
}

// Build writes an archive. bend changes the end record; it may be nil.
func Build(members []Member, bend func(*End)) []byte {
	var out, directory bytes.Buffer
	count := uint32(0)
	for _, m := range members {
		out.WriteString(m.Before)
		h, packed := m.header()
		h.Offset = uint32(out.Len())
		if !m.NoContent {
			m.writeLocal(&out, h, packed)
		}
		if m.Unlisted {
			continue
		}
		h.External = m.Mode << 16
		if m.Central != nil {
			m.Central(&h)
		}
		h.writeCentral(&directory)
		count++
	}
	e := End{Count: count, Size: uint32(directory.Len()), Offset: uint32(out.Len())}
	out.Write(directory.Bytes())
	if bend != nil {
		e.CommentSize = 0
		bend(&e)
	}
	e.write(&out)
	return out.Bytes()
}

// header is what an honest archive says of the member, and its packed data.
func (m Member) header() (Header, []byte) {
	packed := []byte(m.Data)
	h := Header{Name: m.Name, CRC: crc32.ChecksumIEEE(packed), Size: uint32(len(packed))}
	switch {
	case m.Packed != nil:
		h.Method, packed = m.Method, m.Packed
	case m.Deflate:
		h.Method, packed = 8, Deflate(m.Data)
	}
	h.Compressed = uint32(len(packed))
	return h, bytes.Clone(packed)
}

// Deflate compresses data.
func Deflate(data string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	w.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

// writeLocal writes the local header as the member wants it to lie, and the
// data.
func (m Member) writeLocal(out *bytes.Buffer, h Header, packed []byte) {
	local := h
	if m.Streamed {
		local.Flags |= 8
		local.CRC, local.Compressed, local.Size = 0, 0, 0
	}
	if m.Local != nil {
		m.Local(&local)
	}
	local.writeLocal(out)
	if m.Patch != nil {
		m.Patch(packed)
	}
	out.Write(packed)
	if m.Streamed {
		out.WriteString("PK\x07\x08")
		put(out, h.CRC, h.Compressed, h.Size)
	}
}

// writeLocal writes a local file header (APPNOTE 4.3.7).
func (h Header) writeLocal(out *bytes.Buffer) {
	out.WriteString("PK\x03\x04")
	put(out, uint16(20), h.Flags, h.Method, uint16(0), uint16(0x21), h.CRC, h.Compressed, h.Size, uint16(len(h.Name)), uint16(len(h.Extra)))
	out.WriteString(h.Name)
	out.Write(h.Extra)
}

// writeCentral writes an entry of the central directory (APPNOTE 4.3.12).
func (h Header) writeCentral(out *bytes.Buffer) {
	out.WriteString("PK\x01\x02")
	put(out, uint16(3<<8|20), uint16(20), h.Flags, h.Method, uint16(0), uint16(0x21), h.CRC, h.Compressed, h.Size,
		uint16(len(h.Name)), uint16(len(h.Extra)), uint16(len(h.Comment)), uint16(0), uint16(0), h.External, h.Offset)
	out.WriteString(h.Name)
	out.Write(h.Extra)
	out.WriteString(h.Comment)
}

// write writes the end of central directory record (APPNOTE 4.3.16), with that
// of Zip64 before it if it is wanted (4.3.14, 4.3.15).
func (e End) write(out *bytes.Buffer) {
	if e.Zip64 {
		at := uint64(out.Len())
		claims := [3]uint64{uint64(e.Count), uint64(e.Size), uint64(e.Offset)}
		if e.Bend64 != nil {
			e.Bend64(&claims)
		}
		out.WriteString("PK\x06\x06")
		put(out, uint64(44), uint16(45), uint16(45), uint32(0), uint32(0), claims[0], claims[0], claims[1], claims[2])
		out.WriteString("PK\x06\x07")
		put(out, uint32(0), at, uint32(1))
	}
	out.WriteString("PK\x05\x06")
	size := e.CommentSize
	if size == 0 {
		size = uint16(len(e.Comment))
	}
	put(out, uint16(0), uint16(0), uint16(e.Count), uint16(e.Count), e.Size, e.Offset, size)
	out.WriteString(e.Comment)
}

// put writes values little endian, as everything in a zip archive is.
func put(out *bytes.Buffer, values ...any) {
	for _, v := range values {
		binary.Write(out, binary.LittleEndian, v)
	}
}

// UnicodePath is an Info-ZIP Unicode path field that is valid for name.
func UnicodePath(name, unicode string) []byte {
	var b bytes.Buffer
	put(&b, uint16(0x7075), uint16(5+len(unicode)), uint8(1), crc32.ChecksumIEEE([]byte(name)))
	b.WriteString(unicode)
	return b.Bytes()
}
