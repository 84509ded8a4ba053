package pickle

// What is equal, where that is known without running a file's own __eq__.

// dictItem looks a key up in a dict that is wholly known, and reports whether it
// is known if there is such a key. The last item of equal keys counts, as where
// Python fills the dict.
func (m *Machine) dictItem(o *object, k Value) (v Value, found, known bool) {
	if o.lost > 0 || o.flags&flagChanged != 0 || m.spend(int64(len(o.items))) {
		return 0, false, false
	}
	for i := len(o.items) - 2; i >= 0; i -= 2 {
		switch equal, known := m.equal(o.items[i], k); {
		case !known:
			return 0, false, false
		case equal:
			return o.items[i+1], true, true
		}
	}
	return 0, false, true
}

// equal reports whether two values are equal, and whether that is known.
func (m *Machine) equal(a, b Value) (equal, known bool) {
	a, b = m.force(a), m.force(b)
	if a == b {
		return true, a.tag() != tagUnknown
	}
	ka, kb := m.Kind(a), m.Kind(b)
	if !plainKind(ka) || !plainKind(kb) {
		return false, false
	}
	if number(ka) != number(kb) || !number(ka) && ka != kb {
		return false, true
	}
	if ka == Float || kb == Float {
		return false, false
	}
	if number(ka) {
		x, ok1 := m.Int(a)
		y, ok2 := m.Int(b)
		return ok1 && ok2 && x.Cmp(y) == 0, ok1 && ok2
	}
	x, _, ok1 := m.textOf(a)
	y, _, ok2 := m.textOf(b)
	return ok1 && ok2 && x == y, ok1 && ok2
}

// plainKind reports whether values of a kind are equal by what they hold.
func plainKind(k Kind) bool { return number(k) || k == Str || k == Bytes || k == None }

// number reports whether a kind is one of numbers, which are equal across kinds.
func number(k Kind) bool { return k == Int || k == Bool || k == Float }
