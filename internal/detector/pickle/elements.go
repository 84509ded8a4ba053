package pickle

import (
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
)

// Types of array elements. NumPy takes their state as it stands
// (arraydescr_setstate in numpy/_core/src/multiarray/descriptor.c): where a field
// lies, and by which flags elements are objects, is not compared with anything.

// isElementType reports whether a name is that of numpy's type of elements, or of
// something that returns one.
func isElementType(n *pickle.Name) bool {
	return strings.HasPrefix(n.Module, "numpy") &&
		(n.Name == "dtype" || strings.HasPrefix(n.Name, "dtype.") || strings.HasSuffix(n.Name, "DType"))
}

// An elementType is what the file says of a type of elements.
type elementType struct {
	size    int64 // of an element in bytes, or -1
	objects bool  // they are pointers to objects, or may be
}

// A typeState is the state of a type of elements.
type typeState struct {
	sub, fields pickle.Value
	size        int64 // or -1
	flags       int64
	flagged     bool // it has flags
}

// fillsType judges the state that a type of elements is filled with.
func (j *judge) fillsType(e pickle.Effect) {
	if len(e.Args) == 0 {
		return
	}
	s, ok := j.typeState(e.Args[0])
	j.watch(s)
	made := j.madeType(e.Fn)
	if s.size < 0 || made.size >= 0 && !j.extends(e.Fn) {
		s.size = made.size
	}
	var why string
	switch {
	case !ok:
		why = "with a state that it computes"
	case s.flagged && s.flags&objectFlags != objectFlags && (made.objects || j.holdsObjects(s)):
		why = "which has elements taken for pointers to objects that are bytes of the file"
	case !j.fits(s):
		why = "which has a field that lies outside of its elements"
	default:
		return
	}
	j.add(falseType, e, why, func() string {
		return "Loading this file fills " + j.python(e.Fn) + " as a type of array elements, " + why + ": " + j.python(e.Args[0]) + "."
	})
}

// objectFlags are NPY_ITEM_REFCOUNT and NPY_LIST_PICKLE: elements are objects, and
// are pickled in a list. Every type of objects has both.
const objectFlags = 1 | 2

// typeState reads what numpy takes for a state: (version, order, base and shape,
// names, fields, size, alignment, flags, metadata), where older versions end sooner.
func (j *judge) typeState(v pickle.Value) (s typeState, ok bool) {
	items, all := j.items(v)
	if j.m.Kind(v) != pickle.Tuple || !all || len(items) < 5 || len(items) > 9 {
		return typeState{size: -1}, false
	}
	switch len(items) {
	case 5: // without version and names
		items = append([]pickle.Value{0, items[0], items[1], 0}, items[2:]...)
	case 6: // without names
		items = append([]pickle.Value{items[0], items[1], items[2], 0}, items[3:]...)
	}
	s = typeState{sub: items[2], fields: items[4]}
	s.size, ok = j.m.SmallInt(items[5])
	ok = ok && j.isOr(s.sub, pickle.Tuple) && j.isOr(s.fields, pickle.Dict)
	if ok && len(items) > 7 {
		s.flags, s.flagged = j.m.SmallInt(items[7])
		ok = ok && s.flagged
	}
	return s, ok
}

// isOr reports whether a value is of a kind, or None.
func (j *judge) isOr(v pickle.Value, kind pickle.Kind) bool {
	k := j.m.Kind(j.m.Computed(v))
	return v == 0 || k == kind || k == pickle.None
}

// watch notes what can still change of a type that has its state: the dict of its
// fields, and the types in it.
func (j *judge) watch(s typeState) {
	if j.m.Kind(s.fields) == pickle.Dict {
		j.m.Watch(s.fields)
	}
	for _, f := range j.parts(s) {
		j.m.Watch(f.of)
	}
}

// structuredIn looks again at the types of elements among values: a dict of fields
// may be filled when the type is.
func (j *judge) structuredIn(e pickle.Effect, values []pickle.Value) {
	for _, v := range values {
		switch j.m.Kind(v) {
		case pickle.Tuple, pickle.Dict:
			items, _ := j.items(v)
			for _, w := range items {
				j.refilled(e, w)
			}
		default:
			j.refilled(e, v)
		}
	}
}

// refilled judges a type of elements by the state that it was filled with before.
func (j *judge) refilled(e pickle.Effect, v pickle.Value) {
	if j.m.Kind(v) != pickle.Call {
		return
	}
	state := j.m.State(v)
	if n := j.m.Name(j.m.Class(v)); state != 0 && n != nil && isElementType(n) {
		j.fillsType(pickle.Effect{Op: e.Op, Offset: e.Offset, Kind: pickle.Builds, Fn: v, Args: []pickle.Value{state}})
	}
}

// madeType is what a type is by the arguments that it was made with.
func (j *judge) madeType(v pickle.Value) elementType {
	n := j.m.Name(j.m.Class(v))
	if n == nil || !isElementType(n) {
		return elementType{size: -1, objects: true} // which it may be
	}
	args, _ := j.items(v)
	t := elementType{size: -1, objects: strings.HasPrefix(n.Name, "Object")}
	if len(args) == 0 {
		return t
	}
	if text, ok := j.text(args[0]); ok {
		t.size = letters(text)
	}
	const depth = 4 // of fields in fields
	t.objects = t.objects || j.namesObjects(args[0], depth)
	return t
}

// namesObjects reports whether a description of a type names objects, or what it
// names is not known.
func (j *judge) namesObjects(v pickle.Value, depth int) bool {
	if text, ok := j.text(v); ok {
		for part := range strings.SplitSeq(text, ",") {
			if strings.HasPrefix(strings.TrimLeft(part, "|=<>()0123456789 "), "O") || strings.Contains(part, "object") {
				return true
			}
		}
		return false
	}
	if n := j.m.Name(v); n != nil {
		return strings.HasPrefix(n.Name, "object")
	}
	switch j.m.Kind(v) {
	case pickle.Tuple, pickle.List, pickle.Dict:
		items, all := j.items(v)
		for _, w := range items {
			if depth == 0 || j.namesObjects(w, depth-1) {
				return true
			}
		}
		return !all
	case pickle.Call:
		return j.typeOfElements(v).objects
	}
	return j.m.Kind(v) == pickle.Unknown || j.m.Kind(v) == pickle.Attr
}

// extends reports whether the size of a type is what its state says: that of others
// is fixed.
func (j *judge) extends(v pickle.Value) bool {
	args, _ := j.items(v)
	text, ok := j.text(nth(args, 0))
	text = strings.TrimLeft(text, "|=<>")
	return !ok || text == "" || strings.Contains("VSUa", text[:1])
}

// letters is the size of a type that is written as a letter and a number, or -1.
func letters(text string) int64 {
	text = strings.TrimLeft(text, "|=<>")
	if text == "" {
		return -1
	}
	n, err := strconv.ParseInt(text[1:], 10, 32)
	if err != nil {
		return -1
	}
	if text[0] == 'U' {
		n *= 4 // bytes of a character
	}
	return n
}

// typeOfElements is what a type in another is, by how it was made and filled.
func (j *judge) typeOfElements(v pickle.Value) elementType {
	t := j.madeType(v)
	if s, ok := j.typeState(j.m.State(v)); ok {
		if s.size >= 0 && (t.size < 0 || j.extends(v)) {
			t.size = s.size
		}
		t.objects = t.objects || s.flagged && s.flags&objectFlags != 0
	}
	return t
}

// holdsObjects reports whether a type has objects in its fields or its subarray.
func (j *judge) holdsObjects(s typeState) bool {
	for _, f := range j.parts(s) {
		if j.typeOfElements(f.of).objects {
			return true
		}
	}
	return false
}

// fits reports whether all parts of a type lie in its elements, as far as the sizes
// are known.
func (j *judge) fits(s typeState) bool {
	for _, f := range j.parts(s) {
		size := max(0, j.typeOfElements(f.of).size)
		if f.at < 0 || f.times < 0 || s.size >= 0 && float64(f.at)+float64(size)*f.times > float64(s.size) {
			return false
		}
	}
	return true
}

// A part is a field of a type, or its subarray.
type part struct {
	of    pickle.Value
	at    int64   // offset in bytes
	times float64 // elements of a subarray
}

// parts are those of a type.
func (j *judge) parts(s typeState) (out []part) {
	if base, _ := j.items(s.sub); j.m.Kind(s.sub) == pickle.Tuple && len(base) == 2 {
		w := weigher{j: j}
		out = append(out, part{of: base[0], times: w.shape(base[1:])})
	}
	fields, _ := j.items(s.fields)
	for i := 1; i < len(fields); i += 2 {
		if f, _ := j.items(fields[i]); len(f) >= 2 {
			at, ok := j.m.SmallInt(f[1])
			if !ok {
				at = -1
			}
			out = append(out, part{of: f[0], at: at, times: 1})
		}
	}
	return out
}
