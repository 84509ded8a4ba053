package requirements_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
	"github.com/modelaudit/modelaudit/internal/requirements"
)

func read(text string, visit func(requirements.Line)) error {
	return requirements.Read(hostiletest.Reader(text), visit)
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"packages", "torch==2.1 # pinned\nNum_Py.x [a] ; b\n", "install torch, install num-py-x"},
		{"no end", "a\nb", "install a, install b"},
		{"comments", "# a\n\t# b\n a\t# -i x\n", "install a"},
		{"goes on", "tqdm \\\n  --hash=sha256:00\n\\-r a\n", "install tqdm, install "},
		{"goes on for ever", "-i x \\", "index "},
		{"a comment does not go on", "torch \\\n# c \\\n-i x\n", "install torch, index "},
		{"an empty line does not go on", "torch \\\r\r-i x\n", "install torch, index "},
		{"breaks of Python's", "a # c\v-i x\u2028b\r\n", "install a, index , install b"},
		{"mark", "\ufeff-i x", "index "},
		{"UTF-16", wide("\ufeff-i x\nb"), "index , install b"},
		{"short option", "-ihttps://x\n-fx\n-e.\n-rx\n-cx\n", "index , index , direct , include , include "},
		{"cut short", "--ind x\n--ext=x\n--find x\n--trust x\n--pypi x\n--edit x\n--requirem x\n", "index , index , index , index , index , direct , include "},
		{"several", "--pre --no-index\n--pre -f x\n-r a -e b\n", "plain , index , direct "},
		{"in quotation marks", "-\"i\" x\n--'index-url' x\n", "index , index "},
		{"words behind an option", "--hash a\n", "plain "},
		{"longer than an option", "--index-urls x\n", "unknown "},
		{"encodings of Unicode", "# coding: UTF-8\n# coding=ascii\n# coding: utf-7\na\n", "install a"},
		{"unknown", "--new\n--\n-\n-x\n", "unknown , unknown , unknown , unknown "},
		{"direct", "a @ x\ngit+ssh://x\n./a\n../a\n/a\na.whl\na[b] @ git+https://x\n", "direct a, direct git, direct , direct , direct , direct a-whl, direct a"},
		{"direct, in other words", "a [b]@x\nvendor/a\n.\\a\na.TGZ ; b\na.tar.bz2[c]\na.tar\n", "direct a, direct vendor, direct , direct a-tgz, direct a-tar-bz2, direct a-tar"},
		{"not direct", "a.tarb\na ; b == '/x'\na.zipper==1\n", "install a-tarb, install a, install a-zipper"},
	} {
		var got []string
		err := read(c.text, func(l requirements.Line) {
			if l.What != requirements.Nothing {
				got = append(got, fmt.Sprintf("%s %s", l.What, l.Name()))
			}
		})
		if got := strings.Join(got, ", "); got != c.want || err != nil {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

// wide encodes text in UTF-16, little-endian.
func wide(text string) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"another encoding", "\n# -*- coding: utf-7 -*-\n+AC0-i x\n", "unsupported"},
		{"another encoding at once", "#coding=latin-1\n", "unsupported"},
		{"half a character", wide("\ufeffa")[:3], "truncated"},
		{"long line", strings.Repeat("a", 20_000), "over budget"},
		{"goes on for long", strings.Repeat(strings.Repeat("a", 6_000)+"\\\n", 3), "unsupported"},
	} {
		if err := read(c.text, func(requirements.Line) {}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

func TestNamed(t *testing.T) {
	for name, want := range map[string]bool{
		"requirements.txt": true, "Requirements-dev.TXT": true, "requirements.in": false, "dev-requirements.txt": false, "notes.txt": false,
	} {
		if got := requirements.Named(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// FuzzRead: no line is longer than what is read, nor has it a break in it.
func FuzzRead(f *testing.F) {
	f.Add("a \\\n--hash=x # c\r\n-ihttps://x\n\u2028./b @ c\n")
	f.Fuzz(func(t *testing.T, text string) {
		read(text, func(l requirements.Line) {
			if l.Offset < 0 || l.Offset > int64(4*len(text)) || len(l.Text) > 4*len(text) || strings.ContainsAny(l.Text, "\r\n") {
				t.Errorf("%q: got %+v", text, l)
			}
		})
	})
}
