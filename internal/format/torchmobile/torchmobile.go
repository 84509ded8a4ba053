// Package torchmobile reads PyTorch's models for mobile devices in their FlatBuffer
// form (torch/csrc/jit/serialization/mobile_bytecode.fbs): the operators and classes
// that running them needs, and the files that come with them.
package torchmobile

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Identifier stands behind the offset of the root table.
const Identifier = "PTMF"

// Looks reports whether a file that starts with first has the identifier.
func Looks(first []byte) bool { return flatbuffers.Is(first, Identifier) }

// A Model is what a file says.
type Model struct {
	Operators []Name // of all functions, each function's own: "aten::add"
	Classes   []Name // of objects: "__torch__.Net"
	Files     []File // that come with the model
	Sources   []File // TorchScript
}

// A Name is a name with the place where it is needed.
type Name struct {
	Text   string
	In     string // the function that needs it, or ""
	Offset int64
}

// A File is content by a name.
type File struct {
	Name         string
	Offset, Size int64
}

// Fields of the tables that are read, by their place in the schema.
const (
	moduleExtra    = 1
	moduleValues   = 4
	moduleStorages = 6
	moduleTypes    = 7
	moduleSources  = 8

	valueType, value               = 0, 1
	functionName, functionOps      = 0, 2
	operatorName                   = 0
	typeName                       = 0
	fileName, fileContent          = 0, 1
	storageData                    = 0
	functionValue             byte = 16 // of the union of values
)

const (
	maxName   = 512           // bytes of a name that are kept
	tableCost = maxName + 128 // bytes of memory that a table takes which is kept
)

// Decode reads a model. An error is a *hostile.Fault, or one of the machine; what
// was read before it stands.
func Decode(r *hostile.Reader) (Model, error) {
	d := decoder{r: r, seen: make(map[int64]bool)}
	root := flatbuffers.RootOf(r, Identifier)
	for _, v := range root.Tables(moduleValues) {
		if byte(v.Uint(valueType, 1, 0)) != functionValue {
			continue
		}
		if f, ok := v.Table(value); ok && d.first(f) {
			d.function(f)
		}
	}
	for _, t := range root.Tables(moduleTypes) {
		if d.first(t) {
			d.model.Classes = append(d.model.Classes, Name{Text: t.String(typeName, maxName), Offset: t.Offset()})
		}
	}
	d.model.Files = d.files(root.Tables(moduleExtra))
	d.model.Sources = d.files(root.Tables(moduleSources))
	for _, s := range root.Tables(moduleStorages) {
		s.Vector(storageData, 1) // its bounds
	}
	return d.model, r.Err()
}

// A decoder reads each table once, however many places refer to it.
type decoder struct {
	r     *hostile.Reader
	model Model
	seen  map[int64]bool
}

// first reports whether a table has not been read before, and may be kept.
func (d *decoder) first(t flatbuffers.Table) bool {
	if d.seen[t.Offset()] || d.r.Hold(tableCost) != nil {
		return false
	}
	d.seen[t.Offset()] = true
	return true
}

func (d *decoder) function(f flatbuffers.Table) {
	name := f.String(functionName, maxName)
	for _, o := range f.Tables(functionOps) {
		if d.first(o) {
			d.model.Operators = append(d.model.Operators, Name{Text: o.String(operatorName, maxName), In: name, Offset: o.Offset()})
		}
	}
}

func (d *decoder) files(tables iter.Seq2[int, flatbuffers.Table]) (out []File) {
	for _, t := range tables {
		if !d.first(t) {
			continue
		}
		content, size := t.Vector(fileContent, 1)
		out = append(out, File{Name: t.String(fileName, maxName), Offset: content.Offset(), Size: int64(size)})
	}
	return out
}
