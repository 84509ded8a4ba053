package hdf5

import (
	"testing"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// FuzzWalk: whatever the bytes, the walk ends, visits each object once, never
// reads outside of the file, and every error is a Fault.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(Signature))
	for _, p := range seeds(f) {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		file, err := Open(hostiletest.Reader(p))
		if err != nil {
			hostiletest.OnlyFault(t, err)
			return
		}
		seen := make(map[int64]bool)
		hostiletest.OnlyFault(t, file.Walk(func(o *Object) error {
			if seen[o.Offset] {
				t.Errorf("object at %#x is visited twice", o.Offset)
			}
			seen[o.Offset] = true
			visitAll(t, file, o)
			return nil
		}))
	})
}

func visitAll(t *testing.T, file *File, o *Object) {
	for _, err := range o.Faults {
		hostiletest.OnlyFault(t, err)
	}
	for _, a := range o.Attributes {
		_, err := a.Texts()
		hostiletest.OnlyFault(t, err)
	}
	if o.Dataset != nil {
		hostiletest.OnlyFault(t, file.Sequences(o.Dataset, func([]byte) error { return nil }))
		p, err := file.Chunks(o.Dataset, func([]byte) bool { return true })
		hostiletest.OnlyFault(t, err)
		if uint64(len(p)) > o.Dataset.Declared {
			t.Errorf("%s: %d bytes, %d declared", o.Path, len(p), o.Dataset.Declared)
		}
	}
}
