package archive_test

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used of its processors.
func cpuTime() time.Duration {
	process, err := syscall.GetCurrentProcess()
	var made, ended, kernel, user syscall.Filetime
	if err != nil || syscall.GetProcessTimes(process, &made, &ended, &kernel, &user) != nil {
		panic("the system does not say what the process has used")
	}
	return duration(kernel) + duration(user)
}

// duration is a count of 100 nanoseconds.
func duration(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
