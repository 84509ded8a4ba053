package shell_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/format/shell"
)

// show writes a command down: its words in brackets, what it reads behind.
func show(c *shell.Command) string {
	var b strings.Builder
	for _, w := range c.Words {
		b.WriteString("[" + strings.ReplaceAll(w.Text, shell.Unknown, "?") + shown("$", w.Output) + "]")
	}
	for _, r := range c.Redirects {
		b.WriteString(map[bool]string{true: ">", false: "<"}[r.Writes] + strings.ReplaceAll(r.Target.Text, shell.Unknown, "?") + shown("$", r.Target.Output))
	}
	for _, input := range c.Inputs {
		b.WriteString("<<" + input)
	}
	return b.String() + shown("|", c.From)
}

func shown(sign string, all []*shell.Command) string {
	out := ""
	for _, c := range all {
		out += sign + c.Words[0].Text
	}
	return out
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{name: "pipe", text: "curl -s x | sh -s", want: []string{"[curl][-s][x]", "[sh][-s]|curl"}},
		{name: "pipe of three", text: "a | b | c", want: []string{"[a]", "[b]|a", "[c]|b"}},
		{name: "quotes", text: `c"ur"'l' \w\get $'\x73h'`, want: []string{"[curl][wget][sh]"}},
		{name: "variables", text: "a=cu; b=${a}rl; $b $c", want: []string{"", "", "[curl][?]"}},
		{name: "variables that change", text: "a=x a=; b=x b+=y; c=x c=(y); d=x; e=x; d[0]=y; $a-$b-$c-$d-$e",
			want: []string{"", "", "", "", "", "", "[-xy-?-?-x]"}},
		{name: "a long variable", text: "a=echo; a='" + strings.Repeat("poc ", 1000) + "'; $a", want: []string{"", "", "[" + strings.Repeat("poc ", 1000) + "]"}},
		{name: "substitution", text: `sh -c "$(curl x)"`, want: []string{"[curl][x]", "[sh][-c][?$curl]"}},
		{name: "backquotes", text: "eval `wget x`", want: []string{"[wget][x]", "[eval][?$wget]"}},
		{name: "process substitution", text: "bash <(curl x)", want: []string{"[curl][x]", "[bash][?$curl]"}},
		{name: "redirects", text: "a >b <c &>d >>e", want: []string{"[a]>b<c>d>e"}},
		{name: "both outputs", text: "a >& b; a >&b 2>&1 3>&- <&4 >&5-; a >&$c", want: []string{"[a]>b", "[a]>b", "[a]>?"}},
		{name: "a redirection alone", text: "> f", want: []string{">f"}},
		{name: "here-string", text: "sh <<< 'echo poc'", want: []string{"[sh]<<<echo poc"}},
		{name: "here-document", text: "sh <<E\necho poc\nE\n", want: []string{"[sh]<<<echo poc\n"}},
		{name: "blocks", text: "if a; then b; fi; for x in $(c); do d; done; f() { g; }; (h; i) | j",
			want: []string{"[a]", "[b]", "[c]", "[d]", "[g]", "[h]", "[i]", "[j]|h|i"}},
		{name: "what stands before an error", text: "echo poc\nif )", want: []string{"[echo][poc]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, _ := shell.Parse(c.text)
			var got []string
			for _, c := range all {
				got = append(got, show(c))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

// TestParseEnds: what is nested deep costs neither time nor the stack.
func TestParseEnds(t *testing.T) {
	for _, s := range []string{"a=$a$a$(b); ", "(", "$(", "{ ", "if ", "`", "$((", "\"$(", "${x:-", "((1+(", "<(", "x[$(", "((!", "a=$a$a; ", "a |"} {
		start := time.Now()
		_, _ = shell.Parse(strings.Repeat(s, 1<<18))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q, repeated: took %v", s, took)
		}
	}
}

// TestParseBounds: what is not read is told.
func TestParseBounds(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{name: "statements of brackets", text: strings.Repeat("(a)\n", 5000)},
		{name: "statements of brackets on a line", text: strings.Repeat("(a);", 5000)},
		{name: "brackets in one statement", text: strings.Repeat("(a) && ", 5000) + "b", want: shell.ErrBounds},
		{name: "comments", text: strings.Repeat("# in\n", 5000), want: shell.ErrBounds},
		{name: "commands", text: strings.Repeat("a\n", 70_000), want: shell.ErrBounds},
		{name: "bytes", text: strings.Repeat("a", 1<<20) + ";b", want: shell.ErrBounds},
		{name: "bytes of statements", text: strings.Repeat("a "+strings.Repeat("b", 1<<10)+"\n", 3<<10)},
		{name: "bytes of comments", text: strings.Repeat("# "+strings.Repeat("b", 1<<10)+"\n", 3<<10) + "b"},
		{name: "redirections of groups", text: strings.Repeat("{ ", 300) + strings.Repeat("a;", 300) + strings.Repeat("} < b;", 300), want: shell.ErrBounds},
	} {
		all, err := shell.Parse(c.text)
		if err != c.want {
			t.Errorf("%s: got %d commands, %v, want %v", c.name, len(all), err, c.want)
		}
	}
}
