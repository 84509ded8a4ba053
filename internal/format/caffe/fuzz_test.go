package caffe_test

import (
	"errors"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/caffe"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzWalk: in either form, layers stand in the file, what is kept of them is
// bounded, and every error is a Fault.
func FuzzWalk(f *testing.F) {
	const byts = protobuf.Bytes
	f.Add(pb.Sub(100<<3|byts, pb.Text(1<<3|byts, "l"), pb.Text(2<<3|byts, "Python"), pb.Sub(130<<3|byts, pb.Text(1<<3|byts, "m"))))
	f.Add(pb.Sub(100<<3|byts, pb.Sub(107<<3|byts, pb.Text(1<<3|byts, "source"))))
	f.Add(pb.Sub(2<<3|byts, pb.Text(4<<3|byts, "l"), pb.Sub(14<<3|byts, pb.Text(1<<3|byts, "f")), pb.Sub(1<<3|byts, pb.Text(16<<3|byts, "s"))))
	f.Add([]byte(`layers { name: "l" type: DATA data_param { source: "s" } layer { type: "data" meanfile: "m" } }`))
	f.Add([]byte(`layer { name: "l" type: "Python" python_param { module: "m" layer: "c" } hdf5_output_param { file_name: "f" } }`))
	f.Fuzz(func(t *testing.T, p []byte) {
		reader := func() *hostile.Reader {
			return hostiletest.Reader(p)
		}
		check := func(l caffe.Layer) {
			if l.Offset < 0 || l.Offset > int64(len(p)) || len(l.Files) > 100 || len(l.Module) > 4<<10 {
				t.Errorf("%+v in %d bytes", l, len(p))
			}
		}
		var fault *hostile.Fault
		for form, walk := range map[string]func(*hostile.Reader, func(caffe.Layer)) error{"binary": caffe.Walk, "text": caffe.Text} {
			if err := walk(reader(), check); err != nil && !errors.As(err, &fault) {
				t.Errorf("%s: got %T %v, want a *hostile.Fault", form, err, err)
			}
		}
		caffe.Looks(reader())
	})
}
