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

// judgePowerShell takes a text for a script of PowerShell if it uses a type or a
// member as no other language does, and judges it by the commands that it names:
// their order is free, and aliases and members are all that tells.
func judgePowerShell(text string) *Program {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "new-object") && !strings.Contains(text, "]::") && !strings.Contains(lower, "invoke-") && !strings.Contains(lower, "iex") {
		return nil
	}
	var runs, brings, harms []Step
	for _, at := range powerWord().FindAllStringIndex(text, -1) {
		step := Step{at[0], text[at[0]:at[1]]}
		switch powerShell()[strings.ToLower(step.Text)] {
		case "runs":
			runs = append(runs, step)
		case "brings":
			brings = append(brings, step)
		case "harms":
			harms = append(harms, step)
		}
	}
	switch {
	case len(runs) > 0 && len(brings) > 0:
		return &Program{Language: "PowerShell", Name: runs[0].Text, Does: "runs what " + brings[0].Text + " brings", Steps: []Step{runs[0], brings[0]}}
	case len(harms) > 0:
		return &Program{Language: "PowerShell", Name: harms[0].Text, Does: "connects to the network or weakens the system", Steps: harms[:1]}
	}
	return nil
}
