package npy_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/npy"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// file is an array file of a version with the text of a header and no data.
func file(major, minor byte, text string) []byte {
	out := append([]byte(npy.Magic), major, minor)
	if major <= 1 {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(text)))
	} else {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
	}
	return append(out, text...)
}

func header(descr string) string {
	return "{'descr': " + descr + ", 'fortran_order': False, 'shape': (2,), }\n"
}

func TestDecode(t *testing.T) {
	const three = `'fortran_order': True, 'shape': (2, 3)}`
	for _, c := range []struct {
		name    string
		data    []byte
		dtype   npy.DType
		shape   []uint64
		fortran bool
		size    uint64
	}{
		{name: "version 1", data: file(1, 0, header("'<f8'")), dtype: npy.DType{Known: true, Size: 8}, shape: []uint64{2}, size: 16},
		{name: "version 2", data: file(2, 0, `{'descr': '|u1', `+three), dtype: npy.DType{Known: true, Size: 1},
			shape: []uint64{2, 3}, fortran: true, size: 6},
		{name: "version 3", data: file(3, 0, `{'descr': [('é', '<i4')], `+three), dtype: npy.DType{Known: true, Size: 4},
			shape: []uint64{2, 3}, fortran: true, size: 24},
		{name: "no dimensions", data: file(1, 0, `{'descr':'<M8[ns]','fortran_order':False,'shape':()}`),
			dtype: npy.DType{Known: true, Size: 8}, size: 8},
		{name: "Python 2", data: file(1, 0, `{'descr':'<U3','fortran_order':False,'shape':(2L,0x10)}`),
			dtype: npy.DType{Known: true, Size: 12, Text: 4}, shape: []uint64{2, 16}, size: 384},
		{name: "empty beside huge", data: file(1, 0, `{'descr':'|b1','fortran_order':False,'shape':(9223372036854775807,9,0)}`),
			dtype: npy.DType{Known: true, Size: 1}, shape: []uint64{9223372036854775807, 9, 0}},
		{name: "objects", data: file(1, 0, header("'|O'")), dtype: npy.DType{Known: true, Object: true, Size: 8}, shape: []uint64{2}, size: 16},
		{name: "a field of objects", data: file(1, 0, header("[('a', '<i4'), ('b', [('c', '|O', (2,))])]")),
			dtype: npy.DType{Known: true, Object: true, Size: 20}, shape: []uint64{2}, size: 40},
		{name: "array of objects", data: file(1, 0, header("('O', 3)")), dtype: npy.DType{Known: true, Object: true, Size: 24}, shape: []uint64{2}, size: 48},
		{name: "odd spelling of objects", data: file(1, 0, "\t{ # comment\n \"shape\" : (2 , ) ,\\\n 'descr':'<f8',  u'de' '''scr''':('|' \"\\x4f\"),'fortran_order':False,}"),
			dtype: npy.DType{Known: true, Object: true, Size: 8}, shape: []uint64{2}, size: 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := npy.Decode(hostiletest.Reader(c.data))
			if err != nil {
				t.Fatal(err)
			}
			size, ok := h.Size()
			if h.DType != c.dtype || !slices.Equal(h.Shape, c.shape) || h.Fortran != c.fortran || size != c.size || !ok || h.Data != int64(len(c.data)) {
				t.Errorf("got %+v of %d bytes, want %+v", h, size, c)
			}
		})
	}
}

func TestDecodeFaults(t *testing.T) {
	const ok = `{'descr':'|O','fortran_order':False,'shape':()}`
	for _, c := range []struct {
		name   string
		data   []byte
		kind   hostile.Kind
		object bool // the dtype is known all the same
	}{
		{name: "empty", kind: hostile.Truncated},
		{name: "other signature", data: []byte("\x93NUMPX\x01\x00\x00\x00"), kind: hostile.Malformed},
		{name: "cut", data: file(1, 0, ok)[:30], kind: hostile.Truncated},
		{name: "huge", data: []byte(npy.Magic + "\x02\x00\xff\xff\xff\xff{}"), kind: hostile.Unsupported},
		{name: "version 9.9", data: file(9, 9, ok), kind: hostile.Unsupported, object: true},
		{name: "version 0", data: file(0, 0, ok), kind: hostile.Unsupported, object: true},
		{name: "not UTF-8", data: file(3, 0, "\xff"), kind: hostile.Malformed},
		{name: "text behind", data: file(1, 0, ok+"x"), kind: hostile.Malformed},
		{name: "a member too many", data: file(1, 0, ok[:len(ok)-1]+",'x':1}"), kind: hostile.Malformed, object: true},
		{name: "a member missing", data: file(1, 0, `{'descr':'|O','shape':()}`), kind: hostile.Malformed, object: true},
		{name: "a list for the shape", data: file(1, 0, `{'descr':'|O','fortran_order':False,'shape':[]}`), kind: hostile.Malformed, object: true},
		{name: "negative", data: file(1, 0, `{'descr':'|O','fortran_order':False,'shape':(-1,)}`), kind: hostile.Malformed, object: true},
		{name: "a float in the shape", data: file(1, 0, `{'descr':'|O','fortran_order':False,'shape':(1.5,)}`), kind: hostile.Malformed, object: true},
		{name: "a call", data: file(1, 0, `dict(descr='|O')`), kind: hostile.Malformed},
		{name: "a set", data: file(1, 0, `{'descr','shape'}`), kind: hostile.Malformed},
		{name: "open string", data: file(1, 0, `{'descr`), kind: hostile.Malformed},
		{name: "Unicode name", data: file(1, 0, `{'descr':'\N{VERTICAL LINE}O'}`), kind: hostile.Malformed},
		{name: "deep", data: file(1, 0, strings.Repeat("(", 300)), kind: hostile.Malformed},
		{name: "L in version 3", data: file(3, 0, `{'descr':'|O','fortran_order':False,'shape':(2L,)}`), kind: hostile.Malformed, object: true},
		{name: "unknown dtype", data: file(1, 0, header("'i4,O'")), kind: hostile.Unsupported},
		{name: "bytes for a dtype", data: file(1, 0, header("b'O'")), kind: hostile.Unsupported},
	} {
		h, err := npy.Decode(hostiletest.Reader(c.data))
		var f *hostile.Fault
		if !errors.As(err, &f) || f.Kind != c.kind || h.DType.Object != c.object {
			t.Errorf("%s: got %v (objects: %v), want %v (objects: %v)", c.name, err, h.DType.Object, c.kind, c.object)
		}
	}
}

func TestSize(t *testing.T) {
	h, err := npy.Decode(hostiletest.Reader(file(1, 0, `{'descr':'<f8','fortran_order':False,'shape':(4611686018427387904,)}`)))
	if err != nil {
		t.Fatal(err)
	}
	if size, ok := h.Size(); ok {
		t.Errorf("got %d bytes, want an overflow", size)
	}
}

func TestDTypes(t *testing.T) {
	for _, c := range []struct {
		descr string
		want  npy.DType
	}{
		{"'?'", npy.DType{Known: true, Size: 1}},
		{"'>c16'", npy.DType{Known: true, Size: 16}},
		{"'|S10'", npy.DType{Known: true, Size: 10, Text: 1}},
		{"'|V7'", npy.DType{Known: true, Size: 7}},
		{"'S'", npy.DType{Known: true, Text: 1}},
		{"'object'", npy.DType{Known: true, Object: true, Size: 8}},
		{"[('', '|V4'), (('title', 'n'), '<f4', (2, 2))]", npy.DType{Known: true, Size: 20}},
		{"[]", npy.DType{Known: true}},
		{"[('a', '|O'), ('b', 'wrong')]", npy.DType{Object: true, Size: 8}},
		{"[('a',)]", npy.DType{}},
		{"('<i4', (9223372036854775807, 9))", npy.DType{}},
		{"'<<f8'", npy.DType{}},
		{"'f3'", npy.DType{}},
		{"None", npy.DType{}},
	} {
		h, _ := npy.Decode(hostiletest.Reader(file(1, 0, header(c.descr))))
		if h.DType != c.want {
			t.Errorf("%s: got %+v, want %+v", c.descr, h.DType, c.want)
		}
	}
}

// FuzzDecode: the cursor stays in the window and sound headers say where the
// data is.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(header("'<f8'")), byte(1))
	f.Add([]byte(header("[('a', '<i4'), ('b', [('c', '|O', (2L,))])]")), byte(2))
	f.Add([]byte("\t{ # c\n \"s\" 'x': r'\\x' \"\"\"y\"\"\",\\\n 'd':-0x1_0, 1:None}"), byte(3))
	f.Fuzz(func(t *testing.T, text []byte, version byte) {
		data := file(version, 0, string(text[:min(len(text), 65535)]))
		r := hostiletest.Reader(data)
		h, err := npy.Decode(r)
		if r.Offset() > int64(len(data)) {
			t.Errorf("%q: the cursor is at %d of %d", data, r.Offset(), len(data))
		}
		if err == nil && (h.Data != int64(len(data)) || !h.DType.Known) {
			t.Errorf("%q: %+v", data, h)
		}
	})
}

func ExampleDecode() {
	data := file(1, 0, "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}")
	h, err := npy.Decode(hostiletest.Reader(data))
	fmt.Println(h.DType.Object, h.Shape, err)
	// Output: true [3] <nil>
}
