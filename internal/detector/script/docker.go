package script

import (
	"encoding/json"
	"strings"

	"github.com/modelaudit/modelaudit/internal/source"
)

// isDockerfile knows the recipe of an image by its name.
func isDockerfile(base string) bool {
	base = strings.ToLower(base)
	first, _, _ := strings.Cut(base, ".")
	return first == "dockerfile" || first == "containerfile" || strings.HasSuffix(base, ".dockerfile")
}

// dockerfile judges what building an image runs: the command of each RUN, which goes
// on behind a backslash, and may be a list of words or a script of its own.
func (j *judge) dockerfile(text string) error {
	if err := j.p.Budget.Steps(int64(len(text))); err != nil {
		return err
	}
	for at := 0; at < len(text); {
		line, next := instruction(text, at)
		word, command, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
		if strings.EqualFold(word, "RUN") {
			script, end := body(text, command, next)
			if err := j.built(script, at); err != nil {
				return err
			}
			next = end
		}
		at = next
	}
	return nil
}

// built judges a command of a recipe. Running a download of a host with a name, over a
// connection that nobody can change, is how images are made.
func (j *judge) built(script string, at int) error {
	p, err := source.Shell(script, j.p.Budget)
	if p != nil && (!p.Fetches || source.Openly(script)) {
		j.program(p, script, at)
	}
	return err
}

// instruction returns the line at an offset with those that it goes on in, without the
// comments between them, and where the next one starts.
func instruction(text string, at int) (line string, next int) {
	var out strings.Builder
	for next = at; next < len(text); {
		l, _, found := strings.Cut(text[next:], "\n")
		next += len(l)
		if found {
			next++
		}
		if l = strings.TrimRight(l, " \t\r"); out.Len() > 0 && strings.HasPrefix(strings.TrimLeft(l, " \t"), "#") {
			continue
		}
		rest, goesOn := strings.CutSuffix(l, "\\")
		out.WriteString(rest)
		if !goesOn {
			break
		}
	}
	return out.String(), next
}

// body returns the shell script that a RUN has, and where the next instruction starts.
func body(text, command string, next int) (script string, end int) {
	command = strings.TrimLeft(command, " \t")
	for strings.HasPrefix(command, "--") { // options of the build
		_, command, _ = strings.Cut(command, " ")
		command = strings.TrimLeft(command, " \t")
	}
	var words []string
	if json.Unmarshal([]byte(command), &words) == nil && len(words) > 0 {
		return words[len(words)-1], next // ["sh", "-c", "…"]
	}
	mark, ok := strings.CutPrefix(command, "<<")
	if !ok {
		return command, next
	}
	mark = strings.Trim(strings.TrimPrefix(strings.TrimSpace(mark), "-"), `"'`)
	for start := next; next < len(text); {
		l, _, found := strings.Cut(text[next:], "\n")
		if strings.Trim(l, "\t\r ") == mark {
			return text[start:next], next + len(l)
		}
		next += len(l)
		if found {
			next++
		}
		if next >= len(text) {
			return text[start:], next
		}
	}
	return "", next
}
