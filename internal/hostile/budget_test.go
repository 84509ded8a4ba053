package hostile_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// limitOf returns which limit an error says was hit.
func limitOf(err error) hostile.Limit {
	var f *hostile.Fault
	if errors.As(err, &f) {
		return f.Limit
	}
	return ""
}

func TestBudget(t *testing.T) {
	cases := []struct {
		name   string
		limits hostile.Limits
		spend  func(*hostile.Budget) error
		want   hostile.Limit
		spent  bool // the file is over
	}{
		{name: "inflated to the limit", limits: hostile.Limits{Inflated: 10}, spend: func(b *hostile.Budget) error { return b.Inflate(10) }},
		{name: "inflated over it", limits: hostile.Limits{Inflated: 10}, spend: func(b *hostile.Budget) error { return b.Inflate(11) },
			want: hostile.LimitInflated, spent: true},
		{name: "inflated past an integer", limits: hostile.Limits{Inflated: math.MaxInt64}, spend: func(b *hostile.Budget) error {
			return errors.Join(b.Inflate(math.MaxInt64), b.Inflate(math.MaxInt64))
		}, want: hostile.LimitInflated, spent: true},
		{name: "steps to the limit", limits: hostile.Limits{Steps: 3}, spend: func(b *hostile.Budget) error { return b.Steps(3) }},
		{name: "steps over it", limits: hostile.Limits{Steps: 3}, spend: func(b *hostile.Budget) error { return b.Steps(4) },
			want: hostile.LimitSteps, spent: true},
		{name: "steps past an integer", limits: hostile.Limits{Steps: 3}, spend: func(b *hostile.Budget) error {
			return errors.Join(b.Steps(1), b.Steps(math.MaxInt64))
		}, want: hostile.LimitSteps, spent: true},
		{name: "negative steps", limits: hostile.Limits{Steps: 3}, spend: func(b *hostile.Budget) error { return b.Steps(-1) },
			want: hostile.LimitSteps, spent: true},
		{name: "memory refused, not the end", limits: hostile.Limits{Memory: 8}, spend: func(b *hostile.Budget) error { return b.Hold(9) },
			want: hostile.LimitMemory},
		{name: "memory past an integer", limits: hostile.Limits{Memory: 8}, spend: func(b *hostile.Budget) error {
			return errors.Join(b.Hold(1), b.Hold(math.MaxUint64))
		}, want: hostile.LimitMemory},
		{name: "memory given back", limits: hostile.Limits{Memory: 8}, spend: func(b *hostile.Budget) error {
			mark := b.Held()
			err := b.Hold(8)
			b.Release(mark)
			return errors.Join(err, b.Hold(8))
		}},
		{name: "members", limits: hostile.Limits{Members: 2}, spend: func(b *hostile.Budget) (err error) {
			for range 3 {
				if err = b.Enter(); err == nil {
					b.Leave()
				}
			}
			return err
		}, want: hostile.LimitMembers, spent: true},
		{name: "depth refused, not the end", limits: hostile.Limits{Depth: 1}, spend: func(b *hostile.Budget) error {
			return errors.Join(b.Enter(), b.Enter())
		}, want: hostile.LimitDepth},
		{name: "nothing is entered after the end", limits: hostile.Limits{Steps: 1}, spend: func(b *hostile.Budget) error {
			_ = b.Steps(2)
			return b.Enter()
		}, want: hostile.LimitSteps, spent: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := budget(c.limits)
			if got := limitOf(c.spend(b)); got != c.want {
				t.Errorf("limit: got %q, want %q", got, c.want)
			}
			if got := b.Spent() != nil; got != c.spent {
				t.Errorf("spent: got %v, want %v", got, c.spent)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	b := hostile.NewBudget(context.Background(), hostile.Limits{Steps: 1 << 40, Time: time.Second}, 0, clock)
	if err := b.Step(); err != nil {
		t.Fatalf("before the deadline: %v", err)
	}
	now = now.Add(2 * time.Second)
	n := 0
	for b.Step() == nil {
		n++
	}
	if n > 1<<10 || limitOf(b.Spent()) != hostile.LimitTime {
		t.Errorf("got %v after %d steps, want the timeout within 1024", b.Spent(), n)
	}
}

// TestMemoryIsWork: memory that is released and claimed again is provided each time.
func TestMemoryIsWork(t *testing.T) {
	b := hostile.NewBudget(context.Background(), hostile.Limits{Steps: 1 << 20, Memory: 64 << 20, Time: time.Hour}, 0, time.Now)
	times := 0
	for ; times < 100 && b.Hold(32<<20) == nil; times++ {
		b.Release(0)
	}
	if times != 4 || limitOf(b.Spent()) != hostile.LimitSteps {
		t.Errorf("got 32 MiB %d times, then %v, want 4 times for 1 Mi steps", times, b.Spent())
	}
}

func TestCancelledScanStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	b := hostile.NewBudget(ctx, hostile.DefaultLimits(), 0, time.Now)
	cancel(errors.New("interrupted"))
	err := b.Enter()
	if want := "over budget at byte 0x0: the scan was stopped: interrupted (limit --timeout)"; text(err) != want {
		t.Errorf("got %q, want %q", text(err), want)
	}
}

// TestBudgetOfSparseFile: the bounds that follow from a size must not overflow.
func TestBudgetOfSparseFile(t *testing.T) {
	for _, size := range []int64{-1 << 40, -1, 0, 1 << 40, 1 << 60, math.MaxInt64} {
		b := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now)
		if b.Inflatable() < hostile.MinInflated || b.Step() != nil {
			t.Errorf("size %d: inflatable %d, step %v, want at least %d and none", size, b.Inflatable(), b.Step(), hostile.MinInflated)
		}
	}
}
