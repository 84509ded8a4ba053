package protobuf_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzFields: whatever the bytes, offsets increase, no field leaves its message,
// and the fields of the top level are those that protowire sees.
func FuzzFields(f *testing.F) {
	f.Add(pb.Join(pb.Int(1<<3, -1), pb.Text(2<<3|protobuf.Bytes, "abc"), pb.Group(3<<3|protobuf.Start, pb.Int(1<<3, 2))))
	f.Add([]byte{4<<3 | 3, 4<<3 | 3, 4<<3 | 4, 4<<3 | 4, 8, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := hostiletest.Reader(data)
		rest, may := data, protobuf.MayStart(data[:min(len(data), 64)])
		for field := range protobuf.Root(r).Fields() {
			if !may && field.Tag.Wire() == protobuf.Bytes && r.Err() == nil {
				t.Fatalf("no message may start like that, but there is a field of bytes at %d", field.At)
			}
			start, end := field.Body()
			if at := int64(len(data) - len(rest)); field.At != at || start < at || end < start || end > int64(len(data)) {
				t.Fatalf("field at %d has body %d to %d, want it at %d of %d", field.At, start, end, at, len(data))
			}
			number, wire, n := protowire.ConsumeField(rest)
			if n < 0 && strings.Contains(protowire.ParseError(n).Error(), "overflow") {
				return // the tenth byte of an integer: parsers differ on its upper bits, we take it
			}
			if n < 0 {
				t.Fatalf("at %d: protowire refuses (%v) what was read as %v", field.At, protowire.ParseError(n), field.Tag)
			}
			if int32(number) != field.Tag.Number() || protobuf.Tag(wire) != field.Tag.Wire() {
				t.Fatalf("at %d: got %d:%d, protowire says %d:%d", field.At, field.Tag.Number(), field.Tag.Wire(), number, wire)
			}
			descend(t, field)
			if r.Err() != nil {
				return
			}
			rest = rest[n:]
		}
		if r.Err() == nil && len(rest) != 0 {
			t.Fatalf("%d bytes were not read and there is no fault", len(rest))
		}
	})
}

// descend reads the value of a field in every way.
func descend(t *testing.T, f protobuf.Field) {
	if f.Tag.Wire() != protobuf.Bytes {
		return
	}
	if got := int64(len(f.Bytes())); got != f.Len() {
		t.Fatalf("field at %d: got %d bytes, want %d", f.At, got, f.Len())
	}
	alone := f.Message().Alone()
	for inner := range alone.Fields() {
		if start, end := inner.Body(); start < alone.Start() || end > alone.End() {
			t.Fatalf("field at %d leaves its message: %d to %d of %d to %d", inner.At, start, end, alone.Start(), alone.End())
		}
	}
}
