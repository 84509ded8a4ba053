package catboost

import (
	"context"
	"errors"
	"testing"
	"time"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzDecode: whatever the bytes, decoding ends in them, and every error is a
// Fault.
func FuzzDecode(f *testing.F) {
	core := fb.Build("\x00\x00\x00\x00", fb.Table{0: "v1", 2: []fb.Table{{0: "k", 1: "v"}}, 3: []string{"part"}})
	f.Add(append([]byte{'C', 'B', 'M', '1', byte(len(core)), 0, 0, 0}, core...))
	f.Fuzz(func(t *testing.T, p []byte) {
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(len(p)), time.Now)
		m, err := Decode(hostile.NewReader(hostile.Bytes(p), int64(len(p)), budget))
		if m.End > int64(len(p)) {
			t.Errorf("a core to %d of %d bytes", m.End, len(p))
		}
		var fault *hostile.Fault
		if err != nil && !errors.As(err, &fault) {
			t.Errorf("got %T %v, want a *hostile.Fault", err, err)
		}
	})
}
