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
