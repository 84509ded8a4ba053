package mxnet

import (
	"encoding/binary"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

var le = binary.LittleEndian

// floats is a dense array of floats, in version 2.
func floats(dims ...int64) []byte {
	p := le.AppendUint32(nil, arrayV2)
	p = le.AppendUint32(p, 0) // dense
	p = le.AppendUint32(p, uint32(len(dims)))
	n := int64(4)
	for _, d := range dims {
		p = le.AppendUint64(p, uint64(d))
		n *= d
	}
	p = append(p, make([]byte, 8)...) // device
	p = le.AppendUint32(p, 0)         // float32
	return append(p, make([]byte, n)...)
}

// list is a parameter file of arrays and as many names.
func list(arrays ...[]byte) []byte {
	p := le.AppendUint64(nil, Magic)
	p = le.AppendUint64(p, 0)
	p = le.AppendUint64(p, uint64(len(arrays)))
	for _, a := range arrays {
		p = append(p, a...)
	}
	p = le.AppendUint64(p, uint64(len(arrays)))
	for range arrays {
		p = append(le.AppendUint64(p, 5), "arg:w"...)
	}
	return p
}

func TestParameters(t *testing.T) {
	p := list(floats(2, 3), floats(4))
	l, err := Parameters(hostiletest.Reader(p))
	if err != nil || l.Arrays != 2 || l.Names != 2 || l.End != int64(len(p)) {
		t.Fatalf("got %+v (%v), want 2 arrays and names to %d", l, err, len(p))
	}
	for n := range p {
		if _, err := Parameters(hostiletest.Reader(p[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes are whole", n, len(p))
		}
	}
}

// FuzzParameters: whatever the bytes, reading ends in them, and every error is a
// Fault.
func FuzzParameters(f *testing.F) {
	f.Add(list(floats(2, 3)))
	f.Fuzz(func(t *testing.T, p []byte) {
		l, err := Parameters(hostiletest.Reader(p))
		if l.End > int64(len(p)) {
			t.Errorf("the end at %d of %d bytes", l.End, len(p))
		}
		hostiletest.OnlyFault(t, err)
	})
}
