package internal_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// direct are the modules that go.mod requires for the project's own imports.
var direct = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)

// version is the end of a module's path that tells its major version.
var version = regexp.MustCompile(`/v[0-9]+$`)

// TestDependenciesHaveReasons holds ARCHITECTURE.md to go.mod.
func TestDependenciesHaveReasons(t *testing.T) {
	t.Chdir(root)
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range direct.FindAllStringSubmatch(string(mod), -1) {
		name := version.ReplaceAllString(strings.TrimPrefix(m[1], "github.com/"), "")
		if !strings.Contains(string(text), name) {
			t.Errorf("ARCHITECTURE.md gives no reason for %s", m[1])
		}
	}
}
