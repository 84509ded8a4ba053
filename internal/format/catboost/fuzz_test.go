package catboost

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	fb "github.com/modelaudit/modelaudit/internal/format/flatbuffers/flatbufferstest"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// model puts the header in front of a core.
func model(core fb.Table) []byte {
	p := fb.Build("\x00\x00\x00\x00", core)
	return append(binary.LittleEndian.AppendUint32([]byte(Magic), uint32(len(p))), p...)
}

// TestShared: entries that are all one table take memory each, and are charged.
func TestShared(t *testing.T) {
	p := model(fb.Table{2: fb.Shared{Table: fb.Table{0: strings.Repeat("k", maxName), 1: "v"}, Count: 10_000}})
	limits := hostile.DefaultLimits()
	limits.Memory = 1 << 20
	budget := hostile.NewBudget(context.Background(), limits, int64(len(p)), time.Now)
	m, err := Decode(hostile.NewReader(hostile.Bytes(p), int64(len(p)), budget))
	var fault *hostile.Fault
	if !errors.As(err, &fault) || fault.Kind != hostile.OverBudget {
		t.Errorf("got %v and %d entries, want a fault that says %v", err, len(m.Info), hostile.OverBudget)
	}
}

// FuzzDecode: whatever the bytes, decoding ends in them, and every error is a
// Fault.
func FuzzDecode(f *testing.F) {
	f.Add(model(fb.Table{0: "v1", 2: []fb.Table{{0: "k", 1: "v"}}, 3: []string{"part"}}))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := Decode(hostiletest.Reader(p))
		if m.End > int64(len(p)) {
			t.Errorf("a core to %d of %d bytes", m.End, len(p))
		}
		for _, e := range m.Info {
			if e.Offset < 0 || e.Size < 0 || e.Offset+e.Size > int64(len(p)) {
				t.Errorf("%d bytes of %q at %d of %d", e.Size, e.Key, e.Offset, len(p))
			}
		}
		hostiletest.OnlyFault(t, err)
	})
}
