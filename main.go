// Modelaudit finds what is dangerous in machine-learning model files without
// ever loading them.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/modelaudit/modelaudit/entrypoint"
)

// growth is how much the heap may grow, in percent of what lives, before the
// garbage collector runs; the first time at a twenty-fifth of it in MiB. Most scans
// end before that, and a scan of small files does not collect its few megabytes
// again and again.
const growth = 400

// softLimit is the memory, in bytes, from which on the garbage collector works
// harder rather than let the heap double.
const softLimit = 160 << 20

func main() {
	world := entrypoint.World{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
	}
	debug.SetMemoryLimit(softLimit)
	debug.SetGCPercent(growth)
	status := entrypoint.Run(context.Background(), world)
	os.Exit(status)
}
