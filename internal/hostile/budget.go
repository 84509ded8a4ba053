package hostile

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Limit names one of the limits that a Budget keeps, by the flag that sets it.
type Limit string

// The limits of a run.
const (
	LimitInflated Limit = "max-inflated"
	LimitMemory   Limit = "max-memory"
	LimitSteps    Limit = "max-steps"
	LimitMembers  Limit = "max-members"
	LimitDepth    Limit = "max-depth"
	LimitTime     Limit = "timeout"
)

// Limits are what one file on disk, with everything nested in it, may cost.
type Limits struct {
	Inflated int64         // bytes that decompression may produce; 0 means the larger of MinInflated and InflatedRatio times the file
	Memory   int64         // bytes held in buffers whose size a file decides
	Steps    int64         // iterations of loops that a file decides, beyond stepsPerByte for each byte of the file
	Members  int64         // files found inside
	Depth    int           // nesting of files inside files
	Time     time.Duration // wall time
}

// Bounds that follow from the size of the file rather than from a flag: an
// honest archive is rarely denser, and a bomb is small on disk.
const (
	MinInflated   = 512 << 20
	InflatedRatio = 100
	stepsPerByte  = 8
)

// DefaultLimits let every model that we know of pass, and stop a bomb within
// seconds.
func DefaultLimits() Limits {
	return Limits{
		Memory:  192 << 20, // of which zstd --long takes 128 MiB
		Steps:   50_000_000,
		Members: 1_000_000,
		Depth:   32,
		Time:    5 * time.Minute,
	}
}

// maxSize is the size of file beyond which what follows from it grows no more:
// sparse files may claim so much that a product of it overflows.
const maxSize = 1 << 50

// clockEvery is how many steps may pass between two looks at the clock.
const clockEvery = 1 << 10

// A Budget is what is left of the Limits. One Budget serves one file on disk
// and is shared by everything nested in it, so that a bomb cannot be cut into
// pieces. It is used by one goroutine.
type Budget struct {
	ctx      context.Context
	limits   Limits
	deadline time.Time
	now      func() time.Time

	inflated, held, steps, members int64
	depth                          int
	untilClock                     int64  // steps until the clock is looked at
	granted                        int64  // of steps that are spent already, those that Step may take
	spent                          *Fault // the first limit hit that ends everything
	refused                        *Fault // the last memory that was refused
	refusals                       int
}

// NewBudget starts the clock on a file of size bytes. The context's end counts
// as the deadline; now is time.Now outside of tests.
func NewBudget(ctx context.Context, limits Limits, size int64, now func() time.Time) *Budget {
	b := new(Budget)
	b.Renew(ctx, limits, size, now)
	return b
}

// Renew makes a budget that nothing refers to any more one for another file, as
// NewBudget does.
func (b *Budget) Renew(ctx context.Context, limits Limits, size int64, now func() time.Time) {
	size = min(max(0, size), maxSize)
	if limits.Inflated == 0 {
		limits.Inflated = max(MinInflated, InflatedRatio*size)
	}
	limits.Steps += stepsPerByte * size
	*b = Budget{ctx: ctx, limits: limits, deadline: now().Add(limits.Time), now: now}
}

// Inflate spends n bytes of decompressed output.
func (b *Budget) Inflate(n int64) error {
	if err := b.Step(); err != nil {
		return err
	}
	if n > b.Inflatable() {
		b.inflated = b.limits.Inflated
		return b.over(LimitInflated, "more than %d bytes came out of decompression", b.limits.Inflated)
	}
	b.inflated += n
	return nil
}

// Inflatable returns how many bytes decompression may still produce.
func (b *Budget) Inflatable() int64 { return max(0, b.limits.Inflated-b.inflated) }

// Hold reserves n bytes of memory until Release. A refused reservation is not
// the end of the file: a reader that can do with less may go on.
func (b *Budget) Hold(n uint64) error {
	if b.TryHold(n) {
		return b.Provide(n)
	}
	b.refused = fault(LimitMemory, "%d bytes of memory claimed, %d of %d left", n, max(0, b.limits.Memory-b.held), b.limits.Memory)
	b.refusals++
	return b.refused
}

// bytesPerStep is how much fresh memory costs as much as one step. What is smaller
// than freeProvision costs less than the records that claim it.
const (
	bytesPerStep  = 128
	freeProvision = 1 << 20
)

// Provide charges the work of providing n bytes of memory, whether they are reserved
// anew or not: what is released can be claimed again and again, by few bytes of a
// file each time.
func (b *Budget) Provide(n uint64) error {
	if n < freeProvision {
		return nil
	}
	return b.Steps(int64(min(n, maxSize) / bytesPerStep))
}

// TryHold is Hold for memory that the caller reads as well without: that it is
// refused is no news.
func (b *Budget) TryHold(n uint64) bool {
	left := b.limits.Memory - b.held
	if left < 0 || n > uint64(left) {
		return false
	}
	b.held += int64(n)
	return true
}

// Refused returns how often Hold has refused memory, and the last refusal. Who was
// refused may have taken it for the end of what it understands.
func (b *Budget) Refused() (times int, last error) { return b.refusals, b.refused }

// Held returns the bytes now reserved.
func (b *Budget) Held() int64 { return b.held }

// Release gives back everything reserved since Held returned mark.
func (b *Budget) Release(mark int64) { b.held = min(b.held, mark) }

// Step spends one iteration of a loop whose length the file decides, and sees
// the deadline.
func (b *Budget) Step() error {
	if b.granted > 0 {
		b.granted--
		return nil
	}
	return b.Steps(1)
}

// Steps spends n iterations at once.
func (b *Budget) Steps(n int64) error {
	if b.spent != nil {
		return b.spent
	}
	b.grant(-b.granted)
	if n < 0 || n > b.limits.Steps-b.steps {
		return b.over(LimitSteps, "more than %d steps", b.limits.Steps)
	}
	b.steps += n
	if b.untilClock -= min(n, clockEvery); b.untilClock <= 0 {
		b.untilClock = clockEvery
		if err := b.clock(); err != nil {
			return err
		}
	}
	b.grant(min(b.untilClock-1, b.limits.Steps-b.steps))
	return nil
}

// grant spends n steps for Step to take, up to the next look at the clock, or
// takes back what it has not taken.
func (b *Budget) grant(n int64) {
	b.steps += n
	b.untilClock -= n
	b.granted += n
}

func (b *Budget) clock() error {
	if err := b.ctx.Err(); err != nil {
		return b.over(LimitTime, "the scan was stopped: %v", context.Cause(b.ctx))
	}
	if b.now().After(b.deadline) {
		return b.over(LimitTime, "not finished after %v", b.limits.Time)
	}
	return nil
}

// Enter counts one file found inside another and one level of nesting; Leave
// ends the level.
func (b *Budget) Enter() error {
	if b.spent != nil {
		return b.spent
	}
	if err := b.clock(); err != nil {
		return err
	}
	if b.members++; b.members > b.limits.Members {
		return b.over(LimitMembers, "more than %d files inside", b.limits.Members)
	}
	if b.depth >= b.limits.Depth {
		return fault(LimitDepth, "files nested more than %d deep", b.limits.Depth)
	}
	b.depth++
	return nil
}

// Leave ends a level that Enter began.
func (b *Budget) Leave() { b.depth-- }

// Spent returns the limit that ended the file, or nil. Once it is hit nothing
// inside the file is read any more. Memory and depth are not among them: they
// refuse one buffer or one level, and the rest goes on.
func (b *Budget) Spent() error {
	if b.spent == nil {
		return nil
	}
	return b.spent
}

func (b *Budget) over(l Limit, format string, args ...any) error {
	if b.spent == nil {
		b.spent = fault(l, format, args...)
	}
	b.granted = 0
	return b.spent
}

func fault(l Limit, format string, args ...any) *Fault {
	return &Fault{Kind: OverBudget, Limit: l,
		Detail: fmt.Sprintf(format, args...) + fmt.Sprintf(" (limit --%s)", l)}
}

// at places a fault of the budget at the offset where it was felt.
func at(err error, offset int64) error {
	var f *Fault
	if errors.As(err, &f) && f.Kind == OverBudget && f.Offset == 0 {
		placed := *f
		placed.Offset = offset
		return &placed
	}
	return err
}
