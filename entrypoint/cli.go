// Package entrypoint holds the two doors of the program, the command line and
// the GitHub Action, and the one road behind them.
package entrypoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// A World is what the process was given: nothing below reads it elsewhere.
type World struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// Exit statuses that are not verdicts.
const (
	exitUsage  = 2
	exitFailed = 4
)

// usageError is the caller's mistake: exit status 2.
type usageError struct{ error }

// Run carries out one command and returns the exit status.
func Run(ctx context.Context, w World) int {
	status := 0
	cmd := command(w, &status)
	cmd.SetArgs(w.Args)
	cmd.SetOut(w.Stdout)
	cmd.SetErr(w.Stderr)
	err := cmd.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return status
	case errors.As(err, &usage):
		fmt.Fprintf(w.Stderr, "modelaudit: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(w.Stderr, "modelaudit: %v\n", err)
		return exitFailed
	}
}

func command(w World, status *int) *cobra.Command {
	root := &cobra.Command{
		Use:           "modelaudit",
		Short:         "Find what is dangerous in machine-learning model files without loading them",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(scanCommand(w, status))
	return root
}

type scanFlags struct {
	format, output, failOn, onIncomplete string
	filter                               walk.Filter
	limits                               hostile.Limits
}

func scanCommand(w World, status *int) *cobra.Command {
	f := scanFlags{limits: hostile.DefaultLimits()}
	cmd := &cobra.Command{
		Use:   "scan PATH…",
		Short: "Scan model files and directories",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("scan: no path given")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			*status, err = runScan(cmd.Context(), w, f, args)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "text", "text, json, sarif or markdown")
	flags.StringVar(&f.failOn, "fail-on", "high", "the mildest severity that fails: critical, high, medium, low or none")
	flags.StringVar(&f.onIncomplete, "on-incomplete", "fail", "what a file that was not fully read does: fail or warn")
	return cmd
}

func runScan(ctx context.Context, w World, f scanFlags, args []string) (int, error) {
	failOn, err := policy.ParseThreshold(f.failOn)
	if err != nil {
		return 0, usageError{fmt.Errorf("--fail-on: %w", err)}
	}
	onIncomplete, err := policy.ParseOnIncomplete(f.onIncomplete)
	if err != nil {
		return 0, usageError{fmt.Errorf("--on-incomplete: %w", err)}
	}
	files, err := walk.Files(args, f.filter)
	if err != nil {
		return 0, usageError{err}
	}
	s := scan.Scanner{Detectors: catalog.Detectors(), Limits: f.limits, Now: time.Now}
	result := s.All(ctx, files, nil)
	verdict := policy.Policy{FailOn: failOn, OnIncomplete: onIncomplete}.Judge(&result)
	return verdict.ExitStatus(), write(w.Stdout, &result, verdict)
}

func write(w io.Writer, r *audit.Report, verdict policy.Verdict) error {
	return report.JSON(w, "dev", r, verdict)
}
