package hidden_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/format/executable/executabletest"
	"github.com/modelaudit/modelaudit/internal/format/executorch/executorchtest"
	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	pb "github.com/modelaudit/modelaudit/internal/format/protobuf/protobuftest"
	"github.com/modelaudit/modelaudit/internal/format/torchmobile"
	"github.com/modelaudit/modelaudit/internal/format/xgboost/xgboosttest"
)

var le = binary.LittleEndian

// lite is a TensorFlow Lite model with a tensor in a buffer.
func lite(data []byte) []byte {
	graph := fb.Table{0: []fb.Table{{2: uint32(1), 3: "t"}}, 3: []fb.Table{{0: uint32(0)}}}
	return fb.Build("TFL3", fb.Table{
		0: uint32(3), 1: []fb.Table{{0: uint8(0), 3: uint32(0)}}, 2: []fb.Table{graph}, 4: []fb.Table{{}, {0: data}},
	})
}

// flax is a checkpoint of one array, as flax.serialization writes it.
func flax(data []byte) []byte {
	shape := binary.BigEndian.AppendUint32([]byte("\x93\x91\xce"), uint32(len(data)))
	content := append(binary.BigEndian.AppendUint32(append(shape, "\xa5uint8\xc6"...), uint32(len(data))), data...)
	head := binary.BigEndian.AppendUint32([]byte("\x81\xa6params\x81\xa6kernel\xc9"), uint32(len(content)))
	return append(append(head, 1), content...)
}

// paddle is a parameter file of one tensor of bytes: version, levels, version and
// a TensorDesc in front of the data.
func paddle(data []byte) []byte {
	const uint8Type = 20
	desc := pb.Join(pb.Int(1<<3|protobuf.Varint, uint8Type), pb.Int(2<<3|protobuf.Varint, int64(len(data))))
	p := le.AppendUint32(make([]byte, 4+8+4), uint32(len(desc)))
	return append(append(p, desc...), data...)
}

// mxnet is a parameter file of one dense array of bytes in the second version.
func mxnet(data []byte) []byte {
	const list, version2, bytes = 0x112, 0xF993FAC9, 3
	p := le.AppendUint64(le.AppendUint64(le.AppendUint64(nil, list), 0), 1)
	p = le.AppendUint32(le.AppendUint32(le.AppendUint32(p, version2), 0), 1)
	p = le.AppendUint64(le.AppendUint64(p, uint64(len(data))), 0)
	p = append(le.AppendUint32(p, bytes), data...)
	return append(le.AppendUint64(le.AppendUint64(p, 1), 5), "arg:w"...)
}

// catboost is a model with data among its trees.
func catboost(data []byte) []byte {
	core := fb.Build("\x00\x00\x00\x00", fb.Table{0: "FlabuffersModel_v1", 1: fb.Table{12: data}, 3: []string{}})
	return append(le.AppendUint32([]byte("CBM1"), uint32(len(core))), core...)
}

// parted is a CatBoost model with data in a part behind the core.
func parted(data []byte) []byte {
	core := fb.Build("\x00\x00\x00\x00", fb.Table{0: "FlabuffersModel_v1", 1: fb.Table{}, 3: []string{"static_ctr_provider_v1"}})
	return append(append(le.AppendUint32([]byte("CBM1"), uint32(len(core))), core...), data...)
}

// executorch is a program with a segment of weights.
func executorch(data []byte) []byte {
	p := executorchtest.Program([]string{"aten::add"}, nil)
	return append(append(p, make([]byte, 64)...), data...)
}

// core is a Core ML network with the weights of a layer as they are in fields of
// bytes: InnerProduct, weights, rawValue.
func core(data []byte) []byte {
	const text = protobuf.Bytes
	weights := pb.Sub(140<<3|text, pb.Int(1<<3, 64), pb.Int(2<<3, 64), pb.Sub(20<<3|text, pb.Sub(30<<3|text, data)))
	layer := pb.Sub(1<<3|text, pb.Text(1<<3|text, "fc"), weights)
	description := pb.Sub(2<<3|text, pb.Sub(1<<3|text, pb.Text(1<<3|text, "input")))
	return pb.Join(pb.Int(1<<3, 4), description, pb.Sub(500<<3|text, layer))
}

// mobile is a model of PyTorch for mobile devices with a storage.
func mobile(data []byte) []byte {
	return fb.Build(torchmobile.Identifier, fb.Table{6: []fb.Table{{0: data}}})
}

// linear is a linear XGBoost model with the data as its weights.
func linear(data []byte) []byte {
	p := xgboosttest.Build(xgboosttest.Model{Booster: "gblinear", Features: uint32(len(data)/4) - 1, Version: 1, Weights: len(data) / 4})
	copy(p[len(p)-len(data):], data)
	return p
}

func same(data []byte) []byte { return data }

// TestFormats: the weights of every format that has them are searched.
func TestFormats(t *testing.T) {
	formats := []struct {
		file  string
		build func(data []byte) []byte
	}{
		{"m.tflite", lite},
		{"variables/variables.data-00000-of-00001", same},
		{"flax_model.msgpack", flax},
		{"model.pdiparams", paddle},
		{"m.mlmodel", core},
		{"m.mlpackage/Data/com.apple.CoreML/weights/weight.bin", same},
		{"m-0000.params", mxnet},
		{"m.cbm", catboost},
		{"parts.cbm", parted},
		{"m.pte", executorch},
		{"m.ptl", mobile},
		{"m.bin", linear},
		{"model.onnx_data", same},
		{"m.weights", same},
	}
	plants := []struct {
		name string
		data []byte
	}{
		{"ELF", within(20_000, 5_000, []byte(executabletest.ELF()))},
		{"pickle", within(20_000, 5_001, call())},
		{"nothing", noise(20_000)},
	}
	for _, f := range formats {
		for _, plant := range plants {
			got := detectortest.Scan(catalog.Detectors(), f.file, f.build(plant.data))
			found := slices.ContainsFunc(detectortest.RuleIDs(got), func(r string) bool { return r == id || r == "pickle-executes-code" })
			if want := plant.name != "nothing"; found != want || got.Unread() {
				t.Errorf("%s, %s: found %v, want %v: %s %s", f.file, plant.name, found, want, strings.Join(detectortest.RuleIDs(got), " "), got.Reason)
			}
		}
	}
}
