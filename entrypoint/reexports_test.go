package entrypoint_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestReexports scans the same models, saved by different versions of Python,
// PyTorch, scikit-learn, joblib, NumPy, cloudpickle, TensorFlow and Keras: which
// version it was may not change what a finding is known by, or every upgrade
// would close all alerts and open them anew.
func TestReexports(t *testing.T) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "reexports.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string][]string) // fingerprints by name of the model
	versions := make(map[string][]string)
	for _, f := range archive.Files {
		version, name, _ := strings.Cut(f.Name, "/")
		// The same object by any protocol, by joblib or plainly, compressed or not.
		group := name[:strings.IndexAny(name, "-.")]
		got := fingerprints(t, name, unpack(t, f.Name, f.Data))
		if len(got) == 0 {
			t.Errorf("%s: nothing was found", f.Name)
		}
		if want, seen := known[group]; seen && !slices.Equal(want, got) {
			t.Errorf("%s: findings %v; of %v they are %v", f.Name, got, versions[group], want)
		}
		known[group] = got
		versions[group] = append(versions[group], version)
	}
	for group, by := range versions {
		if len(by) < 2 {
			t.Errorf("%s was saved by %v alone", group, by)
		}
	}
}

func unpack(t *testing.T, name string, encoded []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(encoded)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// fingerprints scans one file and returns what its findings are known by.
func fingerprints(t *testing.T, name string, content []byte) []string {
	t.Helper()
	file, report := put(t, filepath.Join(t.TempDir(), name), content), filepath.Join(t.TempDir(), "report.json")
	_, said := command("scan", "--format", "json", "--output", report, file)
	p, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said)
	}
	var doc struct {
		Findings []struct{ Rule, Fingerprint string }
	}
	if err := json.Unmarshal(p, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var all []string
	for _, f := range doc.Findings {
		all = append(all, f.Rule+" "+f.Fingerprint)
	}
	slices.Sort(all)
	return all
}
