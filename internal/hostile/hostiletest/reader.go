package hostiletest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Budget is the one that a file of a size on disk is given.
func Budget(size int) *hostile.Budget {
	return hostile.NewBudget(context.Background(), hostile.DefaultLimits(), int64(size), time.Now)
}

// Reader reads content from its start, with a budget of its own.
func Reader[T string | []byte](content T) *hostile.Reader {
	return hostile.NewReader(hostile.Bytes(content), int64(len(content)), Budget(len(content)))
}

// OnlyFault fails the test if an error of reading is anything but a Fault.
func OnlyFault(t testing.TB, err error) {
	t.Helper()
	var fault *hostile.Fault
	if err != nil && !errors.As(err, &fault) {
		t.Errorf("got %T %v, want a *hostile.Fault", err, err)
	}
}
