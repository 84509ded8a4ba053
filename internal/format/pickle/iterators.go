package pickle

// collected is a class that iterates over its argument when it is made.
func collected(kind Kind) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) {
		if len(c.args) == 0 {
			return m.newContainer(kind, nil), !c.loose
		}
		items, ok := m.iterate(c.args[0])
		if !ok || len(c.args) > 1 {
			return 0, false
		}
		return m.newContainer(kind, items), true
	}
}

// toDict is dict of a dict, or of an iterable of pairs.
func toDict(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 0 || c.kw != 0 {
		return 0, false
	}
	if o := m.object(m.force(c.args[0])); o != nil && o.kind == Dict {
		return m.newContainer(Dict, o.items), o.lost == 0 && o.flags&flagChanged == 0
	}
	pairs, ok := m.iterate(c.args[0])
	if !ok {
		return 0, false
	}
	var items []Value
	for _, p := range pairs {
		kv, ok := m.iterate(p)
		if !ok || len(kv) != 2 {
			return 0, false
		}
		items = append(items, kv...)
	}
	return m.newContainer(Dict, items), true
}

// first is next of what can be iterated over.
func first(m *Machine, c *call) (Value, bool) {
	if len(c.args) == 0 {
		return 0, false
	}
	spent := !m.lazy(c.args[0]) && m.Kind(c.args[0]) == Call
	items, ok := m.iterate(c.args[0])
	if !ok || len(items) == 0 || spent {
		return 0, false
	}
	return items[0], true
}

// keyed is a function that calls its key for each item of the argument at n.
func keyed(n int) func(*Machine, *call) (Value, bool) {
	return func(m *Machine, c *call) (Value, bool) {
		of := m.arg(c, n, "iterable")
		if of == 0 {
			return 0, false
		}
		key := m.arg(c, n+1, "key")
		items, ok := m.iterate(of)
		if key != 0 && m.Kind(key) != None {
			m.each(key, items, ok)
		}
		return 0, false
	}
}

// sortedDict is sortedcontainers' SortedDict(key, items), which calls the key for
// each key of the items.
func sortedDict(m *Machine, c *call) (Value, bool) {
	if len(c.args) < 2 || m.Kind(c.args[0]) == None {
		return 0, false
	}
	items, ok := m.iterate(c.args[1])
	m.each(c.args[0], items, ok)
	return 0, false
}

// each calls fn with each item, or once with what is not known.
func (m *Machine) each(fn Value, items []Value, ok bool) []Value {
	if !ok {
		m.call(call{fn: fn, args: items[:min(1, len(items))], loose: true})
		return nil
	}
	out := make([]Value, 0, len(items))
	for _, v := range items {
		if m.spend(1) || m.done {
			break
		}
		out = append(out, m.call(call{fn: fn, args: []Value{v}}))
	}
	return out
}

// iterMap is map: one call for each item, or for each row of several iterables.
func iterMap(m *Machine, args []Value) ([]Value, bool) {
	if len(args) < 2 {
		return nil, false
	}
	if len(args) == 2 {
		items, ok := m.iterate(args[1])
		return m.each(args[0], items, ok), ok
	}
	rows, ok := iterZip(m, args[1:])
	if !ok {
		m.call(call{fn: args[0], loose: true})
		return nil, false
	}
	return iterStar(m, args[0], rows)
}

// iterFilter is filter: a predicate is called with each item, and may be
// anything.
func iterFilter(m *Machine, args []Value) ([]Value, bool) {
	if len(args) < 2 {
		return nil, false
	}
	items, ok := m.iterate(args[1])
	if m.Kind(args[0]) != None {
		m.each(args[0], items, ok)
	}
	return nil, false // which of them stay is not computed
}

// iterStarMap is itertools.starmap: each item is a list of arguments.
func iterStarMap(m *Machine, args []Value) ([]Value, bool) {
	if len(args) < 2 {
		return nil, false
	}
	rows, ok := m.iterate(args[1])
	if !ok {
		m.call(call{fn: args[0], loose: true})
		return nil, false
	}
	return iterStar(m, args[0], rows)
}

// iterStar calls fn with the elements of each row.
func iterStar(m *Machine, fn Value, rows []Value) ([]Value, bool) {
	var out []Value
	for _, row := range rows {
		if m.spend(1) || m.done {
			return out, false
		}
		out = append(out, m.call(call{fn: fn, args: m.elements(row), loose: !m.exact(row)}))
	}
	return out, true
}

// iterAccumulate is itertools.accumulate with a function, called with what came
// before and the next item.
func iterAccumulate(m *Machine, args []Value) ([]Value, bool) {
	if len(args) < 2 || m.Kind(args[1]) == None {
		return nil, false
	}
	items, ok := m.iterate(args[0])
	if len(args) > 2 && m.Kind(args[2]) != None {
		items = append([]Value{args[2]}, items...)
	}
	if !ok || len(items) < 2 {
		m.call(call{fn: args[1], args: items, loose: true})
		return nil, false
	}
	out := items[:1:1]
	for _, v := range items[1:] {
		if m.spend(1) || m.done {
			return out, false
		}
		out = append(out, m.call(call{fn: args[1], args: []Value{out[len(out)-1], v}}))
	}
	return out, true
}

// iterGroupBy is itertools.groupby, whose key function is called with each
// item.
func iterGroupBy(m *Machine, args []Value) ([]Value, bool) {
	if len(args) < 2 {
		return nil, false
	}
	items, ok := m.iterate(args[0])
	m.each(args[1], items, ok)
	return nil, false
}

// iterChain is itertools.chain.
func iterChain(m *Machine, args []Value) ([]Value, bool) {
	var out []Value
	all := true
	for _, a := range args {
		items, ok := m.iterate(a)
		if all = all && ok; len(out)+len(items) > maxItems {
			all = false
			continue
		}
		out = append(out, items...)
	}
	return out, all
}

// iterFirst iterates over its first argument; what the others choose of it is
// not computed.
func iterFirst(m *Machine, args []Value) ([]Value, bool) {
	if len(args) == 0 {
		return nil, false
	}
	items, ok := m.iterate(args[0])
	return items, ok && len(args) == 1
}

// iterEnumerate is enumerate: pairs of a number and an item.
func iterEnumerate(m *Machine, args []Value) ([]Value, bool) {
	items, ok := iterFirst(m, args)
	if !ok || m.spend(int64(len(items))) {
		return items, false
	}
	out := make([]Value, len(items))
	for i, v := range items {
		out[i] = m.newContainer(Tuple, []Value{smallInt(int64(i)), v})
	}
	return out, true
}

// iterReversed is reversed.
func iterReversed(m *Machine, args []Value) ([]Value, bool) {
	items, ok := iterFirst(m, args)
	out := make([]Value, len(items))
	for i, v := range items {
		out[len(items)-1-i] = v
	}
	return out, ok
}

// iterZip is zip, as long as its shortest argument.
func iterZip(m *Machine, args []Value) ([]Value, bool) {
	shortest := maxItems
	var columns [][]Value
	for _, a := range args {
		items, ok := m.iterate(a)
		if !ok {
			return nil, false
		}
		columns = append(columns, items)
		shortest = min(shortest, len(items))
	}
	if len(columns) == 0 || m.spend(int64(shortest*len(columns))) {
		return nil, false
	}
	out := make([]Value, shortest)
	for i := range out {
		row := make([]Value, len(columns))
		for j, c := range columns {
			row[j] = c[i]
		}
		out[i] = m.newContainer(Tuple, row)
	}
	return out, true
}

// iterRange is range, of no more than maxItems numbers.
func iterRange(m *Machine, args []Value) ([]Value, bool) {
	b := []int64{0, 0, 1}
	for i, a := range args {
		n, ok := m.Int(a)
		if !ok || !n.IsInt64() || i > 2 {
			return nil, false
		}
		b[i] = n.Int64()
	}
	if len(args) == 1 {
		b[0], b[1] = 0, b[0]
	}
	if b[2] == 0 || b[2] > maxItems || b[2] < -maxItems {
		return nil, false
	}
	var out []Value
	for i := b[0]; b[2] > 0 && i < b[1] || b[2] < 0 && i > b[1]; i += b[2] {
		if len(out) == maxItems || m.spend(1) {
			return nil, false
		}
		out = append(out, smallInt(i))
	}
	return out, true
}
