// Modelaudit finds what is dangerous in machine-learning model files without
// ever loading them.
package main

import (
	"context"
	"os"

	"github.com/modelaudit/modelaudit/entrypoint"
)

func main() {
	world := entrypoint.World{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
	}
	os.Exit(entrypoint.Run(context.Background(), world))
}
