package lightgbm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// FuzzRead: whatever the text, reading ends, trees come in its order, and every
// error is a Fault.
func FuzzRead(f *testing.F) {
	f.Add([]byte("tree\nversion=v4\n\nTree=0\nnum_leaves=2\nleft_child=-1\nright_child=-2\n\nend of trees\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(len(p)), time.Now)
		last := int64(-1)
		_, err := Read(hostile.NewReader(hostile.Bytes(p), int64(len(p)), budget), func(tree Tree) {
			if tree.Offset <= last || tree.Offset >= int64(len(p)) {
				t.Errorf("a tree at %d after %d of %d bytes", tree.Offset, last, len(p))
			}
			last = tree.Offset
		})
		var fault *hostile.Fault
		if err != nil && !errors.As(err, &fault) {
			t.Errorf("got %T %v, want a *hostile.Fault", err, err)
		}
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

// TestLongLines: of many long lines each has the memory for itself.
func TestLongLines(t *testing.T) {
	line := "left_child=" + strings.Repeat("-1 ", 30_000) + "\n"
	text := "tree\nversion=v4\n\nTree=0\nnum_leaves=2\n" + strings.Repeat(line, 5) + "\nend of trees\n"
	limits := hostile.DefaultLimits()
	limits.Memory = 2 * int64(len(line))
	budget := hostile.NewBudget(context.Background(), limits, int64(len(text)), time.Now)
	m, err := Read(hostile.NewReader(strings.NewReader(text), int64(len(text)), budget), func(Tree) {})
	if err != nil || m.Trees != 1 {
		t.Errorf("got %+v, %v, want one tree", m, err)
	}
}
