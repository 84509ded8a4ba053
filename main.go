// Modelaudit finds what is dangerous in machine-learning model files without
// ever loading them.
package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/modelaudit/modelaudit/entrypoint"
)

// ballastSize is memory that is never touched, and so never occupied. The garbage
// collector starts when the heap has doubled: beside it, a scan of small files
// does not collect its few megabytes again and again.
const ballastSize = 16 << 20

// softLimit is the memory, in bytes, from which on the garbage collector works
// harder rather than let the heap double.
const softLimit = 192 << 20

func main() {
	world := entrypoint.World{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
	}
	debug.SetMemoryLimit(softLimit)
	ballast := make([]byte, ballastSize)
	status := entrypoint.Run(context.Background(), world)
	runtime.KeepAlive(ballast)
	os.Exit(status)
}
