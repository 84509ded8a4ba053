// Package runner speaks the protocol of the Actions runner: inputs come in as
// environment variables; outputs and the job summary go out as files.
package runner

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
)

// Input returns the value of an input without surrounding space. The runner
// keeps hyphens in the name; a shell that cannot spell them may use underscores.
func Input(getenv func(string) string, name string) string {
	key := "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
	if v := strings.TrimSpace(getenv(key)); v != "" {
		return v
	}
	return strings.TrimSpace(getenv(strings.ReplaceAll(key, "-", "_")))
}

// Bool reads a boolean as YAML 1.2 spells it, which is how GitHub's own
// toolkit reads inputs.
func Bool(s string) (bool, error) {
	switch s {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	default:
		return false, fmt.Errorf("%q is not one of true, false", s)
	}
}

// List splits an input into its lines. Empty ones and comments are left out.
func List(s string) []string {
	var out []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// An Output is one value that later steps can use.
type Output struct{ Name, Value string }

// WriteOutputs appends outputs to the file that GITHUB_OUTPUT names. Each value
// ends at a delimiter that no value can guess.
func WriteOutputs(file string, outputs []Output) error {
	var b strings.Builder
	for _, o := range outputs {
		end := "end-" + rand.Text()
		if strings.Contains(o.Value, end) || strings.ContainsAny(o.Name, "=<\r\n") {
			return fmt.Errorf("output %q cannot be written", o.Name)
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", o.Name, end, o.Value, end)
	}
	return appendTo(file, b.String())
}

// MaxSummary is how much Markdown is written: the runner drops a step's whole
// summary when it is larger than 1 MiB.
const MaxSummary = 900 << 10

// WriteSummary appends Markdown to the file that GITHUB_STEP_SUMMARY names.
func WriteSummary(file, markdown string) error {
	if len(markdown) > MaxSummary {
		return fmt.Errorf("a summary of %d bytes, more than %d", len(markdown), MaxSummary)
	}
	return appendTo(file, markdown+"\n")
}

// appendTo appends to a file of the runner's: other steps, and the runner,
// write into the same.
func appendTo(name, text string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
