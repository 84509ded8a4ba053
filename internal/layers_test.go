// Package internal_test holds the architecture and the style of the program as
// data, and fails with the names of those who break them.
package internal_test

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/modelaudit/modelaudit"

// root is the module's directory, as seen from this one.
const root = ".."

// A layer is a place for packages: what they are for, and what of the program
// they may import.
type layer struct {
	pkg, role string
	may       []string
}

// layers says which packages of the program each may import. Names are relative
// to the module and may be globs; of the lines that match a package, the first
// counts. A package that may import nothing stands at the bottom and is named too.
var layers = []layer{
	{pkg: ".", may: []string{"entrypoint"}, role: "hands the process's world to the entrypoint"},
	{pkg: "entrypoint", role: "the two doors, and the one road behind them", may: []string{
		"sarif", "internal/audit", "internal/catalog", "internal/change", "internal/compare", "internal/finding", "internal/git",
		"internal/github", "internal/glob", "internal/inspect", "internal/policy", "internal/report", "internal/report/*", "internal/rule", "internal/runner", "internal/scan",
		"internal/settings", "internal/shard", "internal/walk"}},
	{pkg: "sarif", role: "findings as SARIF", may: []string{
		"internal/audit", "internal/finding", "internal/policy", "internal/report/plain", "internal/rule"}},

	{pkg: "internal/hostile", role: "trusts no length"},
	{pkg: "internal/format/*", role: "what the bytes say: facts", may: []string{"internal/hostile", "internal/format/*"}},

	{pkg: "internal/rule", role: "what can be said"},
	{pkg: "internal/artifact", role: "what is scanned"},
	{pkg: "internal/globals", role: "what is known of callables", may: []string{"internal/memo", "internal/table"}},
	{pkg: "internal/source", role: "what source that comes with a model reaches", may: []string{"internal/address", "internal/format/python", "internal/format/shell", "internal/globals", "internal/hostile", "internal/table"}},
	{pkg: "internal/requirements", role: "what lists of packages have pip do", may: []string{"internal/format/json", "internal/hostile", "internal/table"}},
	{pkg: "internal/license", role: "what licences are called", may: []string{"internal/table"}},
	{pkg: "internal/needle", role: "finds many short texts in long ones"},
	{pkg: "internal/memo", role: "remembers what functions of names answered"},
	{pkg: "internal/table", role: "lists that stand as text beside the code"},
	{pkg: "internal/address", role: "which addresses say who is at the other end", may: []string{"internal/table"}},
	{pkg: "internal/location", role: "where paths that a file names lead", may: []string{"internal/table"}},
	{pkg: "internal/report/plain", role: "hostile text made fit for a log and for Markdown", may: []string{"internal/finding"}},
	{pkg: "internal/glob", role: "patterns over paths"},
	{pkg: "internal/finding", role: "what was said", may: []string{"internal/rule", "internal/table"}},
	{pkg: "internal/audit", role: "what a scan concluded", may: []string{"internal/finding", "internal/rule"}},

	{pkg: "internal/detector", role: "the contract", may: []string{
		"internal/artifact", "internal/finding", "internal/hostile", "internal/needle", "internal/rule"}},
	{pkg: "internal/detector/*", role: "opinions", may: []string{
		"internal/address", "internal/artifact", "internal/detector", "internal/finding", "internal/format/*", "internal/globals", "internal/hostile", "internal/license", "internal/location", "internal/memo", "internal/needle", "internal/requirements", "internal/rule", "internal/source", "internal/table"}},
	{pkg: "internal/catalog", role: "the one list of detectors", may: []string{
		"internal/detector", "internal/detector/*", "internal/rule"}},

	{pkg: "internal/walk", role: "which files are scanned", may: []string{"internal/artifact", "internal/glob", "internal/hostile"}},
	{pkg: "internal/scan", role: "the loop", may: []string{
		"internal/address", "internal/artifact", "internal/audit", "internal/detector", "internal/finding", "internal/hostile", "internal/license", "internal/rule", "internal/table", "internal/walk"}},
	{pkg: "internal/policy", role: "which findings count", may: []string{
		"internal/audit", "internal/compare", "internal/finding", "internal/glob", "internal/report/plain", "internal/rule"}},
	{pkg: "internal/settings", role: "the flags and inputs, once", may: []string{
		"internal/glob", "internal/hostile", "internal/policy", "internal/rule", "internal/walk"}},
	{pkg: "internal/inspect", role: "what one file is", may: []string{
		"internal/artifact", "internal/audit", "internal/detector", "internal/finding", "internal/format/*", "internal/globals", "internal/report/plain"}},
	{pkg: "internal/report", role: "one file per output", may: []string{
		"internal/audit", "internal/compare", "internal/finding", "internal/policy", "internal/report/plain", "internal/rule"}},
	{pkg: "internal/github", role: "the API", may: []string{"internal/finding"}},
	{pkg: "internal/change", role: "what a pull request changes", may: []string{
		"internal/artifact", "internal/format/lfs", "internal/git", "internal/github", "internal/hostile", "internal/walk"}},
	{pkg: "internal/runner", role: "the protocol of the Actions runner"},
	{pkg: "internal/report/workflow", role: "fences and annotations in a job's log", may: []string{
		"internal/audit", "internal/finding", "internal/policy", "internal/report/plain", "internal/rule"}},
	{pkg: "internal/report/gfm", role: "strangers' words in Markdown", may: []string{"internal/finding", "internal/report/plain"}},
	{pkg: "internal/report/bom", role: "models as a CycloneDX bill of materials", may: []string{
		"internal/audit", "internal/finding", "internal/license", "internal/policy", "internal/report/plain", "internal/rule", "internal/table"}},
	{pkg: "internal/report/review", role: "what a reviewer reads", may: []string{
		"internal/audit", "internal/compare", "internal/finding", "internal/policy", "internal/report/gfm", "internal/report/plain", "internal/rule"}},
	{pkg: "internal/compare", role: "what a change does to findings", may: []string{"internal/audit", "internal/finding"}},
	{pkg: "internal/git", role: "reads commits and files of a clone"},
	{pkg: "internal/shard", role: "divides files among machines", may: []string{"internal/walk"}},
	{pkg: "internal/demo", role: "makes the files of testdata/demo"},
}

// reserved says which packages alone may import something from outside of the
// program, and why.
var reserved = []struct {
	imports []string
	only    []string // none: nobody
	why     string
}{
	{imports: []string{"unsafe", "plugin", "C"}, why: "memory safety is what the program stands on"},
	{imports: []string{"os/exec"}, why: "nothing is ever executed"},
	{imports: []string{"net", "net/http", "net/http/*", "net/rpc", "net/smtp", "crypto/tls"}, only: []string{"internal/github"},
		why: "scanning uses no network"},
	{imports: []string{"syscall", "golang.org/x/sys/*"}, only: []string{"internal/walk", "internal/runner"}, why: "the system is met at the doors"},
	{imports: []string{"os"}, only: []string{".", "entrypoint", "internal/walk", "internal/change", "internal/git", "internal/runner"},
		why: "formats and detectors see a file through the scan alone"},
	{imports: []string{"log", "log/slog"}, why: "what is worth saying is a finding, a fault or an error"},
	{imports: []string{"encoding/gob"}, why: "it allocates what the input claims"},
	{imports: []string{"github.com/owenrumney/go-sarif/*", "github.com/owenrumney/go-sarif/*/*"}, only: []string{"sarif"}, why: "its traps are handled there"},
	{imports: []string{"github.com/CycloneDX/*"}, only: []string{"internal/report/bom"}, why: "its document model ends there"},
	{imports: []string{"github.com/google/go-github/*/*"}, only: []string{"internal/github"}, why: "its traps are handled there"},
	{imports: []string{"github.com/go-git/*/*", "github.com/go-git/*/*/*", "github.com/go-git/*/*/*/*"}, only: []string{"internal/git"}, why: "its objects are read, its configuration is not"},
	{imports: []string{"mvdan.cc/sh/*/*"}, only: []string{"internal/format/shell"}, why: "it parses, and can run: only the parser is used"},
	{imports: []string{"github.com/spf13/*"}, only: []string{"entrypoint"}, why: "flags end at the door"},
}

// packages returns the imports of every package of the program, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, name := range sources(t) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Dir(name)
		out[pkg] = append(out[pkg], []string{}...)
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(out[pkg], p) {
				out[pkg] = append(out[pkg], p)
			}
		}
	}
	return out
}

// sources lists the Go files of the program. Packages that serve tests (…test)
// are left out.
func sources(t *testing.T) []string {
	t.Helper()
	servesTests := func(dir string) bool { return strings.HasSuffix(dir, "test") }
	return slices.DeleteFunc(goFiles(t), func(name string) bool {
		return slices.ContainsFunc(strings.Split(path.Dir(name), "/"), servesTests)
	})
}

// goFiles lists Go files, slash-separated and relative to the module. Tests and
// fixtures are left out.
func goFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			out = append(out, name)
		}
		return nil
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("no sources found below %s: %v", root, err)
	}
	return out
}

func TestLayers(t *testing.T) {
	for pkg, imports := range packages(t) {
		i := slices.IndexFunc(layers, func(l layer) bool { return match(l.pkg, pkg) })
		if i < 0 {
			t.Errorf("package %s is in no layer: add a line to layers in internal/layers_test.go that says what it is for and what it may import", pkg)
			continue
		}
		for _, imported := range imports {
			inside, ok := strings.CutPrefix(imported, module+"/")
			if ok && !matchAny(layers[i].may, inside) {
				t.Errorf("%s (%s) imports %s; it may import %s", pkg, layers[i].role, inside, orNothing(layers[i].may))
			}
		}
	}
}

func TestReservedImports(t *testing.T) {
	for pkg, imports := range packages(t) {
		for _, imported := range imports {
			for _, r := range reserved {
				if matchAny(r.imports, imported) && !matchAny(r.only, pkg) {
					t.Errorf("%s imports %s, which is for %s alone: %s", pkg, imported, cmp.Or(strings.Join(r.only, ", "), "nobody"), r.why)
				}
			}
		}
	}
}

// TestReservedImportsAreUsed: nobody is let import what it does not.
func TestReservedImportsAreUsed(t *testing.T) {
	imports := packages(t)
	for _, r := range reserved {
		for _, pkg := range r.only {
			if !slices.ContainsFunc(imports[pkg], func(name string) bool { return matchAny(r.imports, name) }) {
				t.Errorf("the table lets %s import %s, which it does not", pkg, strings.Join(r.imports, ", "))
			}
		}
	}
}

// TestLayersAreThere: every line of the table is about a package, and allows
// nothing that nobody it is about makes use of.
func TestLayersAreThere(t *testing.T) {
	used := make([][]string, len(layers))
	for pkg, imports := range packages(t) {
		if i := slices.IndexFunc(layers, func(l layer) bool { return match(l.pkg, pkg) }); i >= 0 {
			used[i] = append(append(used[i], pkg), imports...)
		}
	}
	for i, l := range layers {
		if used[i] == nil {
			t.Errorf("the table has a line for %s, which no package is", l.pkg)
		}
		for _, p := range l.may {
			if !slices.ContainsFunc(used[i], func(name string) bool { return match(module+"/"+p, name) }) {
				t.Errorf("the table lets %s import %s, which it does not", l.pkg, p)
			}
		}
	}
}

// TestLayersProhibit holds the table itself to the prohibitions that carry the
// design, so that a convenient line does not end them.
func TestLayersProhibit(t *testing.T) {
	forbidden := []struct{ from, to string }{
		{from: "internal/format/x", to: "internal/finding"},
		{from: "internal/format/x", to: "internal/rule"},
		{from: "internal/detector/x", to: "internal/detector/y"},
		{from: "internal/detector/x", to: "internal/scan"},
		{from: "internal/catalog", to: "internal/scan"},
		{from: "internal/report", to: "internal/scan"},
		{from: "internal/hostile", to: "internal/finding"},
		{from: "sarif", to: "internal/scan"},
	}
	for _, f := range forbidden {
		for _, l := range layers {
			if match(l.pkg, f.from) {
				if matchAny(l.may, f.to) {
					t.Errorf("the table lets %s import %s", f.from, f.to)
				}
				break
			}
		}
	}
	for _, l := range layers {
		if matchAny(l.may, "internal/scan") && l.pkg != "entrypoint" {
			t.Errorf("the table lets %s import the scan: nobody recurses behind the budget's back", l.pkg)
		}
	}
}

func match(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

func matchAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, name) })
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing of the program"
	}
	return strings.Join(names, ", ")
}
