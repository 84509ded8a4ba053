// Package triton reads the configuration of a model of the Triton Inference
// Server, config.pbtxt: which backend runs the model, and the files that it names.
//
// Format: https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
package triton

import (
	"cmp"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const byts = protobuf.Bytes

// The fields that are read.
const (
	modelName       = 1<<3 | byts // ModelConfig
	modelPlatform   = 2<<3 | byts
	modelFile       = 8<<3 | byts
	modelFiles      = 9<<3 | byts
	modelParameters = 14<<3 | byts
	modelBackend    = 17<<3 | byts
	modelOperations = 18<<3 | byts
	modelRuntime    = 25<<3 | byts

	mapKey      = 1<<3 | byts // an entry of a map
	mapValue    = 2<<3 | byts
	stringValue = 1<<3 | byts // ModelParameter
	libraryFile = 1<<3 | byts // ModelOperations
)

var schema = prototext.Schema{
	"ModelConfig": {
		"name": {Tag: modelName}, "platform": {Tag: modelPlatform}, "backend": {Tag: modelBackend}, "runtime": {Tag: modelRuntime},
		"default_model_filename": {Tag: modelFile}, "cc_model_filenames": {Tag: modelFiles, Of: "File"},
		"parameters": {Tag: modelParameters, Of: "Parameter"}, "model_operations": {Tag: modelOperations, Of: "ModelOperations"},
	},
	"File":            {"key": {Tag: mapKey}, "value": {Tag: mapValue}},
	"Parameter":       {"key": {Tag: mapKey}, "value": {Tag: mapValue, Of: "ModelParameter"}},
	"ModelParameter":  {"string_value": {Tag: stringValue}},
	"ModelOperations": {"op_library_filename": {Tag: libraryFile}},
}

// A Value is what the configuration says of one thing.
type Value struct {
	Key    string // the field's name, or that of the parameter
	Text   string
	Offset int64 // in the text
}

// fields are the fields of ModelConfig that are texts.
var fields = map[protobuf.Tag]string{
	modelName: "name", modelPlatform: "platform", modelBackend: "backend", modelRuntime: "runtime", modelFile: "default_model_filename",
}

// Decode reads the configuration that fills r and returns what it says, in its
// order. What was read before a fault is returned with it. Texts are charged to
// the budget.
func Decode(r *hostile.Reader) ([]Value, error) {
	binary, err := prototext.Encode(r, schema, "ModelConfig")
	in := hostile.NewReader(hostile.Bytes(binary.Data), int64(len(binary.Data)), r.Budget())
	d := decoder{place: binary.Place}
	for f := range protobuf.Root(in).Fields() {
		if r.Hold(uint64(f.Len())) != nil {
			return d.all, r.Err()
		}
		if name := fields[f.Tag]; name != "" {
			d.add(name, f)
			continue
		}
		d.message(f)
	}
	return d.all, cmp.Or(err, in.Err())
}

// A decoder gathers values.
type decoder struct {
	all   []Value
	place func(int64) int64
}

// add keeps the text of a field.
func (d *decoder) add(key string, f protobuf.Field) {
	d.all = append(d.all, Value{Key: key, Text: f.Text(), Offset: d.place(f.At)})
}

// message reads a field that holds others: an entry of a map, with its key first or
// last, or the libraries of operators.
func (d *decoder) message(f protobuf.Field) {
	key, first := "", len(d.all)
	for g := range f.Message().Fields() {
		switch {
		case f.Tag == modelOperations && g.Tag == libraryFile:
			d.add("op_library_filename", g)
		case f.Tag == modelOperations:
		case g.Tag == mapKey:
			key = g.Text()
		case f.Tag == modelFiles && g.Tag == mapValue:
			d.add("cc_model_filenames", g)
		case f.Tag == modelParameters && g.Tag == mapValue:
			for h := range g.Message().Fields() {
				if h.Tag == stringValue {
					d.add("", h)
				}
			}
		}
	}
	for i := range d.all[first:] {
		if d.all[first+i].Key == "" {
			d.all[first+i].Key = key
		}
	}
}
