package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// items lists what is visited as path=value, with tag and offset.
func items(read func(*hostile.Reader, func(config.Item)) error, text string) (string, error) {
	var out []string
	err := read(hostiletest.Reader(text), func(i config.Item) {
		s := fmt.Sprintf("%s=%s%s@%d", strings.Join(i.Path, "/"), i.Tag, i.Value, i.Offset)
		if i.Kind == config.Group {
			s = fmt.Sprintf("%s{%s}@%d", strings.Join(i.Path, "/"), i.Tag, i.Offset)
		}
		out = append(out, s)
	})
	return strings.Join(out, " "), err
}

func TestJSON(t *testing.T) {
	got, err := items(config.JSON, `{"a": [1, {"b": "x"}, []], "c": true}`)
	want := "{}@0 a{}@6 a/[0]=1@7 a/[1]{}@10 a/[1]/b=x@16 a/[2]{}@22 c=true@32"
	if got != want || err != nil {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestYAML(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"scalars", "a:\n- 1\n- b: x\n", "{}@0 a{}@3 a/[0]=1@5 a/[1]{}@9 a/[1]/b=x@12"},
		{"tags", "a: !!python/tuple [1]\nb: !!pyth%6fn/name:os.x ''\n", "{}@0 a{!!python/tuple}@3 a/[0]=1@19 b=!!python/name:os.x@25"},
		{"tag of a prefix", "%TAG !p! tag:yaml.org,2002:pyt\n---\n!p!hon/object:a.B {}\n", "{!!python/object:a.B}@35"},
		{"alias", "a: &x v\nb: *x\n", "{}@0 a=v@3 b=v@3"},
		{"escaped key", `"\x61": 1`, "{}@0 a=1@8"},
		{"documents", "--- 1\n--- 2\n", "=1@4 =2@10"},
		{"comments without a space, as PyYAML takes them", "é: [1,# x\n 2]\nb: 'c'# y\nd: !!python/name:os.x ''# z\n", "{}@0 é{}@3 é/[0]=1@4 é/[1]=2@12 b=c@18 d=!!python/name:os.x@28"},
		{"key that is built", "? !!python/object:a.B {}\n: x\n", "{}@0 [key]{!!python/object:a.B}@2 =x@27"},
	} {
		if got, err := items(config.YAML, c.text); got != c.want || err != nil {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

// TestLongYAML reads files as large as honest ones are: vocabularies, environments.
func TestLongYAML(t *testing.T) {
	for name, line := range map[string]string{
		"vocabulary":  "\"word 12345\": 12345\n",
		"environment": "  - numpy=1.26.4=py311h64a7726_0\n",
	} {
		n := 0
		text := strings.Repeat(line, 3<<20/len(line))
		if err := config.YAML(hostiletest.Reader(text), func(config.Item) { n++ }); err != nil || n != strings.Count(text, "\n")+1 {
			t.Errorf("%s: got %d items (%v), want %d", name, n, err, strings.Count(text, "\n")+1)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		read       func(*hostile.Reader, func(config.Item)) error
		want       string
	}{
		{"cut JSON", `{"a": [1`, config.JSON, "truncated at byte 0x8"},
		{"tabs in YAML", "a:\t- x\n", config.YAML, "malformed at byte 0x0"},
		{"comment in a block's head", "a: |# x\n b\n", config.YAML, "malformed at byte 0x0"},
		{"deep YAML", strings.Repeat("[", 20000), config.YAML, "malformed at byte 0x0"},
		{"dense YAML", "[" + strings.Repeat("a,", 1<<18), config.YAML, "over budget at byte 0x0"},
		{"YAML of a flow over many lines", "[" + strings.Repeat("a,\n", 1<<18), config.YAML, "over budget at byte 0x0"},
		{"YAML of values without a key", "a\n" + strings.Repeat(":\n", 1<<18), config.YAML, "over budget at byte 0x0"},
		{"YAML of quotes on a line", strings.Repeat(`""`, 1<<18), config.YAML, "over budget at byte 0x0"},
		{"YAML of comments", strings.Repeat("- #\n", 1<<19), config.YAML, "over budget at byte 0x0"},
		{"YAML of documents", strings.Repeat("a\n...\n", 1<<18), config.YAML, "over budget at byte 0x0"},
		{"YAML of documents in UTF-16", "\xff\xfe" + strings.Repeat("a\x00\n\x00.\x00.\x00.\x00\n\x00", 1<<18), config.YAML, "over budget at byte 0x0"},
		{"YAML of items on lines of Unicode", strings.Repeat("-\u2028", 1<<19), config.YAML, "over budget at byte 0x0"},
		{"YAML of names of tags", strings.Repeat("%TAG !a! b\n", 1<<16), config.YAML, "over budget at byte 0x0"},
		{"YAML of comments without a space", strings.Repeat("- 1\n", 100_000) + strings.Repeat("- [1,#a\n 2]\n", 3000), config.YAML, "over budget"},
		{"long YAML", strings.Repeat("- a\n", 1<<20), config.YAML, "over budget at byte 0x0"},
	} {
		if _, err := items(c.read, c.text); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// FuzzYAML: whatever the text, no item lies outside of it.
func FuzzYAML(f *testing.F) {
	f.Add("a: !!python/tuple [1]\n? [b]\n: &x c\nd: *x\n---\n<<: {e: f}\n")
	f.Fuzz(func(t *testing.T, text string) {
		config.YAML(hostiletest.Reader(text), func(i config.Item) {
			if i.Offset < 0 || i.Offset > int64(2*len(text)) {
				t.Fatalf("%v at %d of %d bytes", i.Path, i.Offset, len(text))
			}
		})
	})
}

// FuzzJSON: the same for JSON.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a": [1, {"b": "x"}], "c": true}`)
	f.Fuzz(func(t *testing.T, text string) {
		config.JSON(hostiletest.Reader(text), func(i config.Item) {
			if i.Offset < 0 || i.Offset > int64(4*len(text)) {
				t.Fatalf("%v at %d of %d bytes", i.Path, i.Offset, len(text))
			}
		})
	})
}
