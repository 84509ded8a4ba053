package pickle

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/memo"
)

// A lore is what is known of a name, whatever a pickle does with it.
type lore struct {
	name    string          // with its module
	verdict globals.Verdict // on the name alone
	args    string          // what its arguments hold, by arguments.txt
	others  string          // what those of what else is in its package hold
	amount  string          // how much there is in what it returns, by amounts.txt
	python  bool            // it is of a module of Python itself
	uses    bool            // it runs methods of what it is given, as list and operators do
	pairs   bool            // it goes over the items of what is in what it is given, as dict does
	applies bool            // it applies an operator to what it is given, as sum does
	array   bool            // an array that is filled from the file may be of this class
	imports bool            // it imports what it is told
	fills   bool            // it is the method that BUILD calls
	element bool            // it is a type of elements of arrays
	owned   bool            // it is a method that changes something that a module owns
}

var lores = memo.Of(func(module, name string) *lore {
	n := &pickle.Name{Module: module, Name: name}
	k := n.String()
	return &lore{
		name: k, verdict: globals.Of(module, name), args: argumentsOf(n), others: anyArguments(n), amount: amounts()[k],
		python: globals.OfPython(module), uses: underRole("uses", k), pairs: underRole("pairs", k), applies: underRole("operates", k),
		array: harmlessWords()["array "+k], imports: importer(n), owned: argumentsOf(n) == "" && changesOwner(n),
		fills: strings.HasSuffix(name, ".__setstate__"), element: isElementType(n),
	}
})
