// Package sqlitetest builds SQLite databases for tests: one page of rows with a
// key and a value, both blobs or both texts, and the pages that long values overflow to.
package sqlitetest

import "encoding/binary"

const (
	pageSize = 512
	most     = pageSize - 35 // of a row in its own page
)

func varint(n int) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	return []byte{byte(n>>7 | 0x80), byte(n & 0x7f)}
}

// Database holds rows of keys and values in turn, which must fit into a page but
// for what overflows. Numbers are below 16384.
func Database(pairs ...[]byte) []byte { return Wide(0, pairs...) }

// Wide is a Database whose rows begin with a number of empty values.
func Wide(empty int, pairs ...[]byte) []byte { return build(empty, blob, pairs) }

// Texts is a Database of texts.
func Texts(pairs ...string) []byte {
	raw := make([][]byte, len(pairs))
	for i, value := range pairs {
		raw[i] = []byte(value)
	}
	return build(0, text, raw)
}

// The least serial types of values (section 2.1 of the format).
const blob, text = 12, 13

func build(empty, kind int, pairs [][]byte) []byte {
	page := make([]byte, pageSize)
	var further []byte
	copy(page, "SQLite format 3\x00")
	binary.BigEndian.PutUint16(page[16:], pageSize)
	page[100] = 0x0d // a leaf of a table
	binary.BigEndian.PutUint16(page[103:], uint16(len(pairs)/2))
	end := pageSize
	for i := 0; i < len(pairs); i += 2 {
		types := append(make([]byte, empty), varint(2*len(pairs[i])+kind)...)
		types = append(types, varint(2*len(pairs[i+1])+kind)...)
		row := append(append(append([]byte{byte(len(types) + 1)}, types...), pairs[i]...), pairs[i+1]...)
		cell := append(varint(len(row)), byte(i+1))
		if local := len(row); local > most {
			least := (pageSize-12)*32/255 - 23
			if local = least + (len(row)-least)%(pageSize-4); local > most {
				local = least
			}
			cell = append(cell, row[:local]...)
			cell = binary.BigEndian.AppendUint32(cell, uint32(2+len(further)/pageSize))
			further = overflow(further, row[local:])
		} else {
			cell = append(cell, row...)
		}
		end -= len(cell)
		copy(page[end:], cell)
		binary.BigEndian.PutUint16(page[108+i:], uint16(end))
	}
	return append(page, further...)
}

// overflow appends the pages of a chain.
func overflow(pages, rest []byte) []byte {
	for len(rest) > 0 {
		page := make([]byte, pageSize)
		n := copy(page[4:], rest)
		if rest = rest[n:]; len(rest) > 0 {
			binary.BigEndian.PutUint32(page, uint32(3+len(pages)/pageSize))
		}
		pages = append(pages, page...)
	}
	return pages
}
