package caffe_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/caffe"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
)

const byts = protobuf.Bytes

// ends is why a prefix may be whole: messages have no end of their own.
const ends = "a network may have fewer layers"

// network is a NetParameter with a name and layers.
func network(layers ...[]byte) []byte {
	return pb.Join(pb.Text(1<<3|byts, "net"), pb.Join(layers...))
}

// layer is a LayerParameter with a blob of two numbers.
func layer(kind string, parameters ...[]byte) []byte {
	blob := pb.Sub(7<<3|byts, pb.Sub(7<<3|byts, pb.Packed(1<<3|byts, 2)), pb.Text(5<<3|byts, "12345678"))
	return pb.Sub(100<<3|byts, pb.Text(1<<3|byts, "l"), pb.Text(2<<3|byts, kind), blob, pb.Join(parameters...))
}

func module(name, class string) []byte {
	return pb.Sub(130<<3|byts, pb.Text(1<<3|byts, name), pb.Text(2<<3|byts, class), pb.Text(3<<3|byts, "{'x': 1}"))
}

func path(parameter, field protobuf.Tag, value string) []byte {
	return pb.Sub(parameter<<3|byts, pb.Text(field<<3|byts, value))
}

func TestDetector(t *testing.T) {
	imports, calls := []string{"caffe-python-layer"}, []string{"caffe-python-dangerous"}
	old := func(more ...[]byte) []byte {
		return pb.Sub(2<<3|byts, pb.Text(4<<3|byts, "l"), pb.Int(5<<3|protobuf.Varint, 4), pb.Join(more...))
	}
	oldest := func(kind string, more ...[]byte) []byte {
		return pb.Sub(2<<3|byts, pb.Sub(1<<3|byts, pb.Text(1<<3|byts, "l"), pb.Text(2<<3|byts, kind), pb.Join(more...)))
	}
	detectortest.Run(t, caffe.Detector, []detectortest.Case{
		{Name: "network", File: "m.caffemodel", Data: network(layer("Convolution"), layer("ReLU")), AnyPrefix: ends},
		{Name: "under no name", Data: network(layer("Convolution"))},
		{Name: "behind fields that no parser knows, and a layer without a name",
			Data: append(bytes.Repeat(pb.Int(99<<3|protobuf.Varint, 1), 65), network(pb.Sub(100<<3|byts), layer("Python", module("os", "system")))...), Want: calls},
		{Name: "form before", File: "m.caffemodel", Data: network(old())},
		{Name: "form before writes outside", Data: network(old(path(14, 1, "/etc/cron.d/x"))), Want: []string{"caffe-writes-outside"}},
		{Name: "form before reads secrets", Data: network(old(), old(path(15, 12, "/root/.ssh/id_rsa"))), Want: []string{"caffe-reads-sensitive"}},
		{Name: "oldest form", Data: network(oldest("conv"))},
		{Name: "oldest form writes outside", Data: network(oldest("hdf5_output", path(1001, 1, "../../x"))), Want: []string{"caffe-writes-outside"}},
		{Name: "oldest form reads secrets", Data: network(oldest("images", pb.Text(16<<3|byts, "/etc/shadow"))), Want: []string{"caffe-reads-sensitive"}},
		{Name: "oldest form reads a secret mean", Data: network(oldest("data", pb.Text(18<<3|byts, "/etc/shadow"))), Want: []string{"caffe-reads-sensitive"}},
		{Name: "many paths", Data: network(layer("HDF5Output", bytes.Repeat(path(113, 1, "out.h5"), 100), path(113, 1, "/etc/cron.d/x"))), Unread: true},
		{Name: "data for training", Data: network(layer("Data", path(107, 1, "/data/train_lmdb"), path(100, 4, "../mean.binaryproto")))},
		{Name: "writes beside", Data: network(layer("HDF5Output", path(113, 1, "out.h5")))},
		{Name: "Python", Data: network(layer("Python", module("rpn.proposal_layer", "ProposalLayer"))), Want: imports},
		{Name: "Python by the parameter alone", Data: network(layer("Other", module("mine", "Layer"))), Want: imports},
		{Name: "dangerous", Data: network(layer("ReLU"), layer("Python", module("os", "system"))), Want: calls},
		{Name: "split over two parameters", Data: network(layer("Python", pb.Sub(130<<3|byts, pb.Text(1<<3|byts, "os")), pb.Sub(130<<3|byts, pb.Text(2<<3|byts, "system")))), Want: calls},
		{Name: "writes outside", Data: network(layer("HDF5Output", path(113, 1, "/etc/cron.d/x"))), Want: []string{"caffe-writes-outside"}},
		{Name: "reads secrets", Data: network(layer("ImageData", path(115, 1, "/root/.ssh/id_rsa"))), Want: []string{"caffe-reads-sensitive"}},
		{Name: "no layers", File: "m.caffemodel", Data: network(), Unread: true},
		{Name: "no message", File: "m.caffemodel", Data: []byte("not a network"), Unread: true},
	})
}

func TestText(t *testing.T) {
	const comments = "text has no end that could be missing"
	of := func(kind, more string) []byte {
		return []byte("name: \"net\"\ninput: \"data\"\nlayer {\n  name: \"l\"\n  type: \"" + kind + "\"\n  bottom: \"data\"\n  " + more + "\n}\n")
	}
	detectortest.Run(t, caffe.Text, []detectortest.Case{
		{Name: "network", File: "deploy.prototxt", Data: of("Convolution", "convolution_param { num_output: 2 kernel_size: 3 }"), AnyPrefix: comments},
		{Name: "under no name", Data: of("ReLU", ""), AnyPrefix: comments},
		{Name: "Python", File: "deploy.prototxt", Data: of("Python", `python_param { module: "mine" layer: "Layer" }`), Want: []string{"caffe-python-layer"}},
		{Name: "dangerous", Data: of("Python", `python_param < module: "o" 's' layer: "sys\164em" >`), Want: []string{"caffe-python-dangerous"}},
		{Name: "writes outside", Data: of("HDF5Output", `hdf5_output_param { file_name: "../../x" }`), Want: []string{"caffe-writes-outside"}},
		{Name: "form before", File: "deploy.prototxt", Data: []byte("layers {\n name: \"l\" type: HDF5_OUTPUT hdf5_output_param { file_name: \"/etc/cron.d/x\" }\n}\n"), Want: []string{"caffe-writes-outside"}},
		{Name: "oldest form", Data: []byte("layers {\n layer { name: \"l\" type: \"data\" source: \"/etc/shadow\" }\n}\n"), Want: []string{"caffe-reads-sensitive"}},
		{Name: "reads secrets", Data: of("Data", `data_param { source: "/etc/shadow" }`), Want: []string{"caffe-reads-sensitive"}},
		{Name: "broken behind", File: "deploy.prototxt", Data: append(of("Python", `python_param { module: "os" layer: "system" }`), "layer { name: \n"...),
			Want: []string{"caffe-python-dangerous"}, Unread: true},
	})
}

// TestNotOurs: messages and texts of other kinds are left alone.
func TestNotOurs(t *testing.T) {
	for name, data := range map[string]string{
		"solver.prototxt": "net: \"train.prototxt\"\nbase_lr: 0.01\n", "notes.txt": "layer {", "m.bin": "\x0a\x03abc\x12\x02xy",
	} {
		if got := detectortest.Scan([]*detector.Detector{caffe.Detector, caffe.Text}, name, []byte(data)); got.Status != audit.NotAModel {
			t.Errorf("%s: got %s (%s), want %s", name, got.Status, got.Reason, audit.NotAModel)
		}
	}
}

// TestPlace: a finding about a text says where in it the fields of the layer start.
func TestPlace(t *testing.T) {
	text := "name: \"net\"\nlayer { name: \"a\" type: \"ReLU\" }\nlayer { name: \"b\" type: \"Python\" python_param { module: \"m\" layer: \"C\" } }\n"
	got := detectortest.Scan([]*detector.Detector{caffe.Text}, "deploy.prototxt", []byte(text)).Findings
	if want := int64(strings.Index(text, `name: "b"`)); len(got) != 1 || got[0].Location.Offset != want {
		t.Errorf("got %+v, want one finding at %d", got, want)
	}
}
