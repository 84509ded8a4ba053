package settings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/modelaudit/modelaudit/internal/settings"
)

// beyond are refused files whose fault a schema cannot express, or sees
// otherwise.
var beyond = []string{"no YAML", "tab", "no text", "two documents, one of them none", "two documents", "twice", "alias", "glob", "key that is no text", "too large"}

// TestSchema compares the published schema with what is read.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../schema/modelaudit.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(decode(t, everything)); err != nil {
		t.Errorf("the schema refuses a file that uses every key: %v", err)
	}
	for _, c := range refused {
		if slices.Contains(beyond, c.name) {
			continue
		}
		if schema.Validate(decode(t, c.file)) == nil {
			t.Errorf("%s: the schema accepts what is refused:\n%s", c.name, c.file)
		}
	}
	for _, value := range []string{"10", "512MB", "64GiB", "1.5 kib", "1e", "0", "-1", "1e6", "1,5MB", "x", "1XB", "1.GB"} {
		file := fmt.Sprintf("limits: {max-file-size: '%s'}", value)
		s := settings.Default()
		read, valid := s.ReadFile("p.yml", []byte(file)), schema.Validate(decode(t, file))
		if (read == nil) != (valid == nil) {
			t.Errorf("size %q: read gives %v, the schema %v", value, read, valid)
		}
	}
}

// decode reads YAML the way an editor does that validates with a schema: dates
// stay text.
func decode(t *testing.T, file string) any {
	t.Helper()
	var v any
	if err := yaml.Load([]byte(file), &v); err != nil && file != "" && file[0] != '#' {
		t.Fatalf("%s: %v", file, err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON(t, v)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	doc, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(doc); strings.Contains(s, "T00:00:00Z") {
		doc = []byte(strings.ReplaceAll(s, "T00:00:00Z", ""))
	}
	return doc
}
