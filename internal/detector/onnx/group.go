package onnx

// A group keeps values by key, in the order of their first mention.
type group[T any] struct {
	all   []T
	index map[string]int
}

// maxGroup bounds how many different keys a file can make us keep; a model with
// as many different problems is told by those that are.
const maxGroup = 1000

// at returns the value of a key, made by fresh on its first mention. ok is
// false when the group is full.
func (g *group[T]) at(key string, fresh func() T) (v T, ok bool) {
	if i, known := g.index[key]; known {
		return g.all[i], true
	}
	if len(g.all) >= maxGroup {
		return v, false
	}
	if g.index == nil {
		g.index = make(map[string]int)
	}
	v = fresh()
	g.index[key] = len(g.all)
	g.all = append(g.all, v)
	return v, true
}
