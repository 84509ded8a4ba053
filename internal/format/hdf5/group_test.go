package hdf5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestOneName: a name that many links of a group have is charged for each.
func TestOneName(t *testing.T) {
	const links, entry, size = 10_000, 40, 30_000
	node := binary.LittleEndian.AppendUint16([]byte("SNOD\x01\x00"), links)
	node = append(node, make([]byte, links*entry)...) // whose name stands at 0 of the heap
	name := bytes.Repeat([]byte("n"), size)
	r := hostiletest.Reader(append(node, name...))
	f := &File{r: r, offsetSize: 8, lengthSize: 8}
	visited := 0
	err := f.symbolNode(0, f.at(uint64(len(node)), size), func(Link) { visited++ })
	var fault *hostile.Fault
	if !errors.As(err, &fault) || fault.Limit != hostile.LimitMemory || visited == 0 || visited == links {
		t.Errorf("got %d of %d links, %v, want the memory limit", visited, links, err)
	}
}

// TestSecondMessage: of two messages that an object has one of, the first counts, and
// the other is told.
func TestSecondMessage(t *testing.T) {
	f := &File{offsetSize: 8, lengthSize: 8}
	var o Object
	var d Dataset
	text, number := "\x13\x00\x00\x00\x05\x00\x00\x00", "\x10\x00\x00\x00\x04\x00\x00\x00"
	first := f.message(&o, &d, message{kind: msgDatatype, body: hostiletest.Reader(text)})
	err := f.message(&o, &d, message{kind: msgDatatype, body: hostiletest.Reader(number)})
	if first != nil || err == nil || d.Type.Class != String {
		t.Errorf("got %v, %v and a datatype of class %d, want that of the first and a fault", first, err, d.Type.Class)
	}
}
