package pickle

// A vocabulary is what short texts a pickle may hold, of those that it spells out
// and those that it computes: it knows them by length, first and last byte. A key
// that is not in it needs not be looked for in every dict.
type vocabulary struct {
	seen [16]uint64 // a bit for each hash
	any  bool       // a text was written in another way than as it is
}

// longestWord is the longest text that anybody asks for, in bytes.
const longestWord = 64

// place is the bit of a text.
func (*vocabulary) place(size int, first, last byte) (word, bit uint32) {
	h := (uint32(size)<<16 | uint32(first)<<8 | uint32(last)) * 0x9e3779b1 // as for a textCache
	return h >> 28, h >> 22 & 63
}

// add notes a text.
func (w *vocabulary) add(first, last byte, size int) {
	word, bit := w.place(size, first, last)
	w.seen[word] |= 1 << bit
}

// note notes the argument of an opcode of str.
func (w *vocabulary) note(m *Machine, op *Op) {
	switch op.Code {
	case opShortBinUnicode, opBinUnicode, opBinUnicode8:
		if op.Size > 0 && op.Size <= longestWord {
			p := m.s.at(op.Data, op.Size)
			w.add(p[0], p[len(p)-1], len(p))
		}
	default:
		w.any = true
	}
}

// Spells reports whether some str that the pickle has made so far may have this
// text. No is certain.
func (m *Machine) Spells(text string) bool {
	n := len(text)
	if n == 0 || n > longestWord || m.words.any {
		return true
	}
	word, bit := m.words.place(n, text[0], text[n-1])
	return m.words.seen[word]>>bit&1 != 0
}
