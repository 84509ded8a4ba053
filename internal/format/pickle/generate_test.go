package pickle_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// A generator writes random pickles: sound ones of all protocols, by building a
// value, and broken ones, by changing them.
type generator struct {
	*rand.Rand
	b        []byte
	memo     int // keys in use
	protocol int
}

func (g *generator) op(code byte, arg ...byte) { g.b = append(append(g.b, code), arg...) }

func (g *generator) line(code byte, text string) { g.op(code, append([]byte(text), '\n')...) }

func (g *generator) pick(choices ...func()) { choices[g.IntN(len(choices))]() }

// pickle writes one pickle.
func (g *generator) pickle() []byte {
	g.b, g.memo = nil, 0
	g.protocol = g.IntN(6)
	if g.protocol >= 2 || g.IntN(8) == 0 {
		g.op(0x80, byte(g.protocol))
	}
	if g.protocol >= 4 && g.IntN(2) == 0 {
		g.framed(func() { g.value(0) })
	} else {
		g.value(0)
	}
	g.op('.')
	for range g.IntN(4) * g.IntN(2) {
		g.change()
	}
	return g.b
}

// framed puts a frame around what write writes, now and then one of a wrong
// length.
func (g *generator) framed(write func()) {
	at := len(g.b)
	write()
	body := append([]byte(nil), g.b[at:]...)
	n := len(body)
	if g.IntN(4) == 0 {
		n += g.IntN(9) - 6
	}
	g.b = append(g.b[:at], 0x95)
	g.b = binary.LittleEndian.AppendUint64(g.b, uint64(max(0, n)))
	g.b = append(g.b, body...)
}

// change breaks something: a byte, a cut, a repetition, an opcode of its own.
func (g *generator) change() {
	if len(g.b) == 0 {
		return
	}
	i := g.IntN(len(g.b))
	j := i + g.IntN(min(16, len(g.b)-i))
	switch g.IntN(7) {
	case 0:
		g.b[i] = byte(g.IntN(256))
	case 1:
		g.b[i] = opcodeBytes[g.IntN(len(opcodeBytes))]
	case 2:
		g.b = g.b[:i]
	case 3:
		g.b = append(g.b[:i:i], g.b[j:]...)
	case 4:
		g.b = append(g.b[:j:j], g.b[i:]...)
	case 5:
		g.b = append(g.b[:i:i], append([]byte{opcodeBytes[g.IntN(len(opcodeBytes))]}, g.b[i:]...)...)
	case 6:
		g.b = append(g.b[:i:i], append([]byte(oddities[g.IntN(len(oddities))]), g.b[i:]...)...)
	}
}

var opcodeBytes = []byte("().0122FGIJKLMNPQRSTUVX]abcdeghijlopqrstu}BC\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98")

// oddities are arguments about which readers disagree or may disagree.
var oddities = []string{
	"I0x10\n0", "I0b1\n0", "I010\n0", "I5\x00junk\n0", "I1_000\n0", "I 5 \n0", "I-0x1f\n0", "I08\n0", "I\n0", "I5\r\n0",
	"L0x10L\n0", "L5\n0", "L5\x00L\n0", "L1_0L\n0", "L-5L\n0", "LL\n0",
	"F1.5\x00x\n0", "F 1\n0", "F1_0\n0", "Finf\n0", "Fnan\n0", "F1e999\n0", "F0x1p3\n0", "F\n0",
	"S'\\x41\\101\\q\\\n'\n0", "S'\xe9'\n0", "S\"a'b\"\n0", "S'\\x4'\n0", "S'\\'\n0", "S'a\n0", "Sa\n0",
	"V\\u0041\\U00000042\\x41\n0", "V\\u004\n0", "V\xe9\\\n0", "V\\ud800\n0", "X\x03\x00\x00\x00\xed\xa0\x80" + "0", "X\x01\x00\x00\x00\xff" + "0",
	"c\\x6f\\x73\nname\n0", "cm\xc3\xa9\nn\n0", "cm\xe9\nn\n0", "c\nname\n0", "cm\n\n0", "cos \r\nname\r\n0", "(im\xc3\xa9\nn\n0", "(im\nn\n0",
	"Nq\x05g5\n00", "Np+3\ng3\n00", "Np0011\nh\x0b00", "Np-1\n0", "Np1_0\nh\x0a00", "g99\n0", "Np99999999999999999999\ng99999999999999999999\n00",
	"\x95\x05\x00\x00\x00\x00\x00\x00\x00", "\x95\xff\xff\x00\x00\x00\x00\x00\x00", "\x95\x00\x00\x00\x00\x00\x00\x00\x80", "\x95\x01\x00\x00\x00\x00\x00\x00\x00",
	"\x80\x00", "\x80\x04", "\x80\x06", "(0", "(1", "((00", "N(0", "N1", "(N2t0", "\x8a\x00" + "0", "\x8a\x01\xff" + "0", "\x8b\x02\x00\x00\x00\xff\x7f" + "0", "\x8b\xff\xff\xff\xff",
	"T\x01\x00\x00\x00a0", "T\xff\xff\xff\xff", "U\x02ab0", "\x84\x00\x00\x00\x80", "\x82\x01", "\x97", "\x98", "(l.", "(d0", "(Nd0", "](e0", "}(u0", "}(Nu0", "\x8f(\x900",
	"NNs", "Na", "Nb", "NNR", "N)R", ")NR", "(o", "N\x93", "K\x01K\x02\x93", "NQ0", "Pid\n0", "P\xe9\n0",
	"\x8e\xff\xff\xff\xff\xff\xff\xff\xff", "\x8e\x01\x00\x00\x00\x00\x00\x00\x00a0", "\x96\x01\x00\x00\x00\x00\x00\x00\x00a0",
}

func (g *generator) value(depth int) {
	if depth > 4 || g.IntN(3) == 0 {
		g.constant()
	} else {
		g.pick(
			func() { g.sequence(depth) }, func() { g.mapping(depth) }, func() { g.class() },
			func() { g.called(depth) }, func() { g.called(depth) }, func() { g.filled(depth) },
			func() { g.noise(depth) }, func() { g.memoized() }, func() { g.persistent(depth) },
		)
	}
	if g.IntN(3) == 0 {
		g.store()
	}
}

func (g *generator) store() {
	switch g.IntN(4) {
	case 0:
		g.line('p', fmt.Sprint(g.memo))
	case 1:
		g.op('q', byte(g.memo))
	case 2:
		g.op('r', byte(g.memo), byte(g.IntN(2)), 0, 0)
	default:
		g.op(0x94)
	}
	g.memo++
}

func (g *generator) memoized() {
	if g.memo == 0 {
		g.constant()
		g.store()
		return
	}
	k := g.IntN(g.memo)
	g.pick(func() { g.line('g', fmt.Sprint(k)) }, func() { g.op('h', byte(k)) }, func() { g.op('j', byte(k), 0, 0, 0) })
}

func (g *generator) constant() {
	g.pick(
		func() { g.op('N') }, func() { g.op(0x88) }, func() { g.op(0x89) },
		func() { g.op('K', byte(g.IntN(256))) }, func() { g.op('M', byte(g.IntN(256)), byte(g.IntN(256))) },
		func() { g.op('J', byte(g.IntN(256)), 0, 0, byte(g.IntN(256))) },
		func() { g.line('I', fmt.Sprint(g.IntN(2000)-1000)) }, func() { g.line('I', []string{"00", "01"}[g.IntN(2)]) },
		func() { g.line('L', fmt.Sprint(g.Int64())+"L") }, func() { g.line('F', fmt.Sprint(g.Float64())) },
		func() { g.op('G', 0x40, 0, 0, 0, 0, 0, 0, byte(g.IntN(256))) },
		func() { g.op(0x8a, 2, byte(g.IntN(256)), byte(g.IntN(256))) },
		g.text, g.text, g.octets,
	)
}

func (g *generator) word() string {
	return []string{"os", "system", "collections", "OrderedDict", "a", "", "numpy", "x y", "é", "models.net", "Net"}[g.IntN(11)]
}

func (g *generator) text() {
	w := g.word()
	n := byte(len(w))
	g.pick(
		func() { g.op(0x8c, append([]byte{n}, w...)...) },
		func() { g.op('X', append([]byte{n, 0, 0, 0}, w...)...) },
		func() { g.op(0x8d, append([]byte{n, 0, 0, 0, 0, 0, 0, 0}, w...)...) },
		func() { g.line('V', w) },
		func() { g.line('S', `'a\x41'`) },
		func() { g.op('U', 2, 'o', 's') },
		func() { g.op('T', 2, 0, 0, 0, 'o', 's') },
	)
}

func (g *generator) octets() {
	g.pick(
		func() { g.op('C', 2, byte(g.IntN(256)), 'b') },
		func() { g.op('B', 1, 0, 0, 0, byte(g.IntN(256))) },
		func() { g.op(0x8e, 1, 0, 0, 0, 0, 0, 0, 0, 'x') },
		func() { g.op(0x96, 1, 0, 0, 0, 0, 0, 0, 0, 'x') },
	)
}

func (g *generator) values(n, depth int) {
	for range n {
		g.value(depth + 1)
	}
}

func (g *generator) tuple(n, depth int) {
	switch {
	case n == 0:
		g.op(')')
	case n <= 3 && g.IntN(2) == 0:
		g.values(n, depth)
		g.op([]byte{0x85, 0x86, 0x87}[n-1])
	default:
		g.op('(')
		g.values(n, depth)
		g.op('t')
	}
}

func (g *generator) sequence(depth int) {
	n := g.IntN(4)
	g.pick(
		func() { g.tuple(n, depth) },
		func() { g.op('('); g.values(n, depth); g.op('l') },
		func() { g.op(']'); g.op('('); g.values(n, depth); g.op('e') },
		func() { g.op(']'); g.values(1, depth); g.op('a') },
		func() { g.op(0x8f); g.op('('); g.constants(n); g.op(0x90) },
		func() { g.op('('); g.constants(n); g.op(0x91) },
	)
}

func (g *generator) constants(n int) {
	for range n {
		g.constant()
	}
}

func (g *generator) mapping(depth int) {
	pairs := func() {
		for range g.IntN(3) {
			g.constant()
			g.value(depth + 1)
		}
	}
	g.pick(
		func() { g.op('('); pairs(); g.op('d') },
		func() { g.op('}'); g.op('('); pairs(); g.op('u') },
		func() { g.op('}'); g.constant(); g.value(depth + 1); g.op('s') },
	)
}

func (g *generator) class() {
	m, n := g.word(), g.word()
	g.pick(
		func() { g.line('c', m); g.b = append(g.b, n+"\n"...) },
		func() { g.text(); g.text(); g.op(0x93) },
	)
}

func (g *generator) called(depth int) {
	n := g.IntN(3)
	g.pick(
		func() { g.callable(depth); g.tuple(n, depth); g.op('R') },
		func() { g.callable(depth); g.tuple(n, depth); g.op(0x81) },
		func() { g.callable(depth); g.tuple(n, depth); g.op('}'); g.op(0x92) },
		func() { g.op('('); g.callable(depth); g.values(n, depth); g.op('o') },
		func() {
			g.op('(')
			g.values(n, depth)
			g.line('i', "models")
			g.b = append(g.b, "Net\n"...)
		},
	)
}

func (g *generator) callable(depth int) {
	if depth < 3 && g.IntN(6) == 0 {
		g.called(depth + 1)
		return
	}
	g.class()
}

// filled changes an object: its state, or items of what is no container.
func (g *generator) filled(depth int) {
	g.callable(depth)
	if g.IntN(2) == 0 {
		g.op(')')
		g.op('R')
	}
	g.pick(
		func() { g.value(depth + 1); g.op('b') },
		func() { g.value(depth + 1); g.op('a') },
		func() { g.op('('); g.values(g.IntN(3), depth); g.op('e') },
		func() { g.op('('); g.values(g.IntN(3), depth); g.op(0x90) },
		func() { g.values(2, depth); g.op('s') },
		func() { g.op('('); g.values(2*g.IntN(3), depth); g.op('u') },
	)
}

// noise pushes and pops, and then a value.
func (g *generator) noise(depth int) {
	g.pick(
		func() { g.constant(); g.op('0') },
		func() { g.op('('); g.constants(g.IntN(3)); g.op('1') },
		func() { g.op('('); g.op('0') },
		func() { g.constant(); g.op('2'); g.op('0'); g.op('0') },
		func() { g.op(0x80, byte(g.IntN(6))) },
		func() { g.framed(func() { g.constant(); g.op('0') }) },
		func() { g.b = append(g.b, oddities[g.IntN(len(oddities))]...) },
	)
	g.value(depth + 1)
}

func (g *generator) persistent(depth int) {
	g.pick(
		func() { g.line('P', "id") },
		func() { g.value(depth + 1); g.op('Q') },
	)
}
