// Package referencetest asks reference implementations in Python what they find in
// generated texts, for differential tests.
package referencetest

import (
	"encoding/json"
	"iter"
	"os/exec"
	"strings"
	"testing"
)

// Pairs runs a program of Python that prints a line of JSON for each text,
// [text, [what is found in it, …]], and yields these. Without Python, or where the
// program fails since it lacks what it imports, the test is skipped. Fewer lines than
// least fail it: they would tell nothing.
func Pairs(t *testing.T, program string, least int) iter.Seq2[string, []string] {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to compare with")
	}
	out, err := exec.Command(python, "-c", program).Output()
	if err != nil {
		t.Skipf("python3 has nothing to compare with: %v", err)
	}
	if n := strings.Count(string(out), "\n"); n < least {
		t.Fatalf("got %d texts in which something is found, want %d: too few to tell", n, least)
	}
	return func(yield func(string, []string) bool) {
		for line := range strings.Lines(string(out)) {
			var pair [2]json.RawMessage
			var text string
			var found []string
			for _, err := range []error{json.Unmarshal([]byte(line), &pair), json.Unmarshal(pair[0], &text), json.Unmarshal(pair[1], &found)} {
				if err != nil {
					t.Fatalf("%q: %v", line, err)
				}
			}
			if !yield(text, found) {
				return
			}
		}
	}
}
