package python_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/python"
)

func show(tokens []python.Token) string {
	var out []string
	for _, t := range tokens {
		switch t.Kind {
		case python.Newline:
			out = append(out, "NL")
		case python.Indent:
			out = append(out, ">>")
		case python.Dedent:
			out = append(out, "<<")
		case python.Text:
			out = append(out, fmt.Sprintf("%q", t.Text))
		default:
			out = append(out, t.Text)
		}
	}
	return strings.Join(out, " ")
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "statement", text: "x = a.b(1, 2.5e-3)\n", want: "x = a . b ( 1 , 2.5e-3 ) NL"},
		{name: "no end of line", text: "x", want: "x NL"},
		{name: "blocks", text: "if a:\n  b\n\n  # c\n  if d:\n\te\nf\n", want: "if a : NL >> b NL if d : NL >> e NL << << f NL"},
		{name: "brackets join lines", text: "f(\n  1,\n\n2)\n", want: "f ( 1 , 2 ) NL"},
		{name: "backslash joins lines", text: "a + \\\n  b\n", want: "a + b NL"},
		{name: "strings", text: `'a' "b'\x41\u0042\103\q" r'\n' b"\xff" """c` + "\n" + `"d" """`, want: `"a" "b'ABC\\q" "\\n" "ÿ" "c\n\"d\" " NL`},
		{name: "comment with a quote", text: "a # don't\nb", want: "a NL b NL"},
		{name: "formatted string", text: `f"a{b.c()!r:>{w}}{{x}}{d["e"]}"`, want: `"a{x}" ( b . c ( ) ! r , ( w ) ) ( d [ "e" ] ) NL`},
		{name: "formatted string in another", text: `f'{f"{os}"}'`, want: `"" ( "" ( os ) ) NL`},
		{name: "dict in a formatted string", text: `f'{ {1: 2}[1] }'`, want: `"" ( { 1 : 2 } [ 1 ] ) NL`},
		{name: "carriage returns end lines", text: "a # b\rc\r\nd \\\r\n+ e\rif f:\r  g\r", want: "a NL c NL d + e NL if f : NL >> g NL <<"},
		{name: "carriage returns in strings", text: "'a\\\r\nb' 'c\\\rd' r'e\\\r\nf'", want: `"ab" "cd" "e\\\r\nf" NL`},
		{name: "field behind a backslash", text: `rf'\{a}' f'\{b}' rf'\'{c}'`, want: `"\\" ( a ) "\\" ( b ) "\\'" ( c ) NL`},
		{name: "numbers", text: "0if 0x1for 1e5else 1else 0b1_0and 1.0e-5j .5 1L 1e+x", want: "0 if 0x1f or 1e5 else 1 else 0b1_0 and 1.0e-5j .5 1L 1 e + x NL"},
		{name: "attributes of numbers", text: "1j.a 0x1f.b 1.0.c 1..d 1e5.f", want: "1j . a 0x1f . b 1.0 . c 1. . d 1e5 . f NL"},
		{name: "operators", text: "a **= b // c -> d := e != f", want: "a **= b // c -> d := e != f NL"},
		{name: "full-width letters", text: "ｏｓ.𝐬ystem", want: "os . system NL"},
		{name: "characters that only names have", text: "a·b፩ ℘ \u1c89", want: "a·b፩ ℘ \u1c89 NL"},
		{name: "form feed and tab", text: "if a:\n\f\tb\n        c\n", want: "if a : NL >> b NL c NL <<"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tokens, err := python.Tokens(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(tokens); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTokensErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		offset     int
	}{
		{name: "open bracket", text: "f(a", offset: 3},
		{name: "stray bracket", text: "a)", offset: 1},
		{name: "other bracket", text: "(a]", offset: 2},
		{name: "open string", text: "'a\n'", offset: 2},
		{name: "open string before a carriage return", text: "'a\r'", offset: 2},
		{name: "open long string", text: "'''a", offset: 4},
		{name: "open field", text: "f'{a", offset: 4},
		{name: "control character", text: "a\x00b", offset: 1},
		{name: "symbol", text: "a → b", offset: 2},
		{name: "not UTF-8", text: "a\xff", offset: 1},
		{name: "deep brackets", text: strings.Repeat("(", 300), offset: 200},
		{name: "deep formatted strings", text: strings.Repeat("f'{", 50), offset: 62},
		{name: "backslash", text: "a \\ b", offset: 2},
	} {
		_, err := python.Tokens(c.text)
		var e *python.SyntaxError
		if !errors.As(err, &e) || e.Offset != c.offset {
			t.Errorf("%s: got %v, want an error at byte %#x", c.name, err, c.offset)
		}
	}
}

// references prints what a text refers to: ! for a call, ~ for what is deferred,
// @ for what starts at an import.
func references(s *python.Source) string {
	var out []string
	for _, r := range s.References {
		p := r.Path
		if r.Imported {
			p = "@" + p
		}
		if r.Deferred {
			p = "~" + p
		}
		if r.Local {
			p = "-" + p
		}
		if r.Called {
			p += "!"
		}
		out = append(out, p)
	}
	return strings.Join(out, " ")
}

func TestAnalyse(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{name: "builtin", text: "eval('1')", want: "eval!"},
		{name: "module", text: "import os\nos.system('x')", want: "@os.system!"},
		{name: "module by another name", text: "import os.path as p, sys\np.join(1)\nsys.exit", want: "@os.path.join! @sys.exit"},
		{name: "name from a module", text: "from os import (system as s, popen,)\ns(1); popen", want: "@os.system! @os.popen"},
		{name: "everything from a module", text: "from os import *\nsystem(1)", want: "@os.system! system!"},
		{name: "relative import", text: "from ..a import b\nb()", want: "@..a.b!"},
		{name: "import behind its use", text: "def f():\n  os.system(1)\nimport os", want: "~@os.system!"},
		{name: "__import__", text: "__import__('o' 's').system('x')", want: "__import__! @os.system!"},
		{name: "import_module", text: "import importlib\nimportlib.import_module('os').system", want: "@importlib.import_module! @os.system"},
		{name: "getattr", text: "import os\ngetattr(os, 'sys' + 'tem')('x')", want: "getattr! @os @os.system!"},
		{name: "dictionaries", text: "import os,sys\nsys.modules['os'].system()\nvars(os)['a']\nos.__dict__['b']()\nglobals()['os'].c",
			want: "@sys.modules @os.system! vars! @os @os.a @os.__dict__ @os.b! globals! @os.c"},
		{name: "builtins", text: "__builtins__['eval'](1)\nimport builtins\nbuiltins.exec(1)", want: "__builtins__ eval! @builtins.exec!"},
		{name: "alias", text: "import os\nf = os.system\nf('x')", want: "f @os.system @os.system!"},
		{name: "parentheses", text: "(torch).save(x)", want: "torch torch.save! x"},
		{name: "method", text: "'a'.join(b)\nf().g()", want: "b f! .g!"},
		{name: "function", text: "def f(a=x()):\n  return eval(a)\ny()", want: "-a x! ~eval! -~a y!"},
		{name: "function on a line", text: "def f(): eval(1)\ny()", want: "~eval! y!"},
		{name: "parameters", text: "def f(input, *eval, g: int = exec, **h):\n  a = input\n  def i():\n    return eval(h, g)\neval(input)",
			want: "-input -eval -g int exec -h ~a -~input -~eval! -~h -~g eval! input"},
		{name: "parameters on a line", text: "def f(a, b=eval): a(b); b(1)\na", want: "-a -b eval -~a! -~b -~b! a"},
		{name: "parameters of types and others", text: "def f[T](os):\n  os.system(T)", want: "T -os ~os.system! ~T"},
		{name: "attribute of a parameter", text: "def f(os):\n  os.system(1)", want: "-os ~os.system!"},
		{name: "class", text: "class A(B):\n  c = eval(1)\n  def d(self): e()", want: "B c eval! -self ~e!"},
		{name: "script", text: "if __name__ == '__main__':\n  eval(1)\nf()", want: "__name__ ~eval! f!"},
		{name: "lambda", text: "f = lambda x: eval(x)", want: "f x eval! x"},
		{name: "comprehension", text: "[g(x) for x in y if z]", want: "g! x x y z"},
		{name: "formatted string", text: "f'{eval(1)}'", want: "eval!"},
		{name: "decorator", text: "@a.b(1)\ndef c(): pass", want: "a.b!"},
		{name: "lines behind a comment", text: "# a\rimport os\ros.system(1)", want: "@os.system!"},
		{name: "strings and comments", text: "'os.system(1)' # eval(1)", want: ""},
		{name: "text that is cut", text: "import os\nos.system('x')\nf(", want: "@os.system! f!"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := python.Analyse(c.text)
			if got := references(s); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAnalyseFacts(t *testing.T) {
	s, err := python.Analyse("import a.b\nfrom c import d\nclass E:\n  def f(self): open('x', 'w')\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"E", "f"}, s.Defined); diff != "" {
		t.Errorf("defined: want (-), got (+):\n%s", diff)
	}
	imports := []python.Reference{{Path: "a.b", Imported: true, Offset: 7}, {Path: "c.d", Imported: true, Offset: 25}}
	if diff := cmp.Diff(imports, s.Imports); diff != "" {
		t.Errorf("imports: want (-), got (+):\n%s", diff)
	}
	want := python.Reference{Path: "open", Called: true, Deferred: true, Offset: 51, Argument: "x"}
	if got := s.References[1]; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		name, raw, want string
		ok              bool
	}{
		{name: "UTF-8", raw: "x = 'é'", want: "x = 'é'", ok: true},
		{name: "byte-order mark", raw: "\ufeffx", want: "x", ok: true},
		{name: "Latin-1", raw: "#!/x\n# -*- coding: latin-1 -*-\n'\xe9'", want: "#!/x\n# -*- coding: latin-1 -*-\n'é'", ok: true},
		{name: "UTF-7", raw: "# coding: utf-7\n+AG8-", want: "# coding: utf-7\n+AG8-"},
		{name: "named behind a carriage return", raw: "\r# coding: utf-7\r#+AAo-import os", want: "\r# coding: utf-7\r#+AAo-import os"},
		{name: "named too late", raw: "\n\n# coding: utf-7\n", want: "\n\n# coding: utf-7\n", ok: true},
		{name: "broken", raw: "\xff", want: "\xff"},
	} {
		got, err := python.Decode([]byte(c.raw))
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
}

// FuzzAnalyse: offsets of tokens do not decrease but for strings, which are told
// before their fields, and all lie in the text; blocks are closed.
func FuzzAnalyse(f *testing.F) {
	f.Add("from a import (b as c, *)\nclass D(E):\n  def f(self, x: int = 1) -> 'y': return f'{x!r:>{w}}'\n")
	f.Add("x = getattr(__import__('o' + 's'), 'system')('a')[1]['b'].c; y, = *z,\n")
	f.Add("if __name__ == '__main__':\n\tlambda: (yield)\n")
	f.Fuzz(func(t *testing.T, text string) {
		tokens, err := python.Tokens(text)
		depth := 0
		for _, tok := range tokens {
			if tok.Offset < 0 || tok.Offset > len(text) {
				t.Fatalf("%q: %v lies outside", text, tok)
			}
			switch tok.Kind {
			case python.Indent:
				depth++
			case python.Dedent:
				depth--
			}
		}
		if depth < 0 || err == nil && depth != 0 {
			t.Fatalf("%q: %d blocks are open at the end", text, depth)
		}
		s, again := python.Analyse(text)
		if (err == nil) != (again == nil) || len(s.References) > 4*len(tokens)*(1+strings.Count(text, "*")) {
			t.Fatalf("%q: %v, then %v, %d references of %d tokens", text, err, again, len(s.References), len(tokens))
		}
	})
}

func TestPlausible(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{name: "program", text: "import os\nfor x in (1, 2):\n    print(f'a{x}' 'b', not x, -x)\nlambda y: y if y else None\n", want: true},
		{name: "class", text: "@deco\nclass A(B):\n    async def f(self, *a: int) -> str:\n        await g(x := 1)\n        return a[1:2]\n", want: true},
		{name: "match", text: "match a:\n    case [1, b]:\n        pass\n", want: true},
		{name: "Python 2", text: "print 'a'\nexec code in d\n", want: true},
		{name: "prose", text: "Then compile the model and call eval (twice), please.\n"},
		{name: "JavaScript", text: "var x = eval(y); function f(a) { return a ? 1 : 2; }\n"},
		{name: "shell", text: "curl -s http://example.com/x | sh\n"},
		{name: "words", text: "train eval exec\n"},
	} {
		tokens, err := python.Tokens(c.text)
		if got := err == nil && python.Plausible(tokens); got != c.want {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// TestComputed: names that a program computes from constants are known.
func TestComputed(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{name: "base64", text: "from base64 import b64decode as d\n__import__(d('b3M=').decode()).system"},
		{name: "base64 in an encoding", text: "import codecs\n__import__(codecs.decode(b'b3M=', 'base64').decode('ascii')).system"},
		{name: "base32", text: "import base64\n__import__(base64.b32decode('N5ZQ====').decode()).system"},
		{name: "hex", text: "__import__(bytes.fromhex('6f 73').decode('utf-8')).system"},
		{name: "rot13", text: "import codecs\n__import__(codecs.decode('bf', 'rot_13')).system"},
		{name: "zlib", text: "import zlib\n__import__(zlib.decompress(b'\\x78\\x9c\\xcb\\x2f\\x06\\x00\\x01\\x53\\x00\\xe3').decode()).system"},
		{name: "reversed", text: "getattr(__import__('so'[::-1]), 'metsys'[::-1])"},
		{name: "characters", text: "getattr(__import__(chr(111) + chr(0x73)), 'system')"},
		{name: "joined", text: "__import__(''.join(['o', 's'])).system"},
		{name: "numbers", text: "__import__(bytes([111, 115]).decode()).system"},
		{name: "mapped", text: "__import__(''.join(map(chr, [111, 115]))).system"},
		{name: "generated", text: "__import__(''.join(chr(c) for c in (111, 115))).system"},
		{name: "replaced", text: "__import__('xoxsx'.replace('x', '')).system"},
		{name: "characters by their names", text: `getattr(__import__("o\N{latin small letter s}"), "\N{LATIN SMALL LETTER S}ystem")`},
		{name: "digits by their names", text: `import base64
getattr(__import__(getattr(base64, "b\N{DIGIT SIX}4decode")("b3M=").decode()), "system")`},
		{name: "in upper case", text: "__import__(' OS '.strip().lower()).system"},
	} {
		s, err := python.Analyse(c.text + "('echo poc')\n")
		if err != nil || !slices.ContainsFunc(s.References, func(r python.Reference) bool { return r.Path == "os.system" && r.Called }) {
			t.Errorf("%s: got %+v, %v, want a call of os.system", c.name, s.References, err)
		}
	}
	for _, text := range []string{"x = 'a'.join(b)", "base64.b64decode('!')", "chr(-1)", "''.join(chr(c) for c in d)", "zlib.decompress(b'x')", "bytes([1, 'a'])", "map(chr)", "codecs.decode()"} {
		if _, err := python.Analyse(text + "\n"); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
