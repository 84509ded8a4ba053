// Package sevenziptest builds 7z archives for tests, honest ones and ones with
// any field bent.
package sevenziptest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"unicode/utf16"
)

// A File is one member; all are stored in one folder.
type File struct {
	Name       string
	Data       string
	Attributes uint32
}

// An Archive is what Build writes. Zero values give an honest archive.
type Archive struct {
	Files      []File
	Coder      []byte                                     // of the folder, as it stands in the header; Copy if nil
	FileCount  []byte                                     // the number of files, as it stands in the header
	Packed     []byte                                     // the packed stream, in place of the data
	BendCRC    bool                                       // a wrong checksum for every file
	Pack       func(header []byte) (coder, packed []byte) // packs the header
	HeaderSize uint64                                     // claimed, in place of the true size
	Behind     []byte                                     // parts of the header behind that of the files
}

// Number is n as headers hold it.
func Number(n uint64) []byte {
	for i := range 8 {
		if n < 1<<(7*(i+1)) {
			first := ^byte(0xff>>i) | byte(n>>(8*i))
			return append([]byte{first}, little(n, i)...)
		}
	}
	return append([]byte{0xff}, little(n, 8)...)
}

func little(n uint64, size int) []byte {
	return binary.LittleEndian.AppendUint64(nil, n)[:size]
}

// Build writes an archive.
func Build(a Archive) []byte {
	packed, unpacked := a.Packed, 0
	for _, f := range a.Files {
		unpacked += len(f.Data)
		if a.Packed == nil {
			packed = append(packed, f.Data...)
		}
	}
	header := a.header(len(packed), unpacked)
	if a.Pack != nil {
		coder, small := a.Pack(header)
		at := len(packed)
		packed = append(packed, small...)
		header = append([]byte{0x17}, streams(at, len(small), len(header), coder, nil)...)
	}
	size := uint64(len(header))
	if a.HeaderSize != 0 {
		size = a.HeaderSize
	}
	start := binary.LittleEndian.AppendUint64(nil, uint64(len(packed)))
	start = binary.LittleEndian.AppendUint64(start, size)
	start = binary.LittleEndian.AppendUint32(start, crc32.ChecksumIEEE(header))
	out := append([]byte("7z\xbc\xaf\x27\x1c"), 0, 4)
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(start))
	return bytes.Join([][]byte{out, start, packed, header}, nil)
}

// streams is a list of one packed stream, one folder and its streams.
func streams(at, packed, unpacked int, coder, subs []byte) []byte {
	if coder == nil {
		coder = []byte{1, 0}
	}
	return bytes.Join([][]byte{
		{0x06}, Number(uint64(at)), {1, 0x09}, Number(uint64(packed)), {0}, // packed streams
		{0x07, 0x0b, 1, 0, 1}, coder, {0x0c}, Number(uint64(unpacked)), {0}, // one folder of one coder
		subs, {0},
	}, nil)
}

func (a Archive) header(packed, unpacked int) []byte {
	var sizes, sums, names, attributes []byte
	withData := 0
	empty := make([]byte, (len(a.Files)+7)/8)
	for i, f := range a.Files {
		for _, c := range utf16.Encode([]rune(f.Name + "\x00")) {
			names = binary.LittleEndian.AppendUint16(names, c)
		}
		attributes = binary.LittleEndian.AppendUint32(attributes, f.Attributes)
		if f.Data == "" {
			empty[i/8] |= 0x80 >> (i % 8)
			continue
		}
		if withData > 0 {
			sizes = append(sizes, Number(uint64(len(previous(a.Files[:i]))))...)
		}
		sum := crc32.ChecksumIEEE([]byte(f.Data))
		if a.BendCRC {
			sum++
		}
		sums = binary.LittleEndian.AppendUint32(sums, sum)
		withData++
	}
	count := a.FileCount
	if count == nil {
		count = Number(uint64(len(a.Files)))
	}
	subs := bytes.Join([][]byte{{0x08, 0x0d}, Number(uint64(withData)), {0x09}, sizes, {0x0a, 1}, sums, {0}}, nil)
	if withData == 0 {
		return bytes.Join([][]byte{{1, 0x05}, count, property(0x0e, empty), property(0x11, append([]byte{0}, names...)), {0}, a.Behind, {0}}, nil)
	}
	return bytes.Join([][]byte{
		{1, 0x04}, streams(0, packed, unpacked, a.Coder, subs),
		{0x05}, count, property(0x0e, empty), property(0x11, append([]byte{0}, names...)),
		property(0x15, append([]byte{1, 0}, attributes...)), {0}, a.Behind, {0},
	}, nil)
}

// previous returns the data of the last file that has some.
func previous(files []File) string {
	for i := len(files) - 1; i >= 0; i-- {
		if files[i].Data != "" {
			return files[i].Data
		}
	}
	return ""
}

func property(id byte, body []byte) []byte {
	return bytes.Join([][]byte{{id}, Number(uint64(len(body))), body}, nil)
}
