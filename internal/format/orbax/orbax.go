// Package orbax reads the JSON documents that describe a checkpoint of JAX: the
// tree of its arrays, the handlers that wrote it, and specifications of
// TensorStore, which say where arrays are kept.
//
// Format: https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html,
// https://google.github.io/tensorstore/spec.html
package orbax

import (
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Document is what a JSON document says of a checkpoint.
type Document struct {
	Known    bool   // it has the members of one that Orbax or TensorStore reads
	Arrays   []Text // names of arrays, which are paths below the checkpoint
	Types    []Text // of leaves and of handlers: names that Orbax looks up
	Stores   []Store
	Names    []Text // all other strings
	Overflow bool   // some are not kept
}

// A Text is a string of the document.
type Text struct {
	Key, Value string
	Offset     int64
}

// A Store is a place where TensorStore is told to look.
type Store struct {
	Driver string // "file", "gcs", "http", …; "" of an address that says it all
	Path   string // or address, or bucket
	Offset int64
}

// maxKept bounds what a file can make us keep of each kind. Real checkpoints
// have some ten thousand arrays.
const maxKept = 1 << 20

// Decode reads a document in any encoding that Python takes.
func Decode(r *hostile.Reader) (Document, error) {
	var d Document
	text, err := json.UTF8(r)
	if err != nil {
		return d, err
	}
	tree, err := json.Parse(text)
	d.Known = tree.Get("tree_metadata") != nil || tree.Get("item_handlers") != nil || tree.Get("array_metadatas") != nil
	d.leaves(tree.Get("tree_metadata"))
	d.types("item_handlers", tree.Get("item_handlers"))
	d.walk("", tree)
	return d, err
}

// leaves reads the tree of arrays. The name of each is made of the keys that lead
// to it, as Orbax makes it.
func (d *Document) leaves(tree *json.Value) {
	if tree == nil {
		return
	}
	for i := range tree.Members {
		m := &tree.Members[i]
		keep(d, &d.Arrays, Text{Key: "tree_metadata", Value: name(m), Offset: m.Offset})
		d.types("value_type", m.Value.Get("value_metadata").Get("value_type"))
	}
}

// name joins the keys of a leaf, or those in the Python tuple that stands for
// them where they are not listed.
func name(m *json.Member) string {
	var keys []string
	if list := m.Value.Get("key_metadata"); list != nil {
		for i := range list.Items {
			if key := list.Items[i].Get("key"); key != nil {
				keys = append(keys, key.Text)
			}
		}
		return strings.Join(keys, ".")
	}
	for i, part := range strings.FieldsFunc(m.Name, func(c rune) bool { return c == '\'' || c == '"' }) {
		if i%2 == 1 {
			keys = append(keys, part)
		}
	}
	return strings.Join(keys, ".")
}

// types notes a name, or each value of an object.
func (d *Document) types(key string, v *json.Value) {
	if s := v.String(); s != "" {
		keep(d, &d.Types, Text{Key: key, Value: s, Offset: v.Offset})
		return
	}
	if v != nil {
		for i := range v.Members {
			d.types(key, &v.Members[i].Value)
		}
	}
}

// walk goes through all of a document for stores and other strings.
func (d *Document) walk(key string, v *json.Value) {
	if s := v.String(); s != "" {
		d.text(Text{Key: key, Value: s, Offset: v.Offset})
	}
	if driver := v.Get("driver").String(); driver != "" {
		d.store(driver, v)
	}
	for i := range v.Items {
		d.walk(key, &v.Items[i])
	}
	for i := range v.Members {
		d.walk(v.Members[i].Name, &v.Members[i].Value)
	}
}

// text keeps a string; as a kvstore or the base of one it is an address.
func (d *Document) text(t Text) {
	if t.Key == "kvstore" || t.Key == "base" && strings.Contains(t.Value, "://") {
		d.Known = true
		keep(d, &d.Stores, Store{Path: t.Value, Offset: t.Offset})
		return
	}
	keep(d, &d.Names, t)
}

// places are the members of a specification that say where a driver looks.
var places = []string{"path", "bucket", "base_url", "url"}

func (d *Document) store(driver string, v *json.Value) {
	if v.Get("kvstore") != nil {
		d.Known = true
	}
	for _, key := range places {
		if at := v.Get(key); at.String() != "" {
			keep(d, &d.Stores, Store{Driver: driver, Path: at.String(), Offset: at.Offset})
		}
	}
}

// keep appends to a list of the document, as far as it may grow.
func keep[T any](d *Document, list *[]T, item T) {
	if len(*list) >= maxKept {
		d.Overflow = true
		return
	}
	*list = append(*list, item)
}
