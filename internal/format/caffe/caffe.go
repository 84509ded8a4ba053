// Package caffe reads networks of Caffe: messages of the type NetParameter, in the
// binary form with weights (.caffemodel) or as text without (.prototxt).
//
// Format: https://github.com/BVLC/caffe/blob/master/src/caffe/proto/caffe.proto
package caffe

import (
	"cmp"
	"slices"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Layer is a layer of a network.
type Layer struct {
	Offset int64
	Name   string
	Type   string // "" in the form before, which numbers its types
	Number bool   // whether it has a number for its type
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

// Short names for the wire types, so that the tables below read as columns.
const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

const (
	netName  = 1<<3 | byts
	netOld   = 2<<3 | byts // V1LayerParameter
	netLayer = 100<<3 | byts

	layerName = 1<<3 | byts
	layerType = 2<<3 | byts
	layerPyth = 130<<3 | byts

	oldOldest = 1<<3 | byts // V0LayerParameter
	oldName   = 4<<3 | byts
	oldType   = 5<<3 | vint

	oldestName   = 1<<3 | byts
	oldestType   = 2<<3 | byts
	oldestSource = 16<<3 | byts
	oldestMean   = 18<<3 | byts
	oldestOutput = 1001<<3 | byts // HDF5OutputParameter

	pythonModule = 1<<3 | byts
	pythonClass  = 2<<3 | byts
	pythonParam  = 3<<3 | byts
)

// A parameter is a message of a layer in which paths stand.
type parameter struct {
	text, kind string // in the text form: its name, and its message's
	tag, old   protobuf.Tag
	paths      []path
}

// A path is a field of a parameter.
type path struct {
	field  string
	tag    protobuf.Tag
	writes bool
}

// parameters are all that have paths, by their tags in LayerParameter and in
// V1LayerParameter.
var parameters = []parameter{
	{"transform_param", "TransformationParameter", 100<<3 | byts, 36<<3 | byts, []path{{"mean_file", 4<<3 | byts, false}}},
	{"data_param", "DataParameter", 107<<3 | byts, 11<<3 | byts, []path{{"source", 1<<3 | byts, false}, {"mean_file", 3<<3 | byts, false}}},
	{"hdf5_data_param", "HDF5DataParameter", 112<<3 | byts, 13<<3 | byts, []path{{"source", 1<<3 | byts, false}}},
	{"hdf5_output_param", "HDF5OutputParameter", 113<<3 | byts, 14<<3 | byts, []path{{"file_name", 1<<3 | byts, true}}},
	{"image_data_param", "ImageDataParameter", 115<<3 | byts, 15<<3 | byts, []path{{"source", 1<<3 | byts, false}, {"mean_file", 3<<3 | byts, false}, {"root_folder", 12<<3 | byts, false}}},
	{"infogain_loss_param", "InfogainLossParameter", 116<<3 | byts, 16<<3 | byts, []path{{"source", 1<<3 | byts, false}}},
	{"window_data_param", "WindowDataParameter", 129<<3 | byts, 20<<3 | byts, []path{{"source", 1<<3 | byts, false}, {"mean_file", 3<<3 | byts, false}, {"root_folder", 13<<3 | byts, false}}},
}

// schema names what is read as the text form does.
func schema() prototext.Schema {
	layer := map[string]prototext.Field{
		"name": {Tag: layerName}, "type": {Tag: layerType}, "python_param": {Tag: layerPyth, Of: "PythonParameter"},
	}
	old := map[string]prototext.Field{
		"name": {Tag: oldName}, "type": {Tag: oldType}, "layer": {Tag: oldOldest, Of: "V0LayerParameter"},
	}
	s := prototext.Schema{
		"NetParameter":     {"name": {Tag: netName}, "layer": {Tag: netLayer, Of: "LayerParameter"}, "layers": {Tag: netOld, Of: "V1LayerParameter"}},
		"LayerParameter":   layer,
		"V1LayerParameter": old,
		"V0LayerParameter": {
			"name": {Tag: oldestName}, "type": {Tag: oldestType}, "source": {Tag: oldestSource}, "meanfile": {Tag: oldestMean},
			"hdf5_output_param": {Tag: oldestOutput, Of: "HDF5OutputParameter"},
		},
		"PythonParameter": {"module": {Tag: pythonModule}, "layer": {Tag: pythonClass}, "param_str": {Tag: pythonParam}},
	}
	for _, p := range parameters {
		layer[p.text], old[p.text] = prototext.Field{Tag: p.tag, Of: p.kind}, prototext.Field{Tag: p.old, Of: p.kind}
		s[p.kind] = make(map[string]prototext.Field)
		for _, f := range p.paths {
			s[p.kind][f.field] = prototext.Field{Tag: f.tag}
		}
	}
	return s
}

// maxName is how much of a name or path is kept, in bytes.
const maxName = 4 << 10

// Looks reports whether the file that fills the window of r has the shape of a
// network, whole or cut: a layer with a name and a type. Of layers in the old
// form, whose field many formats have, it takes the first for all of them.
func Looks(r *hostile.Reader) bool {
	for f := range protobuf.Root(r).Clipped().Fields() {
		switch f.Tag {
		case netLayer:
			l := layer(f.Message().Alone())
			if word(l.Name) && word(l.Type) {
				return true
			}
		case netOld:
			l := old(f.Message().Alone())
			return word(l.Name) && (l.Number || word(l.Type))
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
	walk(protobuf.Root(r), func(l Layer) { layers++; tell(l) })
	if r.Err() == nil && layers == 0 {
		r.Fail(hostile.Truncated, "a network without layers")
	}
	return r.Err()
}

// Text reads a network in the text form and tells its layers.
func Text(r *hostile.Reader, tell func(Layer)) error {
	b, err := prototext.Encode(r, schema(), "NetParameter")
	binary := hostile.NewReader(hostile.Bytes(b.Data), int64(len(b.Data)), r.Budget())
	walk(protobuf.Root(binary), func(l Layer) {
		l.Offset = b.Place(l.Offset)
		tell(l)
	})
	return cmp.Or(err, binary.Err())
}

// walk tells the layers of a NetParameter.
func walk(m protobuf.Message, tell func(Layer)) {
	for f := range m.Fields() {
		switch f.Tag {
		case netLayer:
			tell(layer(f.Message()))
		case netOld:
			tell(old(f.Message()))
		}
	}
}

// layer reads what matters of a LayerParameter.
func layer(m protobuf.Message) Layer {
	l := Layer{Offset: m.Start()}
	for f := range m.Fields() {
		switch f.Tag {
		case layerName:
			l.Name = f.Prefix(maxName)
		case layerType:
			l.Type = f.Prefix(maxName)
		case layerPyth:
			l.python(f.Message())
		default:
			l.files(f, func(p *parameter) protobuf.Tag { return p.tag })
		}
	}
	return l
}

// old reads what matters of a V1LayerParameter, which may hold a
// V0LayerParameter. None has a type for Python.
func old(m protobuf.Message) Layer {
	l := Layer{Offset: m.Start()}
	for f := range m.Fields() {
		switch f.Tag {
		case oldName:
			l.Name = f.Prefix(maxName)
		case oldType:
			l.Number = true
		case oldOldest:
			l.oldest(f.Message())
		default:
			l.files(f, func(p *parameter) protobuf.Tag { return p.old })
		}
	}
	return l
}

// oldest reads what matters of a V0LayerParameter.
func (l *Layer) oldest(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case oldestName:
			l.Name = f.Prefix(maxName)
		case oldestType:
			l.Type = f.Prefix(maxName)
		case oldestSource:
			l.file(File{Field: "source", Path: f.Prefix(maxName)}, m)
		case oldestMean:
			l.file(File{Field: "meanfile", Path: f.Prefix(maxName)}, m)
		default:
			l.files(f, func(p *parameter) protobuf.Tag {
				if p.text == "hdf5_output_param" {
					return oldestOutput
				}
				return 0
			})
		}
	}
}

// python reads a PythonParameter: the module is imported by its name, and the
// class in it made.
func (l *Layer) python(m protobuf.Message) {
	for f := range m.Fields() {
		switch f.Tag {
		case pythonModule:
			l.Module = f.Prefix(maxName)
		case pythonClass:
			l.Class = f.Prefix(maxName)
		case pythonParam:
			l.Param = f.Prefix(maxName)
		}
	}
}

// files reads the paths in a field of a layer, if it is the parameter of that
// tag and has any.
func (l *Layer) files(field protobuf.Field, tag func(*parameter) protobuf.Tag) {
	i := slices.IndexFunc(parameters, func(p parameter) bool { return tag(&p) == field.Tag })
	if i < 0 {
		return
	}
	m := field.Message()
	for f := range m.Fields() {
		for _, at := range parameters[i].paths {
			if f.Tag == at.tag {
				l.file(File{Field: parameters[i].text + "." + at.field, Path: f.Prefix(maxName), Writes: at.writes}, m)
			}
		}
	}
}

// maxFiles bounds the paths of one layer that are kept; real ones have two.
const maxFiles = 100

// file keeps a path of a message.
func (l *Layer) file(f File, m protobuf.Message) {
	if len(l.Files) == maxFiles {
		m.Reader().Fail(hostile.Unsupported, "a layer with more than %d paths", maxFiles)
		return
	}
	l.Files = append(l.Files, f)
}
