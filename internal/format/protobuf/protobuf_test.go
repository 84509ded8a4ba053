package protobuf_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// dump lists fields as "number:wire=value", descending into those of number 9.
func dump(m protobuf.Message) string {
	var out []string
	for f := range m.Fields() {
		s := fmt.Sprintf("%d:%d", f.Tag.Number(), f.Tag.Wire())
		switch {
		case f.Tag.Number() == 9 && f.Tag.Wire() != protobuf.Varint:
			s += "{" + dump(f.Message()) + "}"
		case f.Tag.Wire() == protobuf.Bytes:
			s += "=" + f.Text()
		case f.Tag.Wire() != protobuf.Start:
			s += fmt.Sprintf("=%d", f.Uint)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestFields(t *testing.T) {
	const sub = 9<<3 | protobuf.Bytes
	deep := pb.Int(1<<3, 7)
	for range protobuf.MaxDepth + 1 {
		deep = pb.Sub(sub, deep)
	}
	tests := []struct {
		name string
		data []byte
		want string
		kind hostile.Kind // of the fault; 0: none
	}{
		{name: "empty"},
		{name: "scalars", data: pb.Join(pb.Int(1<<3, -1), pb.Fixed32(2<<3|protobuf.Fixed32, 5), pb.Fixed64(3<<3|protobuf.Fixed64, 6)),
			want: "1:0=18446744073709551615 2:5=5 3:1=6"},
		{name: "text", data: pb.Text(2<<3|protobuf.Bytes, "abc"), want: "2:2=abc"},
		{name: "nested", data: pb.Join(pb.Sub(sub, pb.Sub(sub, pb.Int(1<<3, 4))), pb.Int(2<<3, 3)), want: "9:2{9:2{1:0=4}} 2:0=3"},
		{name: "large field number", data: pb.Int((1<<29-1)<<3, 1), want: "536870911:0=1"},
		{name: "group", data: pb.Group(9<<3|protobuf.Start, pb.Int(1<<3, 2), pb.Group(4<<3|protobuf.Start, pb.Text(5<<3|protobuf.Bytes, "x"))),
			want: "9:3{1:0=2 4:3}"},
		{name: "group unread", data: pb.Join(pb.Group(4<<3|protobuf.Start, pb.Int(1<<3, 2)), pb.Int(1<<3, 1)), want: "4:3 1:0=1"},
		{name: "group not ended", data: []byte{4<<3 | 3, 1 << 3, 1}, kind: hostile.Truncated},
		{name: "group ended by another", data: []byte{4<<3 | 3, 5<<3 | 4}, kind: hostile.Malformed},
		{name: "group end alone", data: []byte{4<<3 | 4}, kind: hostile.Malformed},
		{name: "field number 0", data: []byte{2, 0}, kind: hostile.Malformed},
		{name: "wire type 6", data: []byte{1<<3 | 6, 0}, kind: hostile.Malformed},
		{name: "tag of six bytes", data: []byte{0x88, 0x80, 0x80, 0x80, 0x80, 0, 1}, kind: hostile.Malformed},
		{name: "integer of eleven bytes", data: append([]byte{8}, slices.Repeat([]byte{0xff}, 11)...), kind: hostile.Malformed},
		{name: "integer cut", data: []byte{8, 0x80}, kind: hostile.Truncated},
		{name: "length beyond the end", data: []byte{0x12, 5, 'a'}, kind: hostile.Truncated},
		{name: "length of 2^63", data: append([]byte{0x12}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), kind: hostile.Truncated},
		{name: "child past its parent", data: pb.Join(pb.Sub(sub, []byte{0x12, 3, 'a'}), pb.Text(2<<3|protobuf.Bytes, "b")), want: "9:2{}", kind: hostile.Truncated},
		{name: "fixed past its parent", data: pb.Join(pb.Sub(sub, []byte{0x0d, 3}), pb.Text(2<<3|protobuf.Bytes, "bbbb")), want: "9:2{}", kind: hostile.Truncated},
		{name: "too deep", data: deep, want: strings.Repeat("9:2{", protobuf.MaxDepth+1) + strings.Repeat("}", protobuf.MaxDepth+1), kind: hostile.Unsupported},
		{name: "groups too deep", data: slices.Repeat([]byte{1<<3 | 3}, protobuf.MaxDepth+2), kind: hostile.Unsupported},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := hostiletest.Reader(test.data)
			if got := dump(protobuf.Root(r)); got != test.want {
				t.Errorf("fields: got %q, want %q", got, test.want)
			}
			var fault *hostile.Fault
			if errors.As(r.Err(), &fault); test.kind == 0 && r.Err() != nil || test.kind != 0 && (fault == nil || fault.Kind != test.kind) {
				t.Errorf("fault: got %v, want kind %v", r.Err(), test.kind)
			}
		})
	}
}

func TestVarints(t *testing.T) {
	const packed, plain = 1<<3 | protobuf.Bytes, 1 << 3
	r := hostiletest.Reader(pb.Join(pb.Packed(packed, 1, 300, 5), pb.Int(plain, 7)))
	var got []uint64
	for f := range protobuf.Root(r).Fields() {
		got = slices.AppendSeq(got, f.Varints())
	}
	if want := []uint64{1, 300, 5, 7}; !slices.Equal(got, want) || r.Err() != nil {
		t.Errorf("got %v (%v), want %v", got, r.Err(), want)
	}
}

func TestLongValues(t *testing.T) {
	long := strings.Repeat("a", 40<<10)
	r := hostiletest.Reader(pb.Text(1<<3|protobuf.Bytes, long))
	for f := range protobuf.Root(r).Fields() {
		if got := f.Text(); got != long {
			t.Errorf("text: got %d bytes, want %d", len(got), len(long))
		}
		if got := f.Prefix(3); got != "aaa" {
			t.Errorf("prefix: got %q, want aaa", got)
		}
	}
	if held := r.Budget().Held(); held != int64(len(long)) {
		t.Errorf("held: got %d, want %d", held, len(long))
	}
}

func TestAlone(t *testing.T) {
	r := hostiletest.Reader(pb.Join(pb.Sub(9<<3|protobuf.Bytes, []byte{0x12, 9}), pb.Int(1<<3, 1)))
	numbers := 0
	for f := range protobuf.Root(r).Fields() {
		numbers++
		alone := f.Message().Alone()
		for range alone.Fields() {
			t.Errorf("a field was read in a message that holds none")
		}
		if alone.Reader().Err() == nil && f.Tag.Number() == 9 {
			t.Errorf("the broken message has no fault")
		}
	}
	if r.Err() != nil || numbers != 2 {
		t.Errorf("got %d fields and %v, want 2 and no fault", numbers, r.Err())
	}
}

// TestMayStart: what stands in front of the first field of bytes can be read, as far
// as it is here.
func TestMayStart(t *testing.T) {
	for _, c := range []struct {
		first string
		want  bool
	}{
		{"", true}, {"\x0a", true}, {"\x08", true}, {"\x7a", true}, {"\x0b", true}, {"\x0d", true}, {"\x8a", true}, {"\x80", true}, {"\xff", true},
		{"\x00", false}, {"\x02", false}, {"\x0c", false}, {"\x0e", false},
		{"\x08\x01\x12\x00\x00", true}, {"\x08\x01\x00", false}, {"\x08\x80\x80", true}, {"\x09\x01\x02", true},
		{"\x08" + strings.Repeat("\xff", 10), false}, {"\x08" + strings.Repeat("\xff", 9), true}, {"\xff\xff\xff\xff\xff\x01", false},
		{"\x0b\x12\x01\x00\x0c\x00", false}, {"\x0b\x12\x01\x00\x0c\x12", true}, {"\x0b\x12\x7f", true}, {"\x0c\x12", false},
		{"\x0d\x00\x00\x00\x00\x07", false}, {"\x80\x04\x95\x1c\x03\x00\x00", false},
	} {
		if got := protobuf.MayStart([]byte(c.first)); got != c.want {
			t.Errorf("%q: got %v, want %v", c.first, got, c.want)
		}
	}
}
