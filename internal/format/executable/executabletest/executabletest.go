// Package executabletest builds headers of programs for tests. They run nowhere.
package executabletest

import (
	"encoding/binary"
	"strings"
)

// ELF returns the header of a shared object for x86-64, and nothing behind it.
func ELF() string {
	h := []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9)) // 64 bits, little-endian, version 1
	h = binary.LittleEndian.AppendUint16(h, 3)                     // e_type: ET_DYN
	h = binary.LittleEndian.AppendUint16(h, 62)                    // e_machine: EM_X86_64
	h = binary.LittleEndian.AppendUint32(h, 1)                     // e_version
	return string(h) + strings.Repeat("\x00", 64-len(h))
}

// PE returns the headers of an executable for x86-64, and nothing behind them.
func PE() string {
	dos := "MZ" + strings.Repeat("\x00", 0x3a) + "\x40\x00\x00\x00" // e_lfanew
	h := binary.LittleEndian.AppendUint16([]byte("PE\x00\x00"), 0x8664)
	h = append(h, make([]byte, 14)...)
	h = binary.LittleEndian.AppendUint16(h, 0xf0)   // SizeOfOptionalHeader
	h = binary.LittleEndian.AppendUint16(h, 0x0022) // executable, large addresses
	return dos + string(h)
}

// Object returns an object file for x86-64 that asks for symbols: a header, the
// symbol table, the names, and the headers of the two sections.
func Object(symbols ...string) string {
	const header, symbol, none, table, names = 64, 24, 0, 2, 3 // sizes, and types of sections
	text := "\x00"
	entries := make([]byte, symbol)
	for _, s := range symbols {
		entry := binary.LittleEndian.AppendUint32(nil, uint32(len(text)))
		entries = append(append(entries, entry...), make([]byte, symbol-4)...)
		text += s + "\x00"
	}
	h := []byte(ELF())
	binary.LittleEndian.PutUint16(h[16:], 1) // e_type: ET_REL
	binary.LittleEndian.PutUint64(h[0x28:], uint64(header+len(entries)+len(text)))
	binary.LittleEndian.PutUint16(h[0x3a:], header)
	binary.LittleEndian.PutUint16(h[0x3c:], 3)
	section := func(kind uint32, at, size int, link uint32) string {
		s := make([]byte, header)
		binary.LittleEndian.PutUint32(s[4:], kind)
		binary.LittleEndian.PutUint64(s[0x18:], uint64(at))
		binary.LittleEndian.PutUint64(s[0x20:], uint64(size))
		binary.LittleEndian.PutUint32(s[0x28:], link)
		return string(s)
	}
	return string(h) + string(entries) + text + section(none, 0, 0, 0) + section(table, header, len(entries), 2) +
		section(names, header+len(entries), len(text), 0)
}
