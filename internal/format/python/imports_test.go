package python_test

import (
	"slices"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/referencetest"
)

// generator prints programs put together from pieces of the syntax, of which CPython
// takes what it compiles, and the modules that each imports and calls functions of.
const generator = `
import ast, json, random, warnings
warnings.simplefilter("ignore")
random.seed(1)
pieces = ["import os", "from os import system", "os.system(1)", "eval(1)", "\n", "\n", "\r", "\r\n", ";", "\\\n", "\\\r\n", "\f", " ", "\t", "    ", "#", "'", '"', "'''", '"""',
          "\\", "r'", "b'", "f'", "rb'", "u'", "f'''", "rf'", "{", "}", "{{", "(", ")", "[", "]", "x", "=", "0x1", "1e", "1_0", ".5", "1j", "if", "else", "def f():", "class C:",
          "pass", ":", ",", "lambda:", "not ", "0if 1else 2", "\u00e9", "\uff4fs.system(1)", "\u00a0", "\ufeff", "\\N{DASH}", "\\x41", "\\'", "!r", ":>{", "async ", "await ", "match x:", "*", "**", "@", "->", ":=", "..."]
for i in range(60_000):
    source = "".join(random.choice(pieces) for _ in range(random.randint(2, 9)))
    if "os" not in source and "eval" not in source:
        continue
    try:
        tree = ast.parse(source.encode())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        continue
    found = set()
    for n in ast.walk(tree):
        if isinstance(n, ast.Import):
            found |= {a.name for a in n.names}
        elif isinstance(n, ast.ImportFrom):
            found |= {n.module + "." + a.name for a in n.names}
        elif isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "eval":
            found.add("eval")
        elif isinstance(n, ast.Call) and ast.unparse(n.func) == "os.system":
            found.add("os.system")
    if found:
        print(json.dumps([source, sorted(found)]))
`

// TestReachesLikeCPython: what CPython finds in a program is found, or the program is
// refused.
func TestReachesLikeCPython(t *testing.T) {
	for text, want := range referencetest.Pairs(t, generator, 200) {
		decoded, err := python.Decode([]byte(text))
		if err != nil {
			continue
		}
		s, err := python.Analyse(decoded)
		var got []string
		for _, r := range slices.Concat(s.Imports, s.References) {
			got = append(got, r.Path)
		}
		if missing := slices.DeleteFunc(want, func(p string) bool { return slices.Contains(got, p) }); len(missing) > 0 {
			t.Errorf("%q: got %q, %v, want %q as well", text, got, err, missing)
		}
	}
}
