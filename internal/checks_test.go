package internal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// allSteps is what .ci/run does when it is not told.
	allSteps = regexp.MustCompile(`\|\| steps=\(([a-z ]+)\)`)
	// matrixSteps is what one job of the workflow tells it.
	matrixSteps = regexp.MustCompile(`(?m)^          - ([a-z ]+)$`)
)

// TestWorkflowRunsEveryCheck: the workflow divides the steps of .ci/run among
// jobs, and loses none.
func TestWorkflowRunsEveryCheck(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	script := read(".ci/run")
	m := allSteps.FindStringSubmatch(script)
	if m == nil {
		t.Fatal(".ci/run does not say what its steps are")
	}
	// The workflow image builds the image with Docker, as users do.
	want := slices.DeleteFunc(strings.Fields(m[1]), func(step string) bool { return step == "image" })
	var got []string
	for _, m := range matrixSteps.FindAllStringSubmatch(read(".github/workflows/ci.yml"), -1) {
		got = append(got, strings.Fields(m[1])...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the workflow ci runs %v; the steps of .ci/run are %v", got, want)
	}
	for _, step := range got {
		if !strings.Contains(script, "\n"+step+"() {") {
			t.Errorf(".ci/run has no function %s", step)
		}
	}
}
