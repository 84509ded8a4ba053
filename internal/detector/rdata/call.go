package rdata

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/rds"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

var (
	//go:embed functions.txt
	functionsFile string
	//go:embed hooks.txt
	hooksFile string
	//go:embed masks.txt
	masksFile string
	//go:embed builders.txt
	buildersFile string
	//go:embed callers.txt
	callersFile string

	functions = table.Once(functionsFile, table.Map)
	hooks     = table.Once(hooksFile, table.Set)
	masks     = table.Once(masksFile, table.Set)
	builders  = table.Once(buildersFile, table.Set)
	callers   = table.Once(callersFile, table.Set)
)

// does completes "which …" for the effects.
var does = map[string]string{
	"process": "starts a program", "network": "opens a connection", "write": "changes files", "native": "loads machine code",
	"code": "runs what it is given as code", "computed": "calls a function whose name is put together there",
}

// A callee is a function that code calls, and what it does.
type callee struct{ name, effect string }

// calleeOf returns the function that a call is of in the end: the one that it
// looks up by a string, or that the text which it parses calls.
func calleeOf(e rds.Event) callee {
	effect := functions()[e.Name]
	if e.Package != "" {
		if own := functions()[e.Package+"::"+e.Name]; own != "" {
			effect = own
		}
	}
	switch effect {
	case "look":
		for _, name := range []string{e.Argument, e.Symbol} {
			if found := functions()[name]; found != "" && found != "look" && found != "make" && (name == e.Argument || found == "process" || found == "native") {
				return callee{name, found}
			}
		}
		if builders()[e.Computed] && (callers()[e.Name] || e.Promise) {
			return callee{e.Name, "computed"}
		}
		return callee{}
	case "make": // code, which does nothing where nobody evaluates it
		if found := functions()[e.Argument]; e.Promise && (found == "process" || found == "native") {
			return callee{e.Argument, found}
		}
		return callee{}
	case "code":
		if m := called().FindStringSubmatch(e.Argument); m != nil {
			return callee{m[1], functions()[m[1]]}
		}
		if e.Name == "source" && strings.Contains(e.Argument, "://") { // code of whoever is there
			return callee{e.Name, "network"}
		}
	}
	return callee{e.Name, effect}
}

// called finds a call of a function that does harm in R source.
var called = sync.OnceValue(func() *regexp.Regexp {
	var all []string
	for row := range table.Rows(functionsFile, 2) {
		if name, effect := row[0], row[1]; effect != "look" && effect != "make" && effect != "code" && !strings.Contains(name, "::") {
			all = append(all, regexp.QuoteMeta(name))
		}
	}
	return regexp.MustCompile(`(?:^|[^\w.])(` + strings.Join(all, "|") + `)\s*\(`)
})

// call judges a call by what it calls and by what has it run.
func (j *judge) call(e rds.Event) {
	c := calleeOf(e)
	if c.effect == "" {
		return
	}
	ru, when := where(e.Context, c.effect)
	if ru == nil {
		return
	}
	shown := finding.Quote(c.name)
	step := "call of " + shown
	if e.Argument != "" {
		step += " with " + finding.Quote(e.Argument)
	}
	key := c.name
	if ru == calledUnasked {
		key = e.Variable + "/" + c.name
	}
	j.report(ru, e, key, fmt.Sprintf("%s, R calls %s, which %s.", when, shown, does[c.effect]), step)
}

// where decides which rule a call breaks by what surrounds it, and says when the
// call is made. Functions that write files or evaluate code are ordinary in
// functions, and evaluating is in calls, too.
func where(c rds.Context, effect string) (ru *rule.Rule, when string) {
	switch {
	case effect == "computed" && c.Function:
		return nil, ""
	case effect == "computed":
		return languageRuns, "When a value or a call of this object is evaluated"
	case c.Promise && (effect != "code" || !c.Environment):
		return promiseRuns, "As soon as a value of this object is asked for"
	case c.Function && (effect == "code" || effect == "write"):
		return nil, ""
	case c.Function && c.Active:
		return promiseRuns, "As soon as a value of this object is looked at"
	case c.Function && masks()[c.Variable]:
		return calledUnasked, fmt.Sprintf("When %s is called, which every session does", finding.Quote(c.Variable))
	case c.Function:
		return functionRuns, "When a function of this object is called"
	case effect == "code":
		return nil, ""
	}
	return languageRuns, "When a call or formula of this object is evaluated, as predicting and updating do"
}
