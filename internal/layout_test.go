package internal_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// firstCell is what begins a row of the table Layout, and listed one of the names
// in it.
var (
	firstCell = regexp.MustCompile("(?m)^\\| (`.*?) \\|")
	listed    = regexp.MustCompile("`([^`]+)`")
)

// TestLayoutIsWhole holds the table Layout of ARCHITECTURE.md to the packages
// that there are, those included that serve tests.
func TestLayoutIsWhole(t *testing.T) {
	text, err := os.ReadFile(root + "/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	told := layout(string(text))
	for _, name := range told {
		if found, err := fs.Glob(os.DirFS(root), name); err != nil || len(found) == 0 {
			t.Errorf("ARCHITECTURE.md says what %s is for, which is not there (%v)", name, err)
		}
	}
	missing := make(map[string]bool)
	for _, name := range goFiles(t) {
		if pkg := path.Dir(name); pkg != "." && !matchAny(told, pkg) && !missing[pkg] {
			t.Errorf("ARCHITECTURE.md does not say what %s is for: add it to the table Layout", pkg)
			missing[pkg] = true
		}
	}
}

// layout returns the files and directories that the table is about. A name
// without a slash lies where the one in front of it does.
func layout(text string) []string {
	_, table, _ := strings.Cut(text, "## Layout\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var out []string
	for _, cell := range firstCell.FindAllStringSubmatch(table, -1) {
		dir := "."
		for _, m := range listed.FindAllStringSubmatch(cell[1], -1) {
			name := path.Join(dir, m[1])
			if strings.Contains(m[1], "/") {
				name = path.Clean(m[1])
				dir = path.Dir(name)
			}
			out = append(out, name)
		}
	}
	return out
}
