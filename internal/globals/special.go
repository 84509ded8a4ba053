package globals

import (
	_ "embed"

	"github.com/modelaudit/modelaudit/internal/memo"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed special.txt
var specialText string

// specialNames are the methods that Python's own functions, operators and
// statements run: special.txt.
var specialNames = table.Once(specialText, table.List)

// A Method is one of a class, and what running it does.
type Method struct {
	Name    string
	Verdict Verdict
}

// Special returns the first special method of a class that is known to be
// dangerous, such as __iter__: what runs when the class's instances are merely
// iterated over, printed or compared. It is empty if none is.
func Special(module, class string) Method { return specials.Ask(module, class) }

var specials = memo.Of(func(module, class string) Method {
	if !hasMembers(module, class) {
		return Method{}
	}
	for _, s := range specialNames() {
		if v, ok := listed(module, class+"."+s); ok && v.Class == Dangerous {
			return Method{s, v}
		}
	}
	return Method{}
})

// hasMembers reports whether some line is about a member of the class: most classes
// have none, and need not be asked for each method.
func hasMembers(module, class string) bool {
	for m := range spellings(module) {
		for _, t := range tables {
			if t.holds(m + " " + class + ".") {
				return true
			}
		}
	}
	return false
}
