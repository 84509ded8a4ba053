package pickle

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

func TestScratch(t *testing.T) {
	path := os.Getenv("SCRATCH")
	if path == "" {
		t.Skip()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(len(data)), time.Now)
	m := New(hostile.NewReader(hostile.Bytes(data), int64(len(data)), b), Names{Py2: globals.Py2, Resolve: globals.Resolve}, Reading{Arrays: true})
	for e := range m.Run() {
		s := ""
		switch e.Kind {
		case Imports:
			s = m.Python(e.Value)
		case Calls, Makes:
			s = m.PythonCall(e.Fn, e.Args, e.Kw)
			if e.Computed {
				s += " -> " + m.Python(e.Value)
			}
		default:
			s = m.Python(e.Fn)
			for _, a := range e.Args {
				s += " " + m.Python(a)
			}
		}
		fmt.Printf("%#x %s %s inner=%v: %.300s\n", e.Offset, e.Op, e.Kind, e.Inner, s)
	}
	fmt.Println("err", m.Err(), "stopped", m.stopped, "ops", m.ops)
}
