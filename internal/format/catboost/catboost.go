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

const (
	// maxName is how much of a name is kept, in bytes.
	maxName = 1 << 10
	// entryCost is the memory that an entry takes, beside its name.
	entryCost = 64
)

// A Model is what a model says about itself.
type Model struct {
	Info  []Entry
	Parts int   // how many parts follow the core
	End   int64 // offset behind the core
}

// An Entry is one entry of the model's description: its name, and where its text
// lies.
type Entry struct {
	Key          string
	Offset, Size int64
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
	m.End = core.End()
	root, _ := flatbuffers.Root(core)
	root.String(coreVersion, maxName)
	for _, e := range root.Tables(coreInfo) {
		m.entry(core, e)
	}
	root.Table(coreTrees)
	for range root.Texts(coreParts) {
		m.Parts++
	}
	return m, core.Err()
}

// entry keeps an entry. Many may be one table, of which only the first is in the
// file.
func (m *Model) entry(core *hostile.Reader, t flatbuffers.Table) {
	e := Entry{Key: t.String(infoKey, maxName)}
	value, _ := t.Vector(infoValue, 1)
	e.Offset, e.Size = value.Start(), value.Left()
	if core.Hold(uint64(len(e.Key))+entryCost) == nil {
		m.Info = append(m.Info, e)
	}
}
