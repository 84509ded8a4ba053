package source

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/format/shell"
)

// later judges what a command has another one run, or the shell at a later time.
func (s *scriptJudge) later(c *shell.Command, name string, args []shell.Word) error {
	switch name {
	case "find":
		if i := slices.IndexFunc(args, func(w shell.Word) bool { return strings.HasPrefix(w.Text, "-exec") || strings.HasPrefix(w.Text, "-ok") }); i >= 0 {
			return s.command(&shell.Command{Words: args[i+1:], From: c.From, Offset: c.Offset})
		}
	case "trap":
		if len(args) > 1 {
			return s.inner(c, "sh", args[0].Text)
		}
	case "alias":
		for _, w := range args {
			if _, code, ok := strings.Cut(w.Text, "="); ok {
				return s.inner(c, "sh", code)
			}
		}
	}
	return nil
}

// printed returns what a command puts out, if it prints its arguments.
func printed(c *shell.Command) string {
	words, _, _ := named(c)
	if len(words) < 2 || path.Base(words[0].Text) != "echo" && path.Base(words[0].Text) != "printf" {
		return ""
	}
	var all []string
	for _, w := range words[1:] {
		if !strings.HasPrefix(w.Text, "-") || strings.Contains(w.Text, " ") {
			all = append(all, w.Text)
		}
	}
	return shell.Unescape(strings.Join(all, " "))
}

// literals finds the texts in code of Perl, Ruby, PHP, awk and JavaScript.
var literals = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\"[^\"]{8,}\"|'[^']{8,}'|`[^`]{8,}`")
})

// maxQuoted is how many texts in a piece of code are judged.
const maxQuoted = 16

// quoted judges the texts in code of another language, which has a shell run
// them in its own ways, as commands.
func (s *scriptJudge) quoted(code string) (*Program, error) {
	for _, text := range literals().FindAllString(code, maxQuoted) {
		text = text[1 : len(text)-1]
		if !holds(text, "shell") {
			continue
		}
		p, err := judgeScript(text, &scriptJudge{budget: s.budget, sources: s.sources, depth: s.depth + 1})
		if p != nil || err != nil {
			return p, err
		}
	}
	return nil, nil
}

// holds judges the variables in words that are run as code.
func (s *scriptJudge) holds(c *shell.Command, name string, words []shell.Word) {
	for _, w := range words {
		if from := s.origin(w.Values); from != "" {
			s.brought(c, name+" "+from, programs()[from], "runs what it reads from "+from)
			return
		}
	}
}
