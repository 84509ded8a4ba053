package hostile

import (
	"fmt"
	"runtime/debug"
)

// A Panic is a bug that hostile bytes found, in this program or in a library.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("crashed: %v", p.Value) }

// Guard runs f and returns what it panicked with as a *Panic. It holds the
// program's one recover: the scan runs each detector in it, and a decompressor
// of another's making runs in it too, so that a bug there ends one file and is
// told, never the scan.
func Guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}
