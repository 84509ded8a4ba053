package entrypoint

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/runner"
)

// note keeps something to be told once, in the log and in the summary: about
// the run itself, not about a file.
func (a *action) note(l workflow.Level, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if strings.HasSuffix(message, "..") && !strings.HasSuffix(message, "...") {
		message = strings.TrimSuffix(message, ".") // what was quoted is a sentence already
	}
	n := workflow.Annotation{Level: l, Title: "modelaudit", Message: message}
	if !slices.Contains(a.notes, n) {
		a.notes = append(a.notes, n)
	}
}

// printLog prints what was found, then the annotations. The runner obeys
// commands in the output of a step, so that what quotes a file stands between
// fences.
func (a *action) printLog() {
	group := githubactions.New(githubactions.WithWriter(a.Stdout), githubactions.WithGetenv(a.Getenv))
	group.Group("ModelAudit: " + string(a.outcome.Verdict))
	err := workflow.Fence(a.Stdout, rand.Text(), func() error { return report.Text(a.Stdout, a.outcome, report.Usual, false) })
	group.EndGroup()
	var all []workflow.Annotation
	if a.in.annotations {
		all = workflow.Annotate(a.outcome)
	}
	// What is said of the run comes first: of each level the runner keeps ten.
	if printing := workflow.Print(a.Stdout, append(slices.Clone(a.notes), all...)); err == nil {
		err = printing
	}
	if err != nil {
		fmt.Fprintf(a.Stderr, "modelaudit: the log is not complete: %v\n", err)
	}
}

// writeOutputs hands values to later steps, where there is a runner.
func (a *action) writeOutputs(outputs []runner.Output) {
	file := a.Getenv("GITHUB_OUTPUT")
	if file == "" {
		return
	}
	if err := runner.WriteOutputs(file, outputs); err != nil {
		fmt.Fprintf(a.Stderr, "modelaudit: the outputs were not written: %v\n", err)
	}
}

// buffer renders a report into memory.
func buffer(write func(*bytes.Buffer) error) ([]byte, error) {
	var b bytes.Buffer
	err := write(&b)
	return b.Bytes(), err
}
