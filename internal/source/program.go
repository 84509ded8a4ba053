package source

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

// A Program is a text that is program code and does what no model needs.
type Program struct {
	Language string // "Python", "PowerShell" or "shell"
	Name     string // of the first thing that does harm: "os.system"
	Does     string // a predicate that completes "it …"
	Steps    []Step
	// Fetches: it is the shell's way of running what it fetches, and the first
	// thing that does harm.
	Fetches bool
}

// A Step is where a program does something.
type Step struct {
	Offset int // in the text
	Text   string
}

const (
	// maxSteps is how many steps a Program shows.
	maxSteps = 8
	// maxText is the longest text that is read as a program as it stands, in bytes:
	// longer ones are shortened first.
	maxText = 2 << 20
)

// Judge returns what a text does that no model needs if it is a program, and nil
// for any other text. The error is a *hostile.Fault of the budget. Names in the
// result are the text's: they have not been quoted.
func Judge(text string, budget *hostile.Budget) (*Program, error) {
	mark := budget.Held()
	defer budget.Release(mark)
	if len(text) > maxText {
		return judgeLong(text, budget)
	}
	if found, err := judgePython(text, budget); found != nil || err != nil {
		return found, err
	}
	if found := PowerShell(text); found != nil {
		return found, nil
	}
	return judgeShell(text, budget, false)
}

// Harms reports whether Judge has something to say of a text: it does harm, or
// could not be judged. Texts too short for that are not looked at.
func Harms(text string, budget *hostile.Budget) bool {
	const least = 16 // bytes: os.system("reboot") has some more
	if len(text) < least {
		return false
	}
	found, err := Judge(text, budget)
	return found != nil || err != nil
}

// judgePython takes a text for Python only if all of it reads so: otherwise
// nothing could run it.
func judgePython(text string, budget *hostile.Budget) (*Program, error) {
	if !holds(text, "python") {
		return nil, nil
	}
	if err := budget.Hold(uint64(len(text)) * cost); err != nil {
		return nil, err
	}
	if err := budget.Steps(int64(len(text))); err != nil {
		return nil, err
	}
	tokens, err := python.Tokens(text)
	if err != nil || !python.Plausible(tokens) {
		return nil, nil
	}
	s, fault := python.AnalyseTokens(tokens)
	var out *Program
	for _, r := range Reaches(s) {
		if r.Verdict.Effect == globals.Import || !r.Called && !r.Imported {
			continue
		}
		if out == nil {
			out = &Program{Language: "Python", Name: r.Name(), Does: r.Does()}
		}
		if len(out.Steps) < maxSteps {
			out.Steps = append(out.Steps, Step{r.Offset, shown(r)})
		}
	}
	if out == nil && fault != nil {
		return nil, hostile.Faultf(hostile.Unsupported, 0, "a Python program of %d bytes: %v", len(text), fault)
	}
	return out, nil
}

// shown is how a step shows a reference.
func shown(r Reach) string {
	switch {
	case r.Argument != "":
		return fmt.Sprintf("%s(%q)", r.Name(), r.Argument)
	case r.Called:
		return r.Name() + "(…)"
	}
	return r.Name()
}

//go:embed signs.txt
var signsFile string

// signs are those of signs.txt by what they are signs of.
var signs = table.Once(signsFile, func(text string) map[string][]string {
	out := table.Lists(text)
	for _, all := range out {
		for i, sign := range all {
			all[i] = strings.ReplaceAll(sign, `\x20`, " ")
		}
	}
	return out
})

// holds reports whether a text has a sign of a kind.
func holds(text, kind string) bool {
	return slices.ContainsFunc(signs()[kind], func(sign string) bool { return strings.Contains(text, sign) })
}
