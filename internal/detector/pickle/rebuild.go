package pickle

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// Numba pickles an object as a class and its state. Standard picklers write both as a
// pickle in bytes, which customPickled loads; customRebuild calls the class's _rebuild.
const (
	customPickled = "numba.core.serialize._unpickle__CustomPickled"
	customRebuild = "numba.core.serialize.custom_rebuild"
)

// rebuilds judges the class of an object that customRebuild is given in the pickle
// that makes it.
func (j *judge) rebuilds(e pickle.Effect, u *use) {
	if u.name != customRebuild || len(e.Args) != 1 {
		return
	}
	made, _ := j.items(e.Args[0])
	if n := j.m.Name(j.m.Class(e.Args[0])); n != nil && n.Name == "_CustomPickled" && len(made) > 0 {
		j.rebuiltBy(made[0], e)
	}
}

// rebuildsFrom judges the class in what customPickled loads.
func (j *judge) rebuildsFrom() {
	if !strings.HasPrefix(j.s.p.File.Name(), customPickled) {
		return
	}
	if items, _ := j.items(j.m.Result()); len(items) > 0 {
		j.rebuiltBy(items[0], pickle.Effect{Kind: pickle.Calls, Op: '.', Offset: j.m.Ended() - 1, Fn: items[0], Args: items[1:]})
	}
}

// rebuiltBy reports a class that has no name: honest ones are numba's own.
func (j *judge) rebuiltBy(class pickle.Value, e pickle.Effect) {
	if j.m.Name(class) == nil {
		j.add(executes, e, customRebuild, func() string {
			return "Loading this file has numba call the method _rebuild of " + j.python(class) + ", which the file carries."
		})
	}
}
