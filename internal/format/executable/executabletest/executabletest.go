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
