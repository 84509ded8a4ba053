package executable_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// put writes a number of size bytes at an offset of a header.
func put(h []byte, order binary.ByteOrder, at, size int, n uint64) {
	switch size {
	case 2:
		order.PutUint16(h[at:], uint16(n))
	case 4:
		order.PutUint32(h[at:], uint32(n))
	case 8:
		order.PutUint64(h[at:], n)
	}
}

// elf64 has a segment of 300 bytes at 100, and sections to 500 if there are any.
func elf64(sections uint64) string {
	h := append([]byte(executabletest.ELF()), make([]byte, 56)...)
	le := binary.LittleEndian
	put(h, le, 0x20, 8, 64)
	put(h, le, 0x28, 8, 500-64*sections)
	put(h, le, 0x36, 2, 56)
	put(h, le, 0x38, 2, 1)
	put(h, le, 0x3a, 2, 64)
	put(h, le, 0x3c, 2, sections)
	put(h, le, 64+8, 8, 100)
	put(h, le, 64+0x20, 8, 300)
	return string(h)
}

// elf32 is big-endian, with a segment of 300 bytes at 100.
func elf32() string {
	h := []byte("\x7fELF\x01\x02\x01" + strings.Repeat("\x00", 9) + "\x00\x02\x00\x14" + strings.Repeat("\x00", 32+32))
	be := binary.BigEndian
	put(h, be, 0x1c, 4, 52)
	put(h, be, 0x2a, 2, 32)
	put(h, be, 0x2c, 2, 1)
	put(h, be, 52+4, 4, 100)
	put(h, be, 52+0x10, 4, 300)
	return string(h)
}

// pe has a section of 512 bytes at 1024.
func pe() string {
	h := append([]byte(executabletest.PE()), make([]byte, 0xf0+40)...)
	le := binary.LittleEndian
	put(h, le, 0x46, 2, 1)
	section := len(h) - 40
	put(h, le, section+16, 4, 512)
	put(h, le, section+20, 4, 1024)
	return string(h)
}

func TestExtent(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       uint64
	}{
		{name: "ELF header alone", data: executabletest.ELF(), want: 64},
		{name: "ELF with a segment", data: elf64(0), want: 500},
		{name: "ELF with sections", data: elf64(2), want: 500},
		{name: "ELF of 32 bits, big-endian", data: elf32(), want: 400},
		{name: "PE", data: pe(), want: 1536},
		{name: "WebAssembly", data: "\x00asm\x01\x00\x00\x00\x01\x02ab\x00\x01c\xff", want: 15},
		{name: "WebAssembly, cut", data: "\x00asm\x01\x00\x00\x00\x01\x05ab", want: 8},
		{name: "nothing is known", data: "#!/bin/sh\n", want: 1},
	} {
		budget := hostiletest.Budget(0)
		r := hostile.NewReader(hostile.Bytes("front"+c.data), int64(len(c.data))+5, budget)
		r.Skip(5)
		program, ok := executable.Decode(r)
		if got := program.Extent(r.At(5, uint64(len(c.data)))); !ok || got != c.want {
			t.Errorf("%s: got %d, %v, want %d", c.name, got, ok, c.want)
		}
	}
}
