package python_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/python"
)

// tokenizer prints, for modules of CPython's library without formatted strings,
// the file's name and what its own tokenizer makes of it.
const tokenizer = `
import glob, json, os, sys, tokenize
kinds = {tokenize.NAME: "name", tokenize.NUMBER: "number", tokenize.OP: "op", tokenize.STRING: "text",
         tokenize.NEWLINE: "newline", tokenize.INDENT: "indent", tokenize.DEDENT: "dedent"}
for path in sorted(glob.glob(os.path.dirname(os.__file__) + "/*.py"))[:120]:
    with open(path, "rb") as f:
        tokens = [(kinds[t.type], t.string) for t in tokenize.tokenize(f.readline) if t.type in kinds]
    if not any(k == "text" and "f" in s[:2].lower() for k, s in tokens):
        print(json.dumps([path, [[k, s if k in ("name", "number", "op") else ""] for k, s in tokens]]))
`

// TestTokensLikeCPython compares the tokens of real modules with CPython's.
func TestTokensLikeCPython(t *testing.T) {
	interpreter, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to compare with")
	}
	out, err := exec.Command(interpreter, "-c", tokenizer).Output()
	if err != nil {
		t.Skipf("python3 does not tokenize its own library: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		var file [2]json.RawMessage
		var path string
		var want [][2]string
		for _, e := range []error{json.Unmarshal([]byte(line), &file), json.Unmarshal(file[0], &path), json.Unmarshal(file[1], &want)} {
			if e != nil {
				t.Fatal(e)
			}
		}
		compare(t, path, want)
	}
}

func compare(t *testing.T, path string, want [][2]string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	text, err := python.Decode(raw)
	if err != nil {
		return
	}
	got, err := python.Tokens(text)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	for i, g := range got {
		text := g.Text
		if g.Kind == python.Text || g.Kind >= python.Newline {
			text = ""
		}
		if i >= len(want) || want[i] != [2]string{g.Kind.String(), text} {
			t.Errorf("%s: token %d at byte %d: got %s %q, want %q", path, i, g.Offset, g.Kind, g.Text, want[min(i, len(want)-1)])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %d tokens, want %d", path, len(got), len(want))
	}
}
