// Package rdstest writes R's serialised objects for tests, in the binary form,
// item by item. Symbols are written out wherever they stand, as the format
// allows, so that no references are needed.
package rdstest

import (
	"encoding/binary"
	"strings"
)

// Flags of an item beside its type.
const (
	hasAttributes = 1 << 9
	hasTag        = 1 << 10
)

// Int is an integer as such, not an object.
func Int(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// Object is a saved object: the header of version 3 and an item.
func Object(item string) []byte {
	return []byte("X\n" + Int(3) + Int(0x040202) + Int(0x030500) + Int(5) + "UTF-8" + item)
}

// Workspace is a saved workspace of variables, names and items in turn.
func Workspace(variables ...string) []byte {
	return append([]byte("RDX3\n"), Object(Tagged(variables...))...)
}

// Items without a content of their own.
var (
	Null    = Int(254)
	Global  = Int(253)
	Unbound = Int(252)
)

func char(s string) string { return Int(9|1<<18) + Int(len(s)) + s }

// Symbol is a name.
func Symbol(name string) string { return Int(1) + char(name) }

// Strings is a character vector.
func Strings(all ...string) string {
	out := Int(16) + Int(len(all))
	for _, s := range all {
		out += char(s)
	}
	return out
}

// Reals is a numeric vector of n zeros.
func Reals(n int) string { return Int(14) + Int(n) + strings.Repeat("\x00", 8*n) }

// Ints is an integer vector.
func Ints(all ...int) string {
	var out strings.Builder
	out.WriteString(Int(13) + Int(len(all)))
	for _, n := range all {
		out.WriteString(Int(n))
	}
	return out.String()
}

// Raw is a raw vector.
func Raw(s string) string { return Int(24) + Int(len(s)) + s }

// Vector is a generic vector.
func Vector(items ...string) string { return Int(19) + Int(len(items)) + strings.Join(items, "") }

// List is a pairlist without tags.
func List(items ...string) string {
	out := ""
	for _, i := range items {
		out += Int(2) + i
	}
	return out + Null
}

// Tagged is a pairlist of names and items in turn.
func Tagged(pairs ...string) string {
	out := ""
	for i := 0; i < len(pairs); i += 2 {
		out += Int(2|hasTag) + Symbol(pairs[i]) + pairs[i+1]
	}
	return out + Null
}

// Call is a call of a function, which is any item, with arguments.
func Call(function string, args ...string) string { return Int(6) + function + List(args...) }

// Named is a call of the function of a name.
func Named(function string, args ...string) string { return Call(Symbol(function), args...) }

// Closure is a function without formals.
func Closure(body string) string { return Int(3|hasTag) + Global + Null + body }

// Promise is code with a value, which may be Unbound.
func Promise(value, code string) string { return Int(5|hasTag) + Global + value + code }

// Environment is one with a frame of names and items in turn.
func Environment(pairs ...string) string {
	return Int(4) + Int(0) + Global + Tagged(pairs...) + Null + Null
}

// Active is an environment with one active binding.
func Active(name, function string) string {
	const active = 1 << 27
	return Int(4) + Int(0) + Global + Int(2|hasTag|active) + Symbol(name) + function + Null + Null + Null
}

// With is an item of a vector type with attributes.
func With(item string, attributes ...string) string {
	kind := binary.BigEndian.Uint32([]byte(item))
	return Int(int(kind|hasAttributes)) + item[4:] + Tagged(attributes...)
}

// WithFirst is an item of a pairlist type with attributes.
func WithFirst(item string, attributes ...string) string {
	kind := binary.BigEndian.Uint32([]byte(item))
	return Int(int(kind|hasAttributes)) + Tagged(attributes...) + item[4:]
}

// Compiled is bytecode with instructions and constants.
func Compiled(instructions string, constants ...string) string {
	return Int(21) + Int(1) + instructions + Int(len(constants)) + strings.Join(constants, "")
}

// Constant is an item among the constants of bytecode.
func Constant(item string) string { return item[:4] + item }

// CallConstant is a call among the constants of bytecode.
func CallConstant(function, argument string) string {
	return Int(6) + Null + Constant(Symbol(function)) + Int(2) + Null + Constant(argument) + Constant(Null)
}

// Mapped is a vector in the representation of a mapped file.
func Mapped(file string) string {
	return Int(238) + List(Symbol("mmap_real"), Symbol("base"), Ints(14)) + Strings(file) + Null
}
