// Package config reads configuration in JSON and YAML alike, as scalars with the
// path of keys that leads to each.
package config

import (
	"strconv"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Kind says what an Item is.
type Kind uint8

// The kinds of items.
const (
	Text Kind = iota + 1
	Number
	Bool
	Null
	Group // a mapping or a sequence begins
)

// An Item is a scalar, or the beginning of a mapping or sequence.
type Item struct {
	Kind  Kind
	Path  []string // keys from the outermost; elements of sequences as "[0]"; valid during the call
	Value string   // of a scalar, as a string
	Tag   string   // of YAML, if it is none of the language's own: "!!python/tuple"
	// Offset is that of the item; in text that was converted from UTF-16 or
	// UTF-32, and in YAML behind an alias, that of what it stands for.
	Offset int64
}

// Key returns the innermost key that is a name: that of the item, or of the
// sequences that it is in.
func (i Item) Key() string {
	for n := len(i.Path) - 1; n >= 0; n-- {
		if s := i.Path[n]; len(s) == 0 || s[0] != '[' {
			return s
		}
	}
	return ""
}

// JSON reads a JSON text in any encoding that Python takes, item by item.
func JSON(r *hostile.Reader, visit func(Item)) error {
	text, err := json.UTF8(r)
	if err != nil {
		return err
	}
	w := walker{visit: visit}
	d := json.NewDecoder(text)
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		w.token(t)
	}
	return d.Err()
}

// A walker keeps the path while it goes through tokens.
type walker struct {
	visit func(Item)
	path  []string
	next  []int // of each open group: the index of the next element, or -1 in an object
}

// token follows one token of JSON.
func (w *walker) token(t json.Token) {
	switch t.Kind {
	case json.Name:
		w.path[len(w.path)-1] = t.Text
		return
	case json.ObjectEnd, json.ArrayEnd:
		w.path, w.next = w.path[:len(w.path)-1], w.next[:len(w.next)-1]
		return
	}
	if n := len(w.next) - 1; n >= 0 && w.next[n] >= 0 {
		w.path[n] = "[" + strconv.Itoa(w.next[n]) + "]"
		w.next[n]++
	}
	w.visit(Item{Kind: kinds[t.Kind], Path: w.path, Value: value(t), Offset: t.Offset})
	switch t.Kind {
	case json.Object:
		w.path, w.next = append(w.path, ""), append(w.next, -1)
	case json.Array:
		w.path, w.next = append(w.path, ""), append(w.next, 0)
	}
}

var kinds = map[json.Kind]Kind{
	json.String: Text, json.Number: Number, json.True: Bool, json.False: Bool, json.Null: Null,
	json.Object: Group, json.Array: Group,
}

// value is a scalar as text.
func value(t json.Token) string {
	switch t.Kind {
	case json.True:
		return "true"
	case json.False:
		return "false"
	}
	return t.Text
}
