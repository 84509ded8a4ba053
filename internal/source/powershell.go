package source

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed powershell.txt
var powerShellFile string

// powerShell is what the words of powershell.txt do.
var powerShell = table.Once(powerShellFile, table.Map)

// powerWord is a command, a member or the end of a type's name with a member.
var powerWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[a-z]+\]::[a-z]+|[a-z][a-z0-9]*(?:-[a-z]+)*`)
})

// PowerShell takes a text for a script of PowerShell if it uses a type or a
// member as no other language does, and judges it by the commands that it names:
// their order is free, and aliases and members are all that tells.
func PowerShell(text string) *Program {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "new-object") && !strings.Contains(text, "]::") && !strings.Contains(lower, "invoke-") && !strings.Contains(lower, "iex") {
		return nil
	}
	first := make(map[string]Step) // by what it does
	for from := 0; ; {
		at := powerWord().FindStringIndex(text[from:])
		if at == nil {
			break
		}
		word := text[from+at[0] : from+at[1]]
		if does := powerShell()[strings.ToLower(word)]; does != "" && first[does].Text == "" {
			first[does] = Step{from + at[0], word}
		}
		from += at[1]
	}
	runs, brings, harms := first["runs"], first["brings"], first["harms"]
	switch {
	case runs.Text != "" && brings.Text != "":
		return &Program{Language: "PowerShell", Name: runs.Text, Does: "runs what " + brings.Text + " brings", Steps: []Step{runs, brings}}
	case harms.Text != "":
		return &Program{Language: "PowerShell", Name: harms.Text, Does: "connects to the network or weakens the system", Steps: []Step{harms}}
	}
	return nil
}
