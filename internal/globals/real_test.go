package globals

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestRealModels: what models made with the real libraries name is never
// dangerous in the way that they use it, and nothing that they call is unknown.
func TestRealModels(t *testing.T) {
	uses := map[string]Use{"call": Call, "new": New, "build": Build, "append": Append, "setitem": SetItem}
	f, err := os.Open("testdata/uses.txt") // module name protocol use, by generate/uses.py
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		w := strings.Fields(lines.Text())
		module, name, old := w[0], w[1], w[2] == "2"
		if module == "__main__" || name == "print" {
			continue // the loading program's own; a function that no model needs
		}
		if old {
			module, name = Py2(module, name)
		}
		m, n := Resolve(module, name)
		v := Lookup(m, n)
		if use, ok := uses[w[3]]; ok {
			v = On(use, m, n)
		}
		if v.Class >= Suspicious || v.Class == Unknown {
			t.Errorf("%s: %s.%s is %+v", lines.Text(), m, n, v)
		}
	}
}

// TestNoSafeNameLeadsToDanger: a name that is vetted as data is not a re-export
// of something that is not.
func TestNoSafeNameLeadsToDanger(t *testing.T) {
	for _, tab := range tables {
		for line := range strings.Lines(string(*tab)) {
			w := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
			if classes[w[2]] != Safe && classes[w[2]] != Inert || w[1] == "*" {
				continue
			}
			m, n := Resolve(w[0], w[1])
			if v := Lookup(m, n); v.Class >= Suspicious {
				t.Errorf("%s %s is %s, but is %s.%s, which is %+v", w[0], w[1], w[2], m, n, v)
			}
		}
	}
}

// TestReexportsLeadHome: no chain of re-exports is circular or too long to be
// followed to its end.
func TestReexportsLeadHome(t *testing.T) {
	for _, tab := range []index{reexports, exports, otherNames} {
		for line := range strings.Lines(string(tab)) {
			w := strings.Fields(line)
			home, ok := reexport(w[0], w[1])
			if !ok {
				t.Errorf("%s %s: lost", w[0], w[1])
				continue
			}
			if again, more := reexport(home[0], home[1]); more && home[1] != "" {
				t.Errorf("%s %s ends at %v, which is %v", w[0], w[1], home, again)
			}
		}
	}
}

// python runs a program in Python 3 and returns the lines that it prints.
func python(t *testing.T, program string) []string {
	t.Helper()
	exe, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	out, err := exec.Command(exe, "-W", "ignore", "-c", program).Output()
	if err != nil {
		t.Skipf("python3: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestPy2IsWhatPythonDoes compares the mapping with the unpickler's own.
func TestPy2IsWhatPythonDoes(t *testing.T) {
	for _, line := range python(t, `
import _compat_pickle as c
for (m, n), (a, b) in c.NAME_MAPPING.items(): print(m, n, a, b)
for m, a in c.IMPORT_MAPPING.items(): print(m, "poc", a, "poc")
`) {
		w := strings.Fields(line)
		if m, n := Py2(w[0], w[1]); m != w[2] || n != w[3] {
			t.Errorf("Py2(%s, %s) = %s, %s, want %s, %s", w[0], w[1], m, n, w[2], w[3])
		}
	}
}

// TestResolveAgreesWithPython: where a module of the standard library has a
// dangerous module among its attributes, a walk through it reaches that module.
func TestResolveAgreesWithPython(t *testing.T) {
	for _, line := range python(t, `
import sys, importlib, types
want = {"os", "sys", "subprocess", "builtins", "importlib", "shutil", "socket", "ctypes", "pickle", "marshal", "runpy", "threading", "tempfile", "code", "pdb"}
skip = {"this", "antigravity", "idlelib", "test", "turtledemo", "__main__"}
for name in sorted(sys.stdlib_module_names - skip):
    try:
        module = importlib.import_module(name)
    except BaseException:
        continue
    for attr, value in sorted(vars(module).items()):
        if isinstance(value, types.ModuleType) and value.__name__ in want and not (attr.startswith("__")):
            print(name, attr, value.__name__)
`) {
		w := strings.Fields(line)
		if m, n := Resolve(w[0], w[1]+".poc"); m != w[2] || n != "poc" {
			t.Errorf("Resolve(%s, %s.poc) = %s, %s, want %s, poc", w[0], w[1], m, n, w[2])
		}
	}
}
