package marshal

import "encoding/hex"

// forwarders are the bytecodes of a function that names nothing and whose body is
//
//	def f(cls, ctor, states):
//	    return cls(ctor, states)
//
// as each version of Python compiles it: load the three arguments, call, return.
var forwarders = map[string]Layout{
	"7c007c017c0283025300":                                 Python38, // to 3.10
	"970002007c007c017c02a6020000ab0200000000000000005300": Python311,
	"970002007c007c017c02ab020000000000005300":             Python311, // 3.12
	"950055002200581235020000000000002400":                 Python311, // 3.13
	"800056002100571234020000000000002300":                 Python311, // 3.14
}

// ForwardedArguments is how many arguments a function takes that Forwards knows.
const ForwardedArguments = 3

// Forwards reports whether the bytecode of a function of ForwardedArguments
// arguments, without names, cells and handlers of exceptions, does nothing but to
// call the first argument with the others and to return what that returns.
func Forwards(bytecode string, l Layout) bool {
	const longest = 26
	if len(bytecode) > longest {
		return false
	}
	of, ok := forwarders[hex.EncodeToString([]byte(bytecode))]
	return ok && of == l
}
