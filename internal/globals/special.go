package globals

import "strings"

// specialNames are the methods that Python's own functions, operators and
// statements run.
var specialNames = strings.Fields(`__iter__ __next__ __len__ __getitem__ __contains__ __reversed__ __length_hint__ __missing__
	__str__ __repr__ __format__ __bytes__ __hash__ __bool__ __int__ __float__ __index__ __complex__ __fspath__ __round__
	__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __add__ __radd__ __iadd__ __sub__ __mul__ __matmul__ __truediv__ __floordiv__
	__mod__ __pow__ __and__ __or__ __ior__ __xor__ __lshift__ __rshift__ __neg__ __pos__ __abs__ __invert__
	__copy__ __deepcopy__ __reduce__ __reduce_ex__ __getstate__ __dir__ __array__ __call__ __enter__ __exit__ __instancecheck__`)

// A Method is one of a class, and what running it does.
type Method struct {
	Name    string
	Verdict Verdict
}

// Special returns the first special method of a class that is known to be
// dangerous, such as __iter__: what runs when the class's instances are merely
// iterated over, printed or compared. It is empty if none is.
func Special(module, class string) Method { return specials.of(module, class) }

var specials = remembered(func(module, class string) Method {
	if !hasMembers(module, class) {
		return Method{}
	}
	for _, s := range specialNames {
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
