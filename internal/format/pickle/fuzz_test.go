package pickle_test

import (
	"context"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/pickle/pickletest"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

var names = pickle.Names{Py2: globals.Py2, Resolve: globals.Resolve}

func reader(data []byte) *hostile.Reader {
	size := int64(len(data))
	return hostile.NewReader(hostile.Bytes(data), size, hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now))
}

// short is a file of which every read brings one byte.
type short []byte

func (s short) ReadAt(p []byte, off int64) (int, error) {
	return hostile.Bytes(s).ReadAt(p[:min(len(p), 1)], off)
}

func FuzzMachine(f *testing.F) {
	f.Add(pickletest.New(4).Call("os", "system", "echo poc").Stop())
	f.Add(pickletest.New(2).Frame(3).Global("os", "system").Mark().Text('S', `'\x65'`).TupleFromMark().Reduce().Put(3).Get(3).Build().Stop())
	f.Add(pickletest.Raw().Mark().Text('I', "0x10").Text('L', "5L").Text('F', "1.5").Text('V', `\u0041`).Inst("a", "b").Stop())
	f.Add(pickletest.New(4).Named("builtins", "tuple").Named("builtins", "map").Named("os", "system").EmptyList().Str("x").Append().Tuple(2).Reduce().Tuple(1).Reduce().Stop())
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader(data)
		last, ops := int64(-1), int64(0)
		for op := range pickle.Ops(r) {
			if op.Offset <= last || op.Data+op.Size > int64(len(data)) {
				t.Fatalf("offset %d after %d, data %d+%d of %d", op.Offset, last, op.Data, op.Size, len(data))
			}
			last = op.Offset
			ops++
		}
		for _, reading := range []pickle.Reading{{}, {Arrays: true}, {DropTail: true}, {Literal: true}} {
			m := pickle.New(reader(data), names, reading)
			m.Look = func(pickle.Kind, []byte, int64, int64) bool { return true }
			for e := range m.Run() {
				m.Python(e.Fn)
				m.Python(e.Value)
				m.PythonCall(e.Fn, e.Args, e.Kw)
				for _, v := range append(e.Args, e.Fn, e.Value, e.Kw) {
					if text, ok := m.Str(v); ok && !m.Spells(text) {
						t.Fatalf("%+v: the machine has %q and does not spell it", reading, text)
					}
				}
			}
			if m.Ops() > ops && !reading.DropTail && !reading.Arrays {
				t.Fatalf("%+v: followed %d opcodes of %d", reading, m.Ops(), ops)
			}
		}
		whole, pieces := pickle.New(reader(data), names, pickle.Reading{}), pickle.New(hostile.NewReader(short(data), int64(len(data)),
			hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(len(data)), time.Now)), names, pickle.Reading{})
		if a, b := told(whole), told(pieces); a != b {
			t.Fatalf("short reads change what is told:\n%s\n%s", a, b)
		}
	})
}

// told is what a machine yields, as text.
func told(m *pickle.Machine) string {
	s := ""
	for e := range m.Run() {
		s += e.Kind.String() + " " + m.PythonCall(e.Fn, e.Args, e.Kw) + " " + m.Python(e.Value) + "\n"
	}
	if err := m.Err(); err != nil {
		s += err.Error()
	}
	return s
}
