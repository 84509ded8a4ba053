// Package msgpack reads MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md)
// token by token, without copying what it carries.
package msgpack

import "github.com/modelaudit/modelaudit/internal/hostile"

const (
	// MaxDepth is how many containers may be open at once; msgpack-python's own
	// unpacker stops at 1024.
	MaxDepth = 10_000
	// maxText is how much of a text a token carries, in bytes.
	maxText = 4 << 10
)

// A Kind is a kind of token; the zero Kind is the end, or a fault.
type Kind uint8

// The kinds of tokens.
const (
	Map Kind = iota + 1
	Array
	Close // of the container that was opened last
	Text
	Binary
	Extension
	Number
	Other // nil and booleans
)

// A Token is one token with its place.
type Token struct {
	Kind   Kind
	Offset int64
	Key    bool   // the token is the key of a map's entry
	Text   string // of Text, cut behind 4 KiB
	Type   int8   // of Extension
	Start  int64  // of Text, Binary and Extension: where the content lies
	Size   int64  // of Text, Binary and Extension: its bytes; of Map and Array: their entries
}

// A Decoder reads one value. It may stand before other data.
type Decoder struct {
	r    *hostile.Reader
	open []frame
	done bool
}

// A frame is a container of which left values are to come; those of a map are
// keys and values in turn.
type frame struct {
	left uint64
	keys bool
}

// NewDecoder reads from the cursor of r.
func NewDecoder(r *hostile.Reader) *Decoder { return &Decoder{r: r} }

// Err returns the fault that ended the tokens, or nil.
func (d *Decoder) Err() error { return d.r.Err() }

// Next returns the next token. Its Kind is zero behind the value and after a
// fault.
func (d *Decoder) Next() Token {
	if !d.r.Step() || d.done && len(d.open) == 0 {
		return Token{}
	}
	at := d.r.Offset()
	key := false
	if n := len(d.open); n > 0 {
		f := &d.open[n-1]
		if f.left == 0 {
			d.open = d.open[:n-1]
			return Token{Kind: Close, Offset: at}
		}
		key = f.keys && f.left%2 == 0
		f.left--
	}
	d.done = true
	t := d.value(d.r.Uint8())
	t.Offset, t.Key = at, key
	if d.r.Err() != nil {
		return Token{}
	}
	return t
}

// value reads what the first byte announces.
func (d *Decoder) value(c byte) Token {
	switch {
	case c <= 0x7f, c >= 0xe0:
		return Token{Kind: Number}
	case c <= 0x8f:
		return d.container(Map, uint64(c&0x0f))
	case c <= 0x9f:
		return d.container(Array, uint64(c&0x0f))
	case c <= 0xbf:
		return d.content(Text, uint64(c&0x1f))
	case c == 0xc0, c == 0xc2, c == 0xc3:
		return Token{Kind: Other}
	case c >= 0xc4 && c <= 0xc6:
		return d.content(Binary, d.r.UintBE(1<<(c-0xc4)))
	case c >= 0xc7 && c <= 0xc9:
		return d.extension(d.r.UintBE(1 << (c - 0xc7)))
	case c == 0xca || c == 0xcb:
		return d.number(4 << (c - 0xca))
	case c >= 0xcc && c <= 0xcf:
		return d.number(1 << (c - 0xcc))
	case c >= 0xd0 && c <= 0xd3:
		return d.number(1 << (c - 0xd0))
	case c >= 0xd4 && c <= 0xd8:
		return d.extension(1 << (c - 0xd4))
	case c >= 0xd9 && c <= 0xdb:
		return d.content(Text, d.r.UintBE(1<<(c-0xd9)))
	case c == 0xdc || c == 0xdd:
		return d.container(Array, d.r.UintBE(2<<(c-0xdc)))
	case c == 0xde || c == 0xdf:
		return d.container(Map, d.r.UintBE(2<<(c-0xde)))
	}
	d.r.Fail(hostile.Malformed, "%#02x is no type of MessagePack", c)
	return Token{}
}

func (d *Decoder) number(width uint64) Token {
	d.r.Skip(width)
	return Token{Kind: Number}
}

func (d *Decoder) content(k Kind, n uint64) Token {
	t := Token{Kind: k, Start: d.r.Offset(), Size: int64(min(n, 1<<62))}
	if k == Text {
		t.Text = string(d.r.Peek(int(min(n, maxText))))
	}
	d.r.Skip(n)
	return t
}

func (d *Decoder) extension(n uint64) Token {
	kind := int8(d.r.Uint8())
	t := d.content(Extension, n)
	t.Type = kind
	return t
}

// container opens an array or map of n entries, as far as the bytes left can
// hold them.
func (d *Decoder) container(k Kind, n uint64) Token {
	t := Token{Kind: k, Size: int64(n)}
	f := frame{left: n}
	least := int64(1)
	if k == Map {
		f.left, f.keys, least = 2*n, true, 2
	}
	d.r.Count(n, least)
	if len(d.open) == MaxDepth {
		d.r.Fail(hostile.OverBudget, "containers nested more than %d deep", MaxDepth)
	}
	d.open = append(d.open, f)
	return t
}
