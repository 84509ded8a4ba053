package source

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed prose.txt
var proseFile string

// prose are programs whose names are words as well.
var prose = table.Once(proseFile, table.Set)

// maxCommand is the longest text that Command looks at, in bytes.
const maxCommand = 4 << 10

// Command reports whether a text reads like a line that starts a program: the name
// of one that there is, and arguments. Unlike Judge it does not ask what the
// program does: it is for places where no command has any business.
func Command(line string) bool {
	words := strings.Fields(line)
	if len(words) == 0 || len(line) > maxCommand {
		return false
	}
	for i := range words {
		words[i] = strings.Trim(words[i], `"'`)
	}
	first, rest := words[0], words[1:]
	name := strings.ToLower(first[strings.LastIndexAny(first, `/\`)+1:])
	switch program, exe := strings.CutSuffix(name, ".exe"); {
	case name == "whoami", exe && program != "", strings.Contains(first, "bin/") && programs()[program] != "":
		return true
	case len(rest) == 0, programs()[program] == "":
		return false
	case prose()[program]:
		return argument(rest)
	}
	return true
}

// Words reports whether words read like the line of a program. Pairs of words are
// all kinds of things: one of them must look like an argument.
func Words(words []string) bool {
	return len(words) > 1 && Command(strings.Join(words, " ")) && argument(words[1:])
}

// argument reports whether one of the words is written as arguments are and prose
// is not: an option, a path, an address of four numbers, or with what a shell reads.
func argument(words []string) bool {
	for _, w := range words {
		if strings.Count(w, ".") == 3 || len(w) > 1 && strings.ContainsAny(w[:1], "-/~.") || strings.ContainsAny(w, "|;&<>$`") {
			return true
		}
	}
	return false
}
