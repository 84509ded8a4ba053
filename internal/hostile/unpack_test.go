package hostile_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// pattern is content whose every place looks different.
func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(1)
	for i := range p {
		if i%64 == 0 {
			x = x*1664525 + 1013904223
		}
		p[i] = byte(x >> (i % 4 * 8))
	}
	return p
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gunzip opens packed as a gzip stream.
func gunzip(packed []byte) hostile.Opener {
	return func() (io.Reader, error) {
		return gzip.NewReader(hostile.Input(hostile.Bytes(packed), 0, int64(len(packed))))
	}
}

func TestUnpackSmall(t *testing.T) {
	want := pattern(100_000)
	c, err := hostile.Unpack(budget(hostile.Limits{}), gunzip(gzipped(t, want)))
	if err != nil || c.Size != int64(len(want)) {
		t.Fatalf("got %d bytes, %v, want %d", c.Size, err, len(want))
	}
	got, whole := c.Whole()
	if !whole || !bytes.Equal(got, want) {
		t.Errorf("small content is not held whole, or differs")
	}
}

// TestUnpackLarge reads content that is not held whole, forwards, backwards and
// across the borders of what is held.
func TestUnpackLarge(t *testing.T) {
	cases := []struct {
		name   string
		size   int
		limits hostile.Limits
	}{
		{name: "more than is kept", size: 40 << 20},
		{name: "little memory", size: 5 << 20, limits: hostile.Limits{Memory: 1 << 20}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := pattern(c.size)
			content, err := hostile.Unpack(budget(c.limits), gunzip(gzipped(t, want)))
			if err != nil || content.Size != int64(c.size) {
				t.Fatalf("got %d bytes, %v, want %d", content.Size, err, c.size)
			}
			if _, whole := content.Whole(); whole {
				t.Fatal("all of it is held")
			}
			places := []int{0, c.size - 10, c.size - 200<<10, c.size / 2, c.size/2 + 100, c.size - 1<<20, 32<<20 - 5, c.size / 3}
			for _, at := range places {
				if at > c.size {
					continue
				}
				got := make([]byte, min(70_000, c.size-at))
				if n, err := content.Reader().ReadAt(got, int64(at)); n != len(got) || err != nil || !bytes.Equal(got, want[at:at+n]) {
					t.Fatalf("at %d: %d of %d bytes, %v, or they differ", at, n, len(got), err)
				}
			}
			if n, err := content.ReadAt(make([]byte, 20), int64(c.size-10)); n != 10 || err != io.EOF {
				t.Errorf("across the end: got %d, %v, want 10, EOF", n, err)
			}
		})
	}
}

func TestUnpackDamaged(t *testing.T) {
	sound := gzipped(t, pattern(200_000))
	flipped := bytes.Clone(sound)
	flipped[len(flipped)-8] ^= 0x40 // of the checksum
	cases := []struct {
		name   string
		open   hostile.Opener
		limits hostile.Limits
		kind   hostile.Kind
		some   bool // bytes came before the fault
	}{
		{name: "cut", open: gunzip(sound[:len(sound)/2]), kind: hostile.Truncated, some: true},
		{name: "wrong checksum", open: gunzip(flipped), kind: hostile.Malformed, some: true},
		{name: "not gzip", open: gunzip([]byte("hello, I am no gzip stream")), kind: hostile.Malformed},
		{name: "bomb", open: gunzip(sound), limits: hostile.Limits{Inflated: 100_000}, kind: hostile.OverBudget, some: true},
		{name: "panic", open: func() (io.Reader, error) { return panics{}, nil }, kind: hostile.Malformed},
		{name: "panic when opened", open: func() (io.Reader, error) { panic("boom") }, kind: hostile.Malformed},
		{name: "no progress", open: func() (io.Reader, error) { return idle{}, nil }, kind: hostile.Malformed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			content, err := hostile.Unpack(budget(c.limits), c.open)
			var f *hostile.Fault
			if !errors.As(err, &f) || f.Kind != c.kind {
				t.Fatalf("got %v, want a fault of kind %v", err, c.kind)
			}
			if got := content.Size > 0; got != c.some || f.Offset != content.Size && f.Kind != hostile.OverBudget {
				t.Errorf("%d bytes came, fault at %d, want some: %v, and the fault where they end", content.Size, f.Offset, c.some)
			}
			got := make([]byte, content.Size)
			if _, err := io.ReadFull(io.NewSectionReader(content.Reader(), 0, content.Size), got); err != nil || !bytes.Equal(got, pattern(200_000)[:len(got)]) {
				t.Errorf("what came before the fault cannot be read: %v", err)
			}
		})
	}
}

// TestUnpackReadsMachineErrors: a disk that fails is not a damaged model.
func TestUnpackReadsMachineErrors(t *testing.T) {
	open := func() (io.Reader, error) { return gzip.NewReader(hostile.Input(brokenDisk{}, 0, 100)) }
	_, err := hostile.Unpack(budget(hostile.Limits{}), open)
	var m *hostile.MachineError
	if !errors.As(err, &m) || !errors.Is(err, errDisk) {
		t.Errorf("got %v, want a MachineError around %v", err, errDisk)
	}
}

// TestReadingBackwardsIsPaidFor: unpacking again and again ends with the budget.
func TestReadingBackwardsIsPaidFor(t *testing.T) {
	const size = 40 << 20
	content, err := hostile.Unpack(budget(hostile.Limits{Inflated: 4 * size}), gunzip(gzipped(t, make([]byte, size))))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 1)
	for n := range 60 {
		at := int64(38-4*(n%2))<<20 - int64(n) // farther back than what is kept, and never read before
		if _, err = content.ReadAt(p, at); err != nil {
			break
		}
	}
	if limitOf(err) != hostile.LimitInflated {
		t.Errorf("got %v, want the limit of what is inflated", err)
	}
}

// TestReadingHeadersAgain: a second reader of the same places costs nothing.
func TestReadingHeadersAgain(t *testing.T) {
	const size = 48 << 20
	data := pattern(size)
	content, err := hostile.Unpack(budget(hostile.Limits{Inflated: 2*size + 1<<20}), gunzip(gzipped(t, data)))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for at := int64(33 << 20); at < 47<<20; at += 4 << 20 {
			p := make([]byte, 30)
			if _, err := content.ReadAt(p, at); err != nil || !bytes.Equal(p, data[at:at+30]) {
				t.Fatalf("at %d: got %v, or other bytes", at, err)
			}
		}
	}
}

// TestReadingALittleBackwards: what was read last is at hand.
func TestReadingALittleBackwards(t *testing.T) {
	const size = 40 << 20
	data := pattern(size)
	content, err := hostile.Unpack(budget(hostile.Limits{Inflated: 2*size + 1<<20}), gunzip(gzipped(t, data)))
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(33 << 20); at < 39<<20; at += 300_000 {
		p := make([]byte, 1<<20)
		if _, err := content.ReadAt(p, at); err != nil || !bytes.Equal(p, data[at:at+1<<20]) {
			t.Fatalf("at %d: got %v, or other bytes", at, err)
		}
	}
}

// TestUnpackChangesBetweenReadings: a file that is swapped under the scan.
func TestUnpackChangesBetweenReadings(t *testing.T) {
	packed := gzipped(t, pattern(34<<20))
	first := true
	open := func() (io.Reader, error) {
		defer func() { first = false }()
		if first {
			return gunzip(packed)()
		}
		return gunzip(packed[:1<<20])()
	}
	content, err := hostile.Unpack(budget(hostile.Limits{}), open)
	if err != nil {
		t.Fatal(err)
	}
	_, err = content.ReadAt(make([]byte, 10), 33<<20)
	var f *hostile.Fault
	if !errors.As(err, &f) || f.Kind != hostile.Truncated {
		t.Errorf("got %v, want truncated", err)
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("slice bounds out of range") }

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }
