package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/entrypoint"
	"github.com/modelaudit/modelaudit/internal/demo"
)

var update = flag.Bool("update", false, "write the files of testdata/demo")

const folder = "../../testdata/demo"

func TestFiles(t *testing.T) {
	for _, m := range demo.Models() {
		name := filepath.Join(folder, filepath.FromSlash(m.Name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, m.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, m.Data) {
			t.Errorf("%s is not as the code makes it (%v): go test ./internal/demo -update", m.Name, err)
		}
	}
}

// document is what this test reads of a report in JSON.
type document struct {
	Files []struct {
		Path, Status string
	}
	Findings []struct {
		Path, Message string
		Offset        int64
		Evidence      []struct{ Text string }
	}
}

// TestScan runs the command of the README.
func TestScan(t *testing.T) {
	var out, diagnostics bytes.Buffer
	status := entrypoint.Run(context.Background(), entrypoint.World{
		Args:   []string{"scan", "--format", "json", folder},
		Stdin:  strings.NewReader(""),
		Stdout: &out, Stderr: &diagnostics,
		Getenv: func(string) string { return "" },
	})
	if status != 1 {
		t.Errorf("exit status: got %d, want 1 (%s)", status, &diagnostics)
	}
	var doc document
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	said, is := bySubject(doc)
	dangerous := 0
	for _, m := range demo.Models() {
		text, status := said[m.Name], is[m.Name]
		dangerous += min(1, len(m.Shows))
		if len(m.Shows) == 0 && (status != "clean" || text != "") {
			t.Errorf("%s: got %s, want clean\n%s", m.Name, status, text)
		}
		for _, want := range m.Shows {
			if !strings.Contains(strings.ToLower(text), want) {
				t.Errorf("%s (%s): a finding names %q, want so; found:\n%s", m.Name, status, want, text)
			}
		}
	}
	promise := fmt.Sprintf("scan testdata/demo      # %d models, %d of them dangerous;", len(is), dangerous)
	if readme, err := os.ReadFile("../../README.md"); err != nil || !strings.Contains(string(readme), promise) {
		t.Errorf("README.md does not say %q (%v)", promise, err)
	}
}

// bySubject returns what was found in each file, and its status.
func bySubject(doc document) (said, is map[string]string) {
	said, is = make(map[string]string), make(map[string]string)
	for _, f := range doc.Files {
		is[relative(f.Path)] = f.Status
	}
	for _, f := range doc.Findings {
		line := fmt.Sprintf("%#x %s\n", f.Offset, f.Message)
		for _, e := range f.Evidence {
			line += "    " + e.Text + "\n"
		}
		said[relative(f.Path)] += line
	}
	return said, is
}

func relative(path string) string {
	rel, err := filepath.Rel(folder, path)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}
