package lightgbm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzRead: whatever the text, reading ends, trees come in its order, and every
// error is a Fault.
func FuzzRead(f *testing.F) {
	f.Add([]byte("tree\nversion=v4\n\nTree=0\nnum_leaves=2\nleft_child=-1\nright_child=-2\n\nend of trees\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		last := int64(-1)
		_, err := Read(hostiletest.Reader(p), func(tree Tree) {
			if tree.Offset <= last || tree.Offset >= int64(len(p)) {
				t.Errorf("a tree at %d after %d of %d bytes", tree.Offset, last, len(p))
			}
			last = tree.Offset
		})
		hostiletest.OnlyFault(t, err)
	})
}

// TestShortened: a file that became shorter behind its trees is a Fault, too.
func TestShortened(t *testing.T) {
	text := "tree\nversion=v4\n\nTree=0\nnum_leaves=2\nleft_child=-1\nright_child=-2\n\nend of trees\n" + strings.Repeat("[boosting: gbdt]\n", 10_000)
	size := int64(len(text)) + 10
	budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now)
	m, err := Read(hostile.NewReader(strings.NewReader(text), size, budget), func(Tree) {})
	var fault *hostile.Fault
	if !errors.As(err, &fault) || fault.Kind != hostile.Truncated || !m.Ended {
		t.Errorf("got %+v, %v, want a fault behind the trees", m, err)
	}
}

// TestLongLines: of many long lines each has the memory for itself, and one that
// memory is too short for is a Fault.
func TestLongLines(t *testing.T) {
	line := "left_child=" + strings.Repeat("-1 ", 30_000)
	text := "tree\nversion=v4\n\nTree=0\nnum_leaves=2\n" + strings.Repeat(line+"\n", 5) + line + "7\n\nend of trees\n"
	for _, c := range []struct {
		memory int
		kind   hostile.Kind
	}{{memory: 2 * len(line)}, {memory: len(line) / 2, kind: hostile.OverBudget}} {
		limits := hostile.DefaultLimits()
		limits.Memory = int64(c.memory)
		budget := hostile.NewBudget(context.Background(), limits, int64(len(text)), time.Now)
		outside := false
		_, err := Read(hostile.NewReader(strings.NewReader(text), int64(len(text)), budget), func(tree Tree) { outside = tree.Outside() })
		var fault *hostile.Fault
		if errors.As(err, &fault) != (c.kind != 0) || fault != nil && fault.Kind != c.kind || fault == nil && !outside {
			t.Errorf("%d bytes of memory: got %v, %v, want the last line or %v", c.memory, outside, err, c.kind)
		}
	}
}
