//go:build !unix

package main

import "github.com/rogpeppe/go-internal/testscript"

// fifo NAME makes a pipe, of which this system has none among its files.
func makeFIFO(ts *testscript.TestScript, _ bool, args []string) {
	ts.Fatalf("no pipe %s: this system keeps none among its files", args)
}
