package paddle

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzRead: whatever the bytes, reading ends, operators come in file order, and
// every error is a Fault.
func FuzzRead(f *testing.F) {
	op := pb.Sub(4<<3|protobuf.Bytes, pb.Text(3<<3|protobuf.Bytes, "load"))
	f.Add(pb.Sub(1<<3|protobuf.Bytes, pb.Int(1<<3, 0), pb.Int(2<<3, -1), op))
	f.Add(make([]byte, 40))
	f.Add([]byte(`{"base_code":{"magic":"pir"},"program":{"regions":[{"blocks":[{"ops":[{"#":"1.if","A":[{"N":"n","AT":{"D":["x"]}}],"regions":[]}]}]}]}}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		read := func() *hostile.Reader {
			return hostiletest.Reader(p)
		}
		IsProgram(read())
		last := int64(-1)
		err := Program(read(), func(o Op) {
			if o.Offset <= last || o.Offset >= int64(len(p)) {
				t.Errorf("operator at %d after %d of %d bytes", o.Offset, last, len(p))
			}
			last = o.Offset
		})
		_, err3 := PIR(read(), func(o Op) {
			if o.Offset < 0 || o.Offset >= int64(len(p)) {
				t.Errorf("operator at %d of %d bytes", o.Offset, len(p))
			}
		})
		n, err2 := Parameters(read())
		if n > len(p) {
			t.Errorf("%d parameters in %d bytes", n, len(p))
		}
		for _, err := range []error{err, err2, err3} {
			hostiletest.OnlyFault(t, err)
		}
	})
}
