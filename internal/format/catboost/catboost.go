// Package catboost reads CatBoost models (.cbm): a header, a FlatBuffer of the
// table TModelCore, and the parts that it names.
//
// Format: catboost/libs/model/model.cpp (TFullModel::Load) and
// catboost/libs/model/flatbuffers/model.fbs
package catboost

import (
	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Magic starts a model.
const Magic = "CBM1"

// long says that the size of the core follows in eight bytes.
const long = 0xFFFFFFFF

// Fields of TModelCore and TKeyValue, by their order in model.fbs.
const (
	coreVersion = 0
	coreTrees   = 1
	coreInfo    = 2
	coreParts   = 3
	infoKey     = 0
	infoValue   = 1
)

// maxText is how much of a text is kept, in bytes.
const maxText = 64 << 10

// A Model is what a model says about itself.
type Model struct {
	Version string
	Info    []Entry
	Parts   []string // identifiers of what follows the core
	Core    int64    // offset of the core
	End     int64    // offset behind the core
}

// An Entry is one entry of the model's description.
type Entry struct {
	Offset     int64
	Key, Value string
}

// Decode reads the header and the core.
func Decode(r *hostile.Reader) (Model, error) {
	var m Model
	if got := string(r.Peek(len(Magic))); got != Magic && r.Err() == nil {
		r.Fail(hostile.Malformed, "a model starts with %q, %q found", Magic, got)
	}
	r.Skip(uint64(len(Magic)))
	size := r.UintLE(4)
	if size == long {
		size = r.UintLE(8)
	}
	core := r.Window(size)
	if r.Err() != nil {
		return m, r.Err()
	}
	m.Core, m.End = core.Start(), core.End()
	root, _ := flatbuffers.Root(core)
	m.Version = root.String(coreVersion, maxText)
	for _, e := range root.Tables(coreInfo) {
		m.Info = append(m.Info, Entry{e.Offset(), e.String(infoKey, maxText), e.String(infoValue, maxText)})
	}
	root.Table(coreTrees)
	for part := range root.Strings(coreParts, maxText) {
		m.Parts = append(m.Parts, part)
	}
	return m, core.Err()
}
