// Package entrypoint holds the two doors of the program, the command line and
// the GitHub Action, and the one road behind them.
package entrypoint

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// A World is what the process was given: nothing below reads it elsewhere.
type World struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Net            github.Net // how requests reach GitHub; the zero value is the real network
}

// Exit statuses that are not verdicts.
const (
	exitUsage  = 2
	exitFailed = 4
)

// usageError is the caller's mistake: exit status 2.
type usageError struct{ error }

// Unwrap returns what the mistake led to.
func (e usageError) Unwrap() error { return e.error }

// Run carries out one command and returns the exit status.
func Run(ctx context.Context, w World) int {
	status, began := 0, false
	cmd := command(w, &status)
	cmd.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	cmd.SetArgs(w.Args)
	cmd.SetOut(w.Stdout)
	cmd.SetErr(w.Stderr)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return status
	}
	w.say(told(err))
	// Before a command begins only its arguments can be wrong.
	if usage := (usageError{}); !began || errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// told is an error for people: of a file that cannot be opened its name and why,
// without the call that failed.
func told(err error) string {
	failed := (*fs.PathError)(nil)
	if !errors.As(err, &failed) || failed.Error() != err.Error() {
		return err.Error()
	}
	text := failed.Path + ": " + failed.Err.Error()
	if strings.Contains(failed.Path, "://") {
		text += " (what lies elsewhere is to be fetched first)"
	}
	return text
}

// scanner makes what scans. The clock goes in here, so that nothing below reads
// it by itself.
func scanner(s settings.Settings) *scan.Scanner {
	return &scan.Scanner{Detectors: catalog.Detectors(), Limits: s.Limits, Now: time.Now, Denied: s.Denied, Digest: s.Digest, Search: s.Search}
}
