// Package dbmtest builds databases of keys and values for tests.
package dbmtest

import "encoding/binary"

// GDBM is a database of GNU dbm with one bucket of keys and values in turn, as a
// machine of 64 bits writes it, in either order of bytes.
func GDBM(order binary.AppendByteOrder, pairs ...[]byte) []byte {
	const block, header, element = 512, 112, 24
	elements := (block-header-element)/element + 1
	file := order.AppendUint32(nil, 0x13579acf)
	file = order.AppendUint32(file, block)
	file = order.AppendUint64(file, block) // where the directory is
	for _, v := range []int{16, 1, block, elements} {
		file = order.AppendUint32(file, uint32(v))
	}
	file = append(file, make([]byte, block-len(file))...)
	file = order.AppendUint64(order.AppendUint64(file, 2*block), 2*block) // both halves of the directory
	file = append(file, make([]byte, 2*block-len(file))...)

	var data []byte
	file = append(file, make([]byte, header)...)
	for i := range elements {
		if 2*i >= len(pairs) {
			file = append(order.AppendUint32(file, 0xffffffff), make([]byte, element-4)...)
			continue
		}
		key, value := pairs[2*i], pairs[2*i+1]
		file = order.AppendUint32(file, uint32(i))
		file = append(file, (string(key) + "\x00\x00\x00\x00")[:4]...)
		file = order.AppendUint64(file, uint64(3*block+len(data)))
		file = order.AppendUint32(order.AppendUint32(file, uint32(len(key))), uint32(len(value)))
		data = append(append(data, key...), value...)
	}
	file = append(file, make([]byte, 3*block-len(file))...)
	return append(file, data...)
}

// PageSize is that of the databases that Berkeley makes.
const PageSize = 512

// Types of a database of Berkeley DB.
const (
	Btree = 5
	Hash  = 13
)

// Berkeley is a database of Berkeley DB with one leaf, of a tree or of a hash
// table, which holds keys and values in turn; what is longer than overflows
// bytes lies on pages of its own.
func Berkeley(order binary.AppendByteOrder, kind byte, overflows int, pairs ...[]byte) []byte {
	magic := uint32(0x053162)
	if kind == Hash {
		magic = 0x061561
	}
	file := order.AppendUint32(make([]byte, 12), magic)
	file = order.AppendUint32(file, 9)
	file = append(order.AppendUint32(file, PageSize), 0, kind+4)
	file = append(file, make([]byte, PageSize-len(file))...)

	var places, items, chains []byte
	for _, p := range pairs {
		item := itemOf(order, kind, p)
		if len(p) > overflows {
			item = offPage(order, kind, 2+len(chains)/PageSize, len(p))
			chains = append(chains, chain(order, 2+len(chains)/PageSize, p)...)
		}
		items = append(item, items...)
		places = append(places, u16(order, PageSize-len(items))...)
	}
	leaf := append(order.AppendUint32(order.AppendUint32(make([]byte, 8), 1), 0), 0, 0, 0, 0) // numbers of the page, of the ones before and behind
	leaf = append(leaf, u16(order, len(pairs))...)
	leaf = append(leaf, 0, 0, 1, kind)
	leaf = append(leaf, places...)
	leaf = append(leaf, make([]byte, PageSize-len(leaf)-len(items))...)
	return append(append(append(file, leaf...), items...), chains...)
}

func u16(order binary.AppendByteOrder, n int) []byte { return order.AppendUint16(nil, uint16(n)) }

func itemOf(order binary.AppendByteOrder, kind byte, p []byte) []byte {
	if kind == Hash {
		return append([]byte{1}, p...)
	}
	return append(append(u16(order, len(p)), 1), p...)
}

func offPage(order binary.AppendByteOrder, kind byte, page, size int) []byte {
	head := []byte{3, 0, 0, 0}
	if kind != Hash {
		head = []byte{0, 0, 3, 0}
	}
	return order.AppendUint32(order.AppendUint32(head, uint32(page)), uint32(size))
}

// chain is the pages that p takes, the first of a number.
func chain(order binary.AppendByteOrder, number int, p []byte) []byte {
	const header, overflow = 26, 7
	var out []byte
	for len(p) > 0 {
		n := min(len(p), PageSize-header)
		next := number + 1
		if n == len(p) {
			next = 0
		}
		page := order.AppendUint32(make([]byte, 8), uint32(number))
		page = order.AppendUint32(order.AppendUint32(page, 0), uint32(next))
		page = append(append(page, u16(order, 1)...), u16(order, n)...)
		page = append(append(page, 0, overflow), p[:n]...)
		out = append(out, append(page, make([]byte, PageSize-len(page))...)...)
		p, number = p[n:], number+1
	}
	return out
}
