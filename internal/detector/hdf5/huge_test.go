package hdf5_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/hdf5"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

func le64(p []byte, values ...uint64) []byte {
	for _, v := range values {
		p = binary.LittleEndian.AppendUint64(p, v)
	}
	return p
}

// A header is an object header of version 2 in the making: its messages.
type header []byte

func (h header) message(kind byte, body []byte) header {
	h = append(h, kind, byte(len(body)), byte(len(body)>>8), 0) // no flags
	return append(h, body...)
}

// bytes adds what stands before and behind the messages.
func (h header) bytes() []byte {
	p := append([]byte("OHDR"), 2, 2) // version; the size takes 4 bytes
	p = binary.LittleEndian.AppendUint32(p, uint32(len(h)))
	return append(append(p, h...), 0, 0, 0, 0) // no checksum
}

// float32s is the header of a dataset of n numbers whose data is in one piece.
func float32s(n, address uint64) []byte {
	space := le64([]byte{2, 1, 0, 1}, n)                                                    // version 2, one dimension
	float := []byte{0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0} // IEEE, little-endian
	layout := le64([]byte{3, 1}, address, 4*n)                                              // version 3, contiguous
	return header(nil).message(1, space).message(3, float).message(8, layout).bytes()
}

func link(name string, address uint64) []byte {
	return le64(append([]byte{1, 0, byte(len(name))}, name...), address)
}

// attribute is a short text.
func attribute(name, value string) []byte {
	p := []byte{3, 0, byte(len(name) + 1), 0, 8, 0, 4, 0, 0} // version, sizes of name, type and space, character set
	p = append(append(p, name...), 0)
	p = append(p, 0x13, 0, 0, 0, byte(len(value)), 0, 0, 0) // a string of fixed size
	return append(append(p, 2, 0, 0, 0), value...)          // a scalar
}

// weights is a file of two datasets with a hole for data, described behind it.
func weights(hole int64) *hostiletest.Sparse {
	const superblock = 8 + 4 + 4*8 + 4
	root := header(nil).message(0x0C, attribute("model_config", `{"class_name": "Sequential"}`))
	sized := root.message(6, link("a", 0)).message(6, link("b", 0)).bytes()
	data := uint64(superblock + len(sized))
	tail := data + uint64(hole)
	a := float32s(uint64(hole)/8, data)
	b := float32s(uint64(hole)/8, data+uint64(hole)/2)
	end := tail + uint64(len(a)+len(b))

	head := append([]byte("\x89HDF\r\n\x1a\n"), 2, 8, 8, 0) // version, sizes of addresses and lengths, flags
	head = le64(head, 0, ^uint64(0), end, superblock)       // base, extension, end, root
	head = append(head, 0, 0, 0, 0)                         // no checksum
	head = append(head, root.message(6, link("a", tail)).message(6, link("b", tail+uint64(len(a)))).bytes()...)
	return &hostiletest.Sparse{Head: head, Hole: hole, Tail: append(a, b...)}
}

// TestHuge: a model of 3 GiB costs what its structure costs.
func TestHuge(t *testing.T) {
	file := weights(3 << 30)
	var configs []string
	listener := &detector.Detector{
		Name:  "listener",
		Match: func(h *artifact.Head) bool { return h.Depth > 0 },
		Run: func(_ context.Context, p *detector.Pass) error {
			configs = append(configs, p.File.Name())
			return nil
		},
	}
	all := []*detector.Detector{hdf5.Detector, listener}
	detectortest.Huge(t, all, "m.h5", file, 4<<20, 16<<20)
	if len(configs) != 1 {
		t.Errorf("got %q inside, want a configuration", configs)
	}
	short := weights(1 << 20)
	if got := detectortest.ScanFile(all, artifact.File{Path: "m.h5", Content: short, Size: short.Size() - 1}); !got.Unread() {
		t.Error("a file without its last byte is not told")
	}
}
