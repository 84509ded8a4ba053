package pickle

import (
	_ "embed"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed amounts.txt
var amountsText string

// amounts says how much there is in what a callable returns: amounts.txt.
var amounts = table.Once(amountsText, table.Map)

// lazy reports whether what returns so much takes nothing until it is walked.
func lazy(kind string) bool { return kind == "length" || strings.HasPrefix(kind, "lazy") }

// A weigher says how much there is in values: how many items are met by who walks
// them, or characters and bytes held. What is not known is nothing.
type weigher struct {
	j     *judge
	known map[pickle.Value]float64 // sizes of results
	depth int
}

// maxWeighDepth is how many calls on results of calls are followed. A text that is
// doubled so often is longer than any memory.
const maxWeighDepth = 48

// arguments are the arguments of a call, and behind them those by keyword.
func (w *weigher) arguments(args []pickle.Value, kw pickle.Value) []pickle.Value {
	if kw == 0 {
		return args
	}
	out := append([]pickle.Value(nil), args...)
	items, _ := w.j.m.Items(kw)
	for i := 1; i < len(items); i += 2 {
		out = append(out, items[i])
	}
	return out
}

// size is how much there is in a value.
func (w *weigher) size(v pickle.Value) float64 {
	m := w.j.m
	v = m.Computed(v)
	switch m.Kind(v) {
	case pickle.Str:
		s, _ := m.Str(v)
		return max(1, float64(len(s)))
	case pickle.Bytes, pickle.ByteArray:
		if size, ok := m.Size(v); ok {
			return float64(size)
		}
		s, _ := m.Bytes(v)
		return max(1, float64(len(s)))
	case pickle.Tuple, pickle.List, pickle.Dict, pickle.Set, pickle.FrozenSet:
		items, _ := m.Items(v)
		return float64(len(items))
	case pickle.Call:
		return w.result(v)
	}
	return 0
}

// result is how much there is in what a call returns.
func (w *weigher) result(v pickle.Value) float64 {
	if n, ok := w.known[v]; ok {
		return n
	}
	if w.depth >= maxWeighDepth || w.j.s.p.Budget.Steps(1) != nil {
		return 0
	}
	kind := w.kind(v)
	if kind == "" {
		return 0
	}
	w.depth++
	args, _ := w.j.items(v)
	n := w.call(kind, args)
	w.depth--
	if w.known == nil {
		w.known = make(map[pickle.Value]float64)
	}
	w.known[v] = n
	return n
}

// kind says how much there is in what a call returns, in the words of amounts.txt.
func (w *weigher) kind(v pickle.Value) string {
	if n := w.j.m.Name(w.j.m.Class(v)); n != nil {
		return amounts()[n.String()]
	}
	return ""
}

// call is how much there is in what a call with these arguments returns, or passes
// through it.
func (w *weigher) call(kind string, args []pickle.Value) float64 {
	switch kind {
	case "count":
		return max(w.largest(args), w.most(args))
	case "shape":
		return w.shape(args)
	case "second":
		return w.shape(from(args, 1))
	case "square":
		return math.Pow(w.number(nth(args, 0)), 2)
	case "steps":
		return w.number(nth(args, 2))
	case "walk", "lazylongest":
		return w.most(args)
	case "times":
		return w.times(nth(args, 0), nth(args, 1))
	case "sum":
		return w.size(nth(args, 0)) + w.size(nth(args, 1))
	case "power":
		return w.power(args)
	case "shift":
		return w.number(nth(args, 1))
	case "factorial":
		return factorial(w.number(nth(args, 0)))
	case "choose":
		return w.choose(args)
	case "digits":
		return multiplied(w.digits(nth(args, 0)) * bitsPerDigit)
	case "format":
		return w.format(args)
	}
	return w.lazily(strings.TrimPrefix(kind, "lazy"), args)
}

// lazily is how many items an iterator yields.
func (w *weigher) lazily(kind string, args []pickle.Value) float64 {
	switch kind {
	case "range":
		return w.steps(args)
	case "endless":
		return math.Inf(1)
	case "repeat":
		if len(args) < 2 {
			return math.Inf(1)
		}
		return w.number(args[1])
	case "product":
		return w.product(args)
	case "choose":
		return math.Pow(w.size(nth(args, 0)), max(1, w.number(nth(args, 1))))
	case "each":
		return w.least(args)
	case "addresses":
		return w.addresses(nth(args, 0))
	case "head":
		return w.head(args)
	}
	return 0
}

// number is the number that a value is, as far as it is known.
func (w *weigher) number(v pickle.Value) float64 {
	if n, ok := w.j.m.SmallInt(v); ok {
		return float64(n)
	}
	if n, ok := w.j.m.Int(v); ok {
		f, _ := n.Float64()
		return f
	}
	if v = w.j.m.Computed(v); w.j.m.Kind(v) != pickle.Call || w.depth >= maxWeighDepth || w.j.s.p.Budget.Steps(1) != nil {
		return 0
	}
	args, _ := w.j.m.Items(v)
	w.depth++
	defer func() { w.depth-- }()
	switch a, b := nth(args, 0), nth(args, 1); w.kind(v) {
	case "power":
		return math.Pow(w.number(a), w.number(b))
	case "times":
		return w.number(a) * w.number(b)
	case "sum":
		return w.number(a) + w.number(b)
	case "shift":
		return w.number(a) * math.Exp2(w.number(b))
	case "factorial":
		return math.Gamma(w.number(a) + 1)
	case "length":
		return w.size(a)
	}
	return 0
}

// largest is the largest number among values.
func (w *weigher) largest(args []pickle.Value) float64 {
	n := 0.0
	for _, v := range args {
		n = max(n, w.number(v))
	}
	return n
}

// most is the size of the largest among values.
func (w *weigher) most(args []pickle.Value) float64 {
	n := 0.0
	for _, v := range args {
		n = max(n, w.size(v))
	}
	return n
}

// least is the size of the smallest among values that have one.
func (w *weigher) least(args []pickle.Value) float64 {
	n := 0.0
	for _, v := range args {
		if s := w.size(v); s > 0 && (n == 0 || s < n) {
			n = s
		}
	}
	return n
}

// shape is the product of the numbers in the first argument, or of all arguments.
func (w *weigher) shape(args []pickle.Value) float64 {
	if items, ok := w.j.m.Items(nth(args, 0)); ok {
		args = items
	}
	const axes = 64 // what NumPy and PyTorch have at most
	n := 0.0
	for i, v := range args[:min(len(args), axes)] {
		switch k := w.number(v); {
		case i == 0:
			n = k
		case k > 0:
			n *= k
		}
	}
	return n
}

// times is a sequence times a number. A product of numbers is none that takes long.
func (w *weigher) times(a, b pickle.Value) float64 {
	if s := w.size(a); s > 0 {
		return scaled(s, w.number(b))
	}
	return scaled(w.size(b), w.number(a))
}

// scaled is a product, in which nothing times without end is nothing.
func scaled(a, b float64) float64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	return a * b
}

// power is how many bits a power has. With a modulus it stays small.
func (w *weigher) power(args []pickle.Value) float64 {
	a := math.Abs(w.number(nth(args, 0)))
	if len(args) != 2 || a < 2 {
		return 0
	}
	return multiplied(scaled(math.Log2(a), w.number(args[1])))
}

// multiplied is what it takes to multiply a number of so many bits together. CPython
// takes more than proportional time for it: a second for some ten million bits.
func multiplied(bits float64) float64 {
	const slow = 64 // square root of the bits from which on it is felt
	return max(bits, bits*math.Sqrt(bits)/slow)
}

// factorial is what it takes to multiply all numbers up to n.
func factorial(n float64) float64 {
	l := math.Log2(max(1, n))
	return n * l * l
}

// choose is what a binomial coefficient or a number of permutations takes.
func (w *weigher) choose(args []pickle.Value) float64 {
	n := w.number(nth(args, 0))
	if len(args) < 2 || w.j.m.Kind(args[1]) == pickle.None {
		return factorial(n)
	}
	return factorial(min(n, w.number(args[1])))
}

// bitsPerDigit is how many bits a decimal digit takes.
const bitsPerDigit = 3.4

// exponent is the power of ten in a number that is written as text.
var exponent = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9.][eE]\+?([0-9_]{5,18})`) })

// digits is how many digits a number has that a text says, or a decimal is made of.
func (w *weigher) digits(v pickle.Value) float64 {
	if v = w.j.m.Computed(v); w.j.m.Kind(v) == pickle.Call && w.kind(v) == "lazydecimal" {
		args, _ := w.j.m.Items(v)
		v = nth(args, 0)
	}
	text, _ := w.j.text(v)
	if found := exponent().FindStringSubmatch(text); found != nil {
		n, _ := strconv.ParseFloat(strings.ReplaceAll(found[1], "_", ""), 64)
		return n
	}
	return 0
}

// prefix is what a network is written with.
var prefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`/([0-9]{1,3})$`) })

// addresses is how many addresses a network has.
func (w *weigher) addresses(v pickle.Value) float64 {
	text, _ := w.j.text(v)
	found := prefix().FindStringSubmatch(text)
	if found == nil {
		return 1
	}
	bits := 32.0
	if strings.Contains(text, ":") {
		bits = 128
	}
	n, _ := strconv.ParseFloat(found[1], 64)
	return math.Exp2(max(0, bits-n))
}

// widths are the numbers in a text that may say how wide a field is.
var widths = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9]{9,18}`) })

// format is how wide the widest field of a format is.
func (w *weigher) format(args []pickle.Value) float64 {
	widest := int64(0)
	for _, v := range args {
		text, _ := w.j.text(v)
		for _, d := range widths().FindAllString(text, -1) {
			n, _ := strconv.ParseInt(d, 10, 64)
			widest = max(widest, n)
		}
	}
	return float64(widest)
}

// steps is how many numbers a range has.
func (w *weigher) steps(args []pickle.Value) float64 {
	start, stop, step := 0.0, w.number(nth(args, 0)), 1.0
	if len(args) > 1 {
		start, stop = stop, w.number(args[1])
	}
	if len(args) > 2 {
		step = w.number(args[2])
	}
	if step == 0 {
		return 0
	}
	return max(0, (stop-start)/step)
}

// product is how many combinations there are of what several arguments have; a
// number behind them says how often each is taken.
func (w *weigher) product(args []pickle.Value) float64 {
	n, times := 1.0, 1.0
	for _, v := range args {
		if k := w.number(v); k > 0 {
			times = k
		} else {
			n = scaled(n, w.size(v))
		}
	}
	return math.Pow(n, times)
}

// head is how many items of an iterator are taken.
func (w *weigher) head(args []pickle.Value) float64 {
	if end := w.largest(from(args, 1)); end > 0 {
		return min(end, w.size(nth(args, 0)))
	}
	return w.size(nth(args, 0))
}

// nth returns an argument, or zero.
func nth(args []pickle.Value, n int) pickle.Value {
	if n < len(args) {
		return args[n]
	}
	return 0
}

// from returns the arguments from the n-th on.
func from(args []pickle.Value, n int) []pickle.Value { return args[min(n, len(args)):] }
