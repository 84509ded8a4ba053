package globals

import "github.com/modelaudit/modelaudit/internal/memo"

// A Use is what a file does with a class or a function.
type Use uint8

// Uses, by what runs: a class is dangerous in the way of the method that an
// opcode reaches.
const (
	Call    Use = iota // call it with arguments: __new__ and __init__ run
	New                // make an instance without initialising it: __new__ runs
	Build              // fill an instance: __setstate__, else __dict__ or __setattr__
	Append             // append, extend or add items to an instance
	SetItem            // set items of an instance: __setitem__
)

// hooks are the methods that run at a use, beside the verdict on the class.
var hooks = map[Use][]string{
	Call:    {"__init__", "__new__", "__del__"},
	New:     {"__new__", "__del__"},
	Build:   {"__setstate__", "__setattr__"},
	Append:  {"append", "extend", "add"},
	SetItem: {"__setitem__"},
}

// On returns the verdict on one use of a name: that of the name, or of the
// methods that the use runs if one of them is worse. Where only a whole package
// is known, its "*.__new__" says what making and filling instances is.
func On(use Use, module, name string) Verdict { return uses[use].Ask(module, name) }

var uses = [...]*memo.Memo[Verdict]{
	Call: memo.Of(on(Call)), New: memo.Of(on(New)), Build: memo.Of(on(Build)),
	Append: memo.Of(on(Append)), SetItem: memo.Of(on(SetItem)),
}

// on is On for one use, unremembered.
func on(use Use) func(module, name string) Verdict {
	return func(module, name string) Verdict { return used(use, module, name) }
}

func used(use Use, module, name string) Verdict {
	v := Lookup(module, name)
	if use == Call {
		v = Of(module, name)
	}
	switch {
	case name == "" && use > New:
		return Verdict{Class: Dangerous, Effect: Indirect}
	case v.Class == Inert && use == Call:
		v = Verdict{}
	case v.Class == Inert:
		v.Class = Safe
	case use != Call:
		v = made(module, name, v)
	}
	for _, h := range hooks[use] {
		if w, ok := listed(module, name+"."+h); ok && w.Class > max(v.Class, Inert) {
			v = w
		}
	}
	return v
}

// made returns the verdict on instances of a class that is not listed itself.
func made(module, name string, v Verdict) Verdict {
	if _, ok := listed(module, name); ok {
		return v
	}
	if w, ok := method(module, name+".__new__"); ok {
		return w
	}
	return v
}
