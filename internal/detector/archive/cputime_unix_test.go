//go:build unix

package archive_test

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used of its processors: unlike the clock, it
// does not depend on what else the machine does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		panic("the system does not say what the process has used")
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
