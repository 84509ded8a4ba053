package numpy_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/numpy"
)

// array is an array file: the literal of its header and the data.
func array(descr, shape, data string) []byte {
	text := "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n"
	out := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	return append(append(out, text...), data...)
}

const (
	pair   = "0123456789abcdef"
	pickle = "\x80\x02]q\x00."
)

// unpickler stands for the detector that knows pickles.
var unpickler = &detector.Detector{
	Name:  "unpickler",
	Match: func(h *artifact.Head) bool { return h.HasPrefix("\x80\x02") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("pickle")
		return nil
	},
}

func TestDetector(t *testing.T) {
	floats := array("'<f8'", "(2,)", pair)
	detectortest.Run(t, numpy.Detector, []detectortest.Case{
		{Name: "floats", File: "a.npy", Data: floats},
		{Name: "scalar", Data: array("'<c16'", "()", pair)},
		{Name: "nothing", Data: array("'<f8'", "(0, 3)", "")},
		{Name: "structured", Data: array("[('a', '<f8'), ('b', '|S8')]", "(1,)", pair)},
		{Name: "saved twice", Data: slices.Concat(floats, floats), AnyPrefix: "the first array is a file of its own"},
		{Name: "too short", Data: array("'<f8'", "(3,)", pair), Unread: true},
		{Name: "too large", Data: array("'<f8'", "(4611686018427387904,)", pair), Unread: true},
		{Name: "unknown version", Data: append([]byte("\x93NUMPY\x09"), floats[7:]...), Unread: true},
		{Name: "no header", Data: []byte("\x93NUMPY\x01\x00\xff\xff{"), Unread: true},
		{Name: "objects", Data: array("'|O'", "(1,)", pickle), Want: []string{"numpy-object-array"}},
		{Name: "objects of an unknown version", Data: append([]byte("\x93NUMPY\x01\x01"), array("'|O'", "(1,)", pickle)[8:]...),
			Want: []string{"numpy-object-array"}, Unread: true},
		{Name: "pickle behind", Data: append(floats[:len(floats):len(floats)], pickle...), Want: []string{"numpy-hidden-content"}},
		{Name: "padding", Data: append(floats[:len(floats):len(floats)], 0, 0), Want: []string{"numpy-trailing-bytes"}},
	}, unpickler)
}

// TestManyArrays: the memory that one header takes is there for the next.
func TestManyArrays(t *testing.T) {
	data := bytes.Repeat(array("'<f8'", "(2,)", pair), 60_000)
	if got := detectortest.Scan([]*detector.Detector{numpy.Detector}, "a.npy", data); got.Status != audit.Clean {
		t.Errorf("got %s (%s), want %s", got.Status, got.Reason, audit.Clean)
	}
}

// TestHandedOn: whatever may be unpickled is scanned, and under which name.
func TestHandedOn(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{name: "objects", data: array("'|O'", "(1,)", pickle), want: []string{"objects.pkl"}},
		{name: "unknown dtype", data: array("'i4,O'", "(1,)", pickle), want: []string{"data of unknown type"}},
		{name: "header that is no literal", data: array("'|O' if 1 else 2", "(1,)", pickle), want: []string{"data of unknown type"}},
		{name: "behind", data: array("'|u1'", "()", "x"+pickle), want: []string{"bytes behind the array"}},
		{name: "numbers", data: array("'|u1'", "(6,)", "\x01\x02\x03\x04\x05\x06")},
		{name: "bytes that start as a pickle", data: array("'|u1'", "(6,)", pickle), want: []string{"data"}},
		{name: "bytes that start as a gzip stream", data: array("'<u4'", "(3,)", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c"), want: []string{"data"}},
	} {
		var got []string
		spy := &detector.Detector{Name: "spy", Match: func(h *artifact.Head) bool {
			if h.Depth > 0 {
				got = append(got, h.Name)
			}
			return false
		}}
		detectortest.Scan([]*detector.Detector{numpy.Detector, spy}, "", c.data)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
