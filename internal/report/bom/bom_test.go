package bom_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/bom"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

var executes = &rule.Rule{ID: "pickle-executes-code", Severity: rule.Critical, Precision: rule.Certain}

// files hold every status, every kind of licence and hostile text in each place
// that a file can word.
func files() []audit.File {
	return []audit.File{
		{Path: "a.gguf", Status: audit.Clean, Formats: []string{"gguf"}, Size: 12, Digest: bytes.Repeat([]byte{0xab}, 32),
			Licenses: []string{"apache-2.0", "llama3", "mit OR ##[error]\\n"}, MoreLicenses: true},
		{Path: "b\xff\u202e\n::error::##[x].pt", Status: audit.Findings, Formats: []string{"zip", "pytorch", "pickle"},
			Digest: make([]byte, 32), Findings: []finding.Finding{{Rule: executes, Key: "x", Message: "x"}}},
		{Path: "c.pkl", Status: audit.Incomplete, Formats: []string{"pickle"}, Reason: "truncated"},
		{Path: "d.safetensors", Status: audit.NotScanned, Reason: "not opened"},
		{Path: "e.zip", Status: audit.Clean, Formats: []string{"zip", "executable"}},
		{Path: "f.unheard-of", Status: audit.Clean, Formats: []string{"of-tomorrow"}},
		{Path: "README.md", Status: audit.NotAModel},
	}
}

func write(t *testing.T, opts bom.Options, files ...audit.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bom.Write(&b, policy.Outcome{Report: audit.Report{Files: files}}, opts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// schema is that of CycloneDX 1.6, with the licences of SPDX and the signatures
// that it refers to, as the CycloneDX project publishes them.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	for _, name := range []string{"bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource("http://cyclonedx.org/schema/"+name, doc); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	s := schema(t)
	for _, c := range []struct {
		name  string
		files []audit.File
		opts  bom.Options
	}{
		{name: "nothing", opts: bom.Options{Version: "1.2.3"}},
		{name: "everything", files: files(), opts: bom.Options{Version: "1.2.3", Made: time.Unix(1767225600, 0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := write(t, c.opts, c.files...)
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(doc); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// TestLicensesAreOfSPDX: an identifier that the schema does not know makes the
// whole document invalid.
func TestLicensesAreOfSPDX(t *testing.T) {
	ids, err := os.ReadFile("../../license/ids.txt")
	if err != nil {
		t.Fatal(err)
	}
	var f audit.File
	f.Path, f.Formats, f.Status = "m.gguf", []string{"gguf"}, audit.Clean
	f.Licenses = slices.Collect(table.Lines(string(ids)))
	text := write(t, bom.Options{}, f)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema(t).Validate(doc); err != nil {
		t.Error(err)
	}
	if got := bytes.Count(text, []byte(`"id":`)); got != len(f.Licenses) {
		t.Errorf("got %d identifiers of %d licences", got, len(f.Licenses))
	}
}

type document struct {
	SerialNumber string
	Components   []struct {
		Type, Name string
		Hashes     []struct{ Alg, Content string }
		Licenses   []struct {
			License struct{ ID, Name, Acknowledgement string }
		}
		Properties []struct{ Name, Value string }
	}
	Compositions []struct {
		Aggregate  string
		Assemblies []string
	}
}

func parse(t *testing.T, text []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

func TestComponents(t *testing.T) {
	d := parse(t, write(t, bom.Options{}, files()...))
	var got []string
	for _, c := range d.Components {
		line := c.Type + " " + c.Name
		for _, h := range c.Hashes {
			line += " " + h.Alg + ":" + h.Content[:4]
		}
		for _, l := range c.Licenses {
			line += " id=" + l.License.ID + " name=" + l.License.Name + " " + l.License.Acknowledgement
		}
		for _, p := range c.Properties {
			line += " " + strings.TrimPrefix(p.Name, "modelaudit:") + "=" + p.Value
		}
		got = append(got, line)
	}
	want := []string{
		`machine-learning-model a.gguf SHA-256:abab id=Apache-2.0 name= declared id= name=llama3 declared id= name=mit OR ##[error]\n declared format=gguf framework=ggml size=12 status=clean licenses=more than are listed`,
		`machine-learning-model b\xff\u202e\n::error::##[x].pt SHA-256:0000 format=zip format=pytorch format=pickle framework=PyTorch size=0 status=findings findings:critical=1`,
		`machine-learning-model c.pkl format=pickle size=0 status=incomplete reason=truncated`,
		`file d.safetensors size=0 status=not-scanned reason=not opened`,
		`file e.zip format=zip format=executable size=0 status=clean`,
		`machine-learning-model f.unheard-of format=of-tomorrow size=0 status=clean`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(d.Compositions) != 1 || d.Compositions[0].Aggregate != "incomplete" ||
		!slices.Equal(d.Compositions[0].Assemblies, []string{"file:c.pkl", "file:d.safetensors"}) {
		t.Errorf("compositions: got %+v", d.Compositions)
	}
}

// recognised finds the formats that a detector names.
var recognised = regexp.MustCompile(`Recognised\("([^"]+)"\)`)

// TestFormatsAreListed: what is no model must not be called one because nobody
// thought of the table.
func TestFormatsAreListed(t *testing.T) {
	formats, err := os.ReadFile("formats.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for row := range table.Rows(string(formats), 3) {
		if row[1] != "file" && row[1] != "machine-learning-model" || listed[row[0]] {
			t.Errorf("formats.txt: %q has no type, or is there twice", row)
		}
		listed[row[0]] = true
	}
	files, err := filepath.Glob("../../detector/*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no detectors: %v", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range recognised.FindAllSubmatch(source, -1) {
			if format := string(m[1]); !listed[format] {
				t.Errorf("%s recognises %s, which formats.txt does not list", name, format)
			}
		}
	}
}

// TestSerialNumber: documents that say the same have one number, others have
// others.
func TestSerialNumber(t *testing.T) {
	all := files()
	first, second, other := write(t, bom.Options{}, all...), write(t, bom.Options{}, all...), write(t, bom.Options{}, all[1:]...)
	if !bytes.Equal(first, second) {
		t.Errorf("two documents differ:\n%s\n%s", first, second)
	}
	if a, b := parse(t, first).SerialNumber, parse(t, other).SerialNumber; a == b {
		t.Errorf("two inventories have one serial number %s", a)
	}
}

func TestNothingCommandsALog(t *testing.T) {
	text := string(write(t, bom.Options{}, files()...))
	for _, bad := range []string{"##[", "\u202e", "\x1b", "\n::"} {
		if strings.Contains(text, bad) {
			t.Errorf("the document contains %q", bad)
		}
	}
}
