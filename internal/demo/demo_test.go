package demo_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

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
