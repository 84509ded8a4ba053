package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The measures that the code is held to.
const (
	medianFunction  = 10 // lines, from func to the closing brace
	ninthFunction   = 35 // 90th percentile
	longestFunction = 80
	longestFile     = 450 // lines, tables left out
	tableFrom       = 20  // lines from which on a package-level var or const is a table
)

// A source is one parsed file of the program.
type source struct {
	name string // relative to the module
	text []byte
	set  *token.FileSet
	file *ast.File
}

func (s *source) lines(n ast.Node) int {
	return s.set.Position(n.End()).Line - s.set.Position(n.Pos()).Line + 1
}

func (s *source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, s.set.Position(n.Pos()).Line)
}

func parsed(t *testing.T) []*source {
	t.Helper()
	var out []*source
	for _, name := range sources(t) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		s := &source{name: name, text: text, set: token.NewFileSet()}
		if s.file, err = parser.ParseFile(s.set, name, text, parser.ParseComments); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func TestFunctionLength(t *testing.T) {
	var lengths []int
	for _, s := range parsed(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := s.lines(f)
			lengths = append(lengths, n)
			if n > longestFunction {
				t.Errorf("%s: %s has %d lines, %d allowed", s.at(f), f.Name.Name, n, longestFunction)
			}
		}
	}
	slices.Sort(lengths)
	t.Logf("%d functions: median %d lines, 90th percentile %d, longest %d", len(lengths), lengths[len(lengths)/2], lengths[len(lengths)*9/10], lengths[len(lengths)-1])
	if got := lengths[len(lengths)/2]; got > medianFunction {
		t.Errorf("the median function has %d lines, %d allowed", got, medianFunction)
	}
	if got := lengths[len(lengths)*9/10]; got > ninthFunction {
		t.Errorf("one function in ten has %d lines or more, %d allowed", got, ninthFunction)
	}
}

func TestFileLength(t *testing.T) {
	for _, s := range parsed(t) {
		n := strings.Count(string(s.text), "\n")
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok != token.IMPORT && g.Tok != token.TYPE && s.lines(g) >= tableFrom {
				n -= s.lines(g)
			}
		}
		if n > longestFile {
			t.Errorf("%s has %d lines beside its tables, %d allowed: split it", s.name, n, longestFile)
		}
	}
}

// wellKnown are methods whose meaning an interface of the standard library
// gives them.
var wellKnown = map[string]bool{
	"String": true, "Error": true, "Unwrap": true, "Is": true, "As": true, "Read": true, "ReadAt": true, "Write": true, "Close": true,
	"ReadByte": true, "MarshalJSON": true, "UnmarshalJSON": true, "RoundTrip": true, "ServeHTTP": true, "Set": true, "Type": true,
	"Len": true, "Less": true, "Swap": true, "Push": true, "Pop": true,
}

func TestExportedIsDocumented(t *testing.T) {
	for _, s := range parsed(t) {
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !(d.Recv != nil && wellKnown[d.Name.Name]) {
					t.Errorf("%s: %s has no comment", s.at(d), d.Name.Name)
				}
			case *ast.GenDecl:
				documented(t, s, d)
			}
		}
	}
}

func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	exported := false
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = exported || id.IsExported()
		}
		return true
	})
	return exported
}

func documented(t *testing.T, s *source, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && d.Doc == nil {
				t.Errorf("%s: type %s has no comment", s.at(spec), spec.Name.Name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
					t.Errorf("%s: %s has no comment", s.at(spec), name.Name)
				}
			}
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	told := make(map[string]bool)
	for _, s := range parsed(t) {
		pkg := path.Dir(s.name)
		told[pkg] = told[pkg] || s.file.Doc != nil
	}
	for pkg, ok := range told {
		if !ok {
			t.Errorf("package %s has no comment that says what it is for", pkg)
		}
	}
}

// TestListsAreDescribed: a list beside code starts by saying what a record means.
func TestListsAreDescribed(t *testing.T) {
	lists, err := filepath.Glob("*/*.txt")
	below, err2 := filepath.Glob("*/*/*.txt")
	if err != nil || err2 != nil || len(lists) == 0 || len(below) == 0 {
		t.Fatalf("%d and %d lists, %v, %v", len(lists), len(below), err, err2)
	}
	for _, name := range append(lists, below...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "globals/") && text[0] != '#' { // there the README says it
			t.Errorf("%s does not say what its records mean", name)
		}
	}
}

// TestCalls: nothing runs before main, nothing panics, and one place recovers.
func TestCalls(t *testing.T) {
	var recovers []string
	for _, s := range parsed(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					t.Errorf("%s: init: what a package needs is handed to it", s.at(n))
				}
			case *ast.CallExpr:
				id, _ := n.Fun.(*ast.Ident)
				if id != nil && id.Name == "panic" && id.Obj == nil {
					t.Errorf("%s: panic: input never reaches one; return an error or a Fault", s.at(n))
				}
				if id != nil && id.Name == "recover" && id.Obj == nil {
					recovers = append(recovers, s.at(n))
				}
			}
			return true
		})
	}
	if len(recovers) != 1 || !strings.HasPrefix(recovers[0], "internal/hostile/guard.go") {
		t.Errorf("recover is called in %v; the one call is in hostile.Guard", recovers)
	}
}

// TestPackageVariablesStay: no function assigns to a variable of the package.
func TestPackageVariablesStay(t *testing.T) {
	files := parsed(t)
	vars := make(map[string]bool) // "package name"
	for _, s := range files {
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, spec := range g.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						vars[path.Dir(s.name)+" "+name.Name] = true
					}
				}
			}
		}
	}
	for _, s := range files {
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, target := range assigned(n) {
				id := rootOf(target)
				if id != nil && vars[path.Dir(s.name)+" "+id.Name] && isPackageLevel(s.file, id) {
					t.Errorf("%s: package variable %s is changed after start-up", s.at(n), id.Name)
				}
			}
			return true
		})
	}
}

// assigned returns what a statement assigns to.
func assigned(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	}
	return nil
}

// rootOf returns x of x, x.f and x[i].
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// isPackageLevel reports whether the parser found no narrower declaration of id.
func isPackageLevel(f *ast.File, id *ast.Ident) bool {
	return id.Obj == nil || f.Scope.Lookup(id.Name) == id.Obj
}
