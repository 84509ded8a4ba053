// Package tartest builds tar archives for tests, honest ones and ones with any
// field bent.
package tartest

import (
	"bytes"
	"fmt"
)

// A Member is one entry.
type Member struct {
	Name string
	Data string
	Type byte   // '0' if zero
	Link string // target
	Pax  string // records of a pax header in front, each made by Record
	GNU  string // long name in front
	// Bend changes the header block before its checksum is computed; Break
	// changes it afterwards.
	Bend, Break func(block []byte)
	NoData      bool // the data is claimed and not there
}

// Record is one pax record.
func Record(key, value string) string {
	for n := len(key) + len(value) + 3; ; n++ {
		if s := fmt.Sprintf("%d %s=%s\n", n, key, value); len(s) == n {
			return s
		}
	}
}

// Build writes an archive of ustar entries, ended by two blocks of zeros.
func Build(members ...Member) []byte { return append(Open(members...), make([]byte, 1024)...) }

// Open is Build without the end.
func Open(members ...Member) []byte {
	var out bytes.Buffer
	for _, m := range members {
		if m.Pax != "" {
			write(&out, Member{Name: "PaxHeaders/" + m.Name[:min(len(m.Name), 20)], Type: 'x', Data: m.Pax})
		}
		if m.GNU != "" {
			write(&out, Member{Name: "././@LongLink", Type: 'L', Data: m.GNU + "\x00"})
		}
		write(&out, m)
	}
	return out.Bytes()
}

func write(out *bytes.Buffer, m Member) {
	b := make([]byte, 512)
	copy(b, m.Name)
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	copy(b[124:], fmt.Sprintf("%011o\x00", len(m.Data)))
	copy(b[136:], "00000000000\x00")
	b[156] = '0'
	if m.Type != 0 {
		b[156] = m.Type
	}
	copy(b[157:], m.Link)
	copy(b[257:], "ustar\x0000")
	if m.Bend != nil {
		m.Bend(b)
	}
	Sum(b)
	if m.Break != nil {
		m.Break(b)
	}
	out.Write(b)
	if m.NoData {
		return
	}
	out.WriteString(m.Data)
	out.Write(make([]byte, -len(m.Data)&511))
}

// Sum computes the checksum of a header block.
func Sum(b []byte) {
	copy(b[148:], "        ")
	n := 0
	for _, c := range b {
		n += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", n))
}
