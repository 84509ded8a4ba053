package catalog_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// TestDetectors: each is there once, under a name of its own.
func TestDetectors(t *testing.T) {
	seen, names := make(map[*detector.Detector]bool), make(map[string]bool)
	for _, d := range catalog.Detectors() {
		if seen[d] || names[d.Name] {
			t.Errorf("detector %s is in the catalog twice", d.Name)
		}
		seen[d], names[d.Name] = true, true
	}
}

var update = flag.Bool("update", false, "write list.go and RULES.md")

// TestDocument holds RULES.md to what the rules say.
func TestDocument(t *testing.T) {
	const name = "../../RULES.md"
	want := catalog.Document(catalog.Rules(catalog.Detectors(), scan.Rules...))
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("RULES.md is not what the rules say (%v): run go test ./internal/catalog -update", err)
	}
}

// inWords is the form of an ID, which is for ever.
var inWords = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)

// TestRules: what every rule must say for the reports to be whole.
func TestRules(t *testing.T) {
	seen := make(map[string]*rule.Rule)
	for _, r := range catalog.Rules(catalog.Detectors(), scan.Rules...) {
		if old := seen[r.ID]; old != nil {
			t.Errorf("two rules have the ID %s: %q and %q", r.ID, old.Title, r.Title)
		}
		seen[r.ID] = r
		if !inWords.MatchString(r.ID) {
			t.Errorf("%s: an ID is words with hyphens between them", r.ID)
		}
		if r.Severity == 0 || r.Precision == 0 || r.Since == "" || r.Title == "" || strings.HasSuffix(r.Title, ".") {
			t.Errorf("%s: a severity, a precision, a version or a title without a full stop is missing: %+v", r.ID, r)
		}
		for _, part := range []string{"**Why it matters.**", "**How to fix it.**", "**How to accept the risk.**"} {
			if !strings.Contains(r.Help(), part) {
				t.Errorf("%s: its help has no part %s", r.ID, part)
			}
		}
		if len(r.Help()) > 8<<10 {
			t.Errorf("%s: %d bytes of help are more than is shown", r.ID, len(r.Help()))
		}
	}
}
