// Package caffe reads networks of Caffe: messages of the type NetParameter, in the
// binary form with weights (.caffemodel) or as text without (.prototxt).
//
// Format: https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto
package caffe

import (
	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Layer is a layer of a network.
type Layer struct {
	Offset int64
	Name   string
	Type   string // "" in the oldest form, which numbers its types
	// Module and Class are the Python object that a layer of the type "Python"
	// imports and calls, and Param what it is given.
	Module, Class, Param string
	Files                []File
}

// A File is a path that a layer reads or writes.
type File struct {
	Field  string // "data_param.source"
	Path   string
	Writes bool
}

// wire types, short so that the tables below read as columns.
const byts = protobuf.Bytes

const (
	netName   = 1<<3 | byts
	netOld    = 2<<3 | byts // V1LayerParameter
	netLayer  = 100<<3 | byts
	layerName = 1<<3 | byts
	layerType = 2<<3 | byts
	layerPyth = 130<<3 | byts
	oldName   = 4<<3 | byts

	pythonModule = 1<<3 | byts
	pythonClass  = 2<<3 | byts
	pythonParam  = 3<<3 | byts
)

// A place is where in a parameter of a layer a path stands.
type place struct {
	text   string // name of the parameter in the text form
	kind   string // its message
	field  string
	tag    protobuf.Tag
	writes bool
}

// places of paths, by the tag of the parameter.
var places = map[protobuf.Tag][]place{
	100<<3 | byts: {{"transform_param", "TransformationParameter", "mean_file", 4<<3 | byts, false}},
	107<<3 | byts: {{"data_param", "DataParameter", "source", 1<<3 | byts, false}, {"data_param", "DataParameter", "mean_file", 3<<3 | byts, false}},
	112<<3 | byts: {{"hdf5_data_param", "HDF5DataParameter", "source", 1<<3 | byts, false}},
	113<<3 | byts: {{"hdf5_output_param", "HDF5OutputParameter", "file_name", 1<<3 | byts, true}},
	115<<3 | byts: {{"image_data_param", "ImageDataParameter", "source", 1<<3 | byts, false}, {"image_data_param", "ImageDataParameter", "root_folder", 12<<3 | byts, false}},
	116<<3 | byts: {{"infogain_loss_param", "InfogainLossParameter", "source", 1<<3 | byts, false}},
	129<<3 | byts: {{"window_data_param", "WindowDataParameter", "source", 1<<3 | byts, false}},
}

// schema names what is read as the text form does.
func schema() prototext.Schema {
	layer := map[string]prototext.Field{
		"name": {Tag: layerName}, "type": {Tag: layerType}, "python_param": {Tag: layerPyth, Of: "PythonParameter"},
	}
	s := prototext.Schema{
		"NetParameter":     {"name": {Tag: netName}, "layer": {Tag: netLayer, Of: "LayerParameter"}, "layers": {Tag: netOld, Of: "V1LayerParameter"}},
		"LayerParameter":   layer,
		"V1LayerParameter": {"name": {Tag: oldName}},
		"PythonParameter":  {"module": {Tag: pythonModule}, "layer": {Tag: pythonClass}, "param_str": {Tag: pythonParam}},
	}
	for tag, fields := range places {
		for _, f := range fields {
			layer[f.text] = prototext.Field{Tag: tag, Of: f.kind}
			if s[f.kind] == nil {
				s[f.kind] = make(map[string]prototext.Field)
			}
			s[f.kind][f.field] = prototext.Field{Tag: f.tag}
		}
	}
	return s
}

// maxName is how much of a name or path is kept, in bytes.
const maxName = 4 << 10

// Looks reports whether the file that fills the window of r has the shape of a
// network, whole or cut: a layer with a name and a type. It takes the first
// fields for all of them.
func Looks(r *hostile.Reader) bool {
	const most = 64
	seen := 0
	for f := range protobuf.Root(r).Clipped().Fields() {
		if f.Tag == netLayer {
			l := layer(f.Message().Alone())
			return word(l.Name) && word(l.Type)
		}
		if seen++; seen == most {
			break
		}
	}
	return false
}

// word reports whether s is a name as layers and their types bear them.
func word(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return s != ""
}

// Walk reads a network in the binary form and tells its layers.
func Walk(r *hostile.Reader, tell func(Layer)) error {
	layers := 0
	for f := range protobuf.Root(r).Fields() {
		switch f.Tag {
		case netLayer:
			layers++
			tell(layer(f.Message()))
		case netOld:
			layers++
			for inner := range f.Message().Fields() {
				_ = inner // its bounds count; the oldest layers name no code
			}
		}
	}
	if r.Err() == nil && layers == 0 {
		r.Fail(hostile.Truncated, "a network without layers")
	}
	return r.Err()
}

// Text reads a network in the text form and tells its layers.
func Text(r *hostile.Reader, tell func(Layer)) error {
	b, err := prototext.Encode(r, schema(), "NetParameter")
	binary := hostile.NewReader(hostile.Bytes(b.Data), int64(len(b.Data)), r.Budget())
	for f := range protobuf.Root(binary).Fields() {
		if f.Tag == netLayer {
			l := layer(f.Message())
			l.Offset = b.Place(l.Offset)
			tell(l)
		}
	}
	return err
}

// layer reads what matters of a layer.
func layer(m protobuf.Message) Layer {
	l := Layer{Offset: m.Start()}
	for f := range m.Fields() {
		switch f.Tag {
		case layerName:
			l.Name = string(f.Prefix(maxName))
		case layerType:
			l.Type = string(f.Prefix(maxName))
		case layerPyth:
			l.python(f.Message())
		default:
			l.files(f)
		}
	}
	return l
}

// python reads a PythonParameter: the module is imported by its name, and the
// class in it made.
func (l *Layer) python(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case pythonModule:
			l.Module = string(f.Prefix(maxName))
		case pythonClass:
			l.Class = string(f.Prefix(maxName))
		case pythonParam:
			l.Param = string(f.Prefix(maxName))
		}
	}
}

// maxFiles bounds the paths of one layer that are kept; real ones have two.
const maxFiles = 100

// files reads the paths in a parameter, if it is one that has any.
func (l *Layer) files(parameter protobuf.Field) {
	known := places[parameter.Tag]
	if known == nil {
		return
	}
	for f := range parameter.Message().Fields() {
		for _, at := range known {
			if f.Tag == at.tag && len(l.Files) < maxFiles {
				l.Files = append(l.Files, File{Field: at.text + "." + at.field, Path: string(f.Prefix(maxName)), Writes: at.writes})
			}
		}
	}
}
