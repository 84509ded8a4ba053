package entrypoint_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/github/githubtest"
)

// pieces are what attacks on logs, Markdown and pictures are made of.
var pieces = []string{
	"::", "::error::", "::stop-commands::x", "::add-mask::a", "##[", "##[error]", "##[set-output name=verdict;]pass", "\r", "\n", "\r\n", "%0A", "%0D%0A::error::",
	"\u2028", "\u0085", "\v", "\f", "\x1b]0;x\x07", "\x1b[2K", "\u202e", "\u200b", "\xff", "\x00", " ", "  ::", "`", "```", "~~~", "<h1>", "</details>", "</code>", "</pre>", "<!--", "-->",
	"<!-- modelaudit:v1 key=default -->", "|", "@org/team", "#1", "GH-1", ":tada:", "![x](http://e.example/x.png)", "[x](javascript:1)", "https://e.example", "www.e.example", "**", "__", "$(id)", "${{ github.token }}",
	"\"", "'", "\\", "]", "-->|", "click n0 \"x\"", "%%{init}%%", "subgraph", "a", "model", "\u00e9", "\U0001f600",
}

func attack(r *rand.Rand, without string) string {
	var b strings.Builder
	for range 1 + r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(without, c) {
			return '_'
		}
		return c
	}, b.String())
}

// pickleThatCalls is a protocol 0 pickle that calls a module's function with a
// string: both are lines of text.
func pickleThatCalls(module, name, argument string) []byte {
	line := strings.NewReplacer("\n", "_", "\r", "_")
	return []byte("c" + line.Replace(module) + "\n" + line.Replace(name) + "\n(V" + line.Replace(argument) + "\ntR.")
}

// What runs in Markdown outside of code, or ends the code.
var active = []*regexp.Regexp{
	regexp.MustCompile(`<(h1|img|/code></|script)`), regexp.MustCompile(`@org`), regexp.MustCompile(`\]\((javascript|http://e)`), regexp.MustCompile(`:tada:`),
	regexp.MustCompile("[\u202e\u200b\u2028\x1b\x07\x00\r]"), regexp.MustCompile(`(^|\s)#1`), regexp.MustCompile(`https://e\.example`),
}

// Names of files and members, callables, arguments, reasons of a policy and
// sentences of a server: nothing of it is obeyed, shown as markup or an output.
func TestHostileTextEverywhere(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := githubtest.New(t)
		files := map[string][]byte{}
		var changed []githubtest.File
		add := func(name string, content []byte) {
			files[name] = content
			changed = append(changed, githubtest.File{Filename: name, Status: "added"})
		}
		for i := range 12 {
			add(fmt.Sprintf("%d%s.zip", i, attack(r, "/\x00\ufffd")), archiveOf(t, "../../"+attack(r, "\x00")))
			add(fmt.Sprintf("p%d%s.pkl", i, attack(r, "/\x00\ufffd")), pickleThatCalls("os"+attack(r, "\n"), attack(r, "\n"), attack(r, "\n")))
			add(fmt.Sprintf("q%d.pkl", i), pickleThatCalls("posix", "system", attack(r, "\n")))
		}
		s.Contents[baseSHA+":.github/modelaudit.yml"] = []byte("accept:\n  - rule: archive-path-escapes\n    path: \"0*\"\n    reason: " + fmt.Sprintf("%+q", attack(r, "\x00\xff")) + "\n  - rule: none\n    reason: x\n")
		said := attack(r, "\x00")
		s.Trouble = func(q *http.Request) *githubtest.Trouble {
			if strings.HasSuffix(q.URL.Path, "/sarifs") {
				return &githubtest.Trouble{Status: 422, Message: said}
			}
			return nil
		}
		j := newJob(t, s, nil)
		for name, content := range files {
			if !validName(name) {
				continue
			}
			j.write(t, name, content)
		}
		j.pull(t, githubtest.Repository, changed...)
		result := j.run(t) // which checks what the runner would obey
		for _, c := range result.log.Commands {
			if c.Old {
				t.Errorf("seed %d: obeyed %+v", seed, c)
			}
		}
		if v := result.outputs["verdict"]; v != "fail" {
			t.Errorf("seed %d: verdict %q", seed, v)
		}
		if n := result.outputs["critical"]; n == "0" || !strings.Contains(result.summary, "posix.system") {
			t.Errorf("seed %d: %s critical findings; summary:\n%s", seed, n, result.summary)
		}
		pages := map[string]string{"summary": result.summary}
		if len(s.Comments[7]) != 1 || strings.Count(s.Comments[7][0].Body, "<!-- modelaudit:v1") != 1 {
			t.Fatalf("seed %d: %d comments", seed, len(s.Comments[7]))
		}
		pages["comment"] = s.Comments[7][0].Body
		for i, c := range s.Reviews {
			pages[fmt.Sprintf("file comment %d", i)] = c.Body
		}
		for name, page := range pages {
			for _, bad := range active {
				if at := bad.FindStringIndex(page); at != nil {
					t.Errorf("seed %d: the %s matches %s: %q", seed, name, bad, page[max(0, at[0]-40):min(len(page), at[1]+40)])
				}
			}
			if o, c := strings.Count(page, "<details>"), strings.Count(page, "</details>"); o != c {
				t.Errorf("seed %d: the %s opens %d folds and closes %d", seed, name, o, c)
			}
		}
		// A second run finds its own comments again.
		j.run(t)
		if len(s.Comments[7]) != 1 || len(s.Reviews) > 10 {
			t.Errorf("seed %d: after a second run %d comments, %d at files", seed, len(s.Comments[7]), len(s.Reviews))
		}
	}
}

// validName reports whether Linux takes a name.
func validName(name string) bool { return len(name) <= 255 && !strings.ContainsAny(name, "/\x00") }
