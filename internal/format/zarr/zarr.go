// Package zarr reads the descriptions of Zarr arrays, in JSON, and the index of
// shards, which are files of many chunks. JAX's checkpoints are Zarr arrays.
//
// Format: https://zarr-specs.readthedocs.io, versions 2 and 3
package zarr

import (
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// A Codec is one way in which the chunks of an array are encoded.
type Codec struct {
	Name   string // "zstd"; version 3 knows those of numcodecs as "numcodecs.zstd"
	Array  string // the array, in descriptions of several; "" in its own
	Offset int64
}

// A Description is what a JSON document says of arrays.
type Description struct {
	Version int64 // zarr_format; 0: the document says none
	Codecs  []Codec
}

// maxCodecs bounds what a file can make us keep.
const maxCodecs = 10_000

// Describe reads the description of an array, of a group, or of many at once
// (consolidated metadata).
func Describe(r *hostile.Reader) (Description, error) {
	text, err := json.UTF8(r)
	if err != nil {
		return Description{}, err
	}
	tree, err := json.Parse(text)
	var d Description
	d.walk("", tree)
	if err == nil && len(d.Codecs) > maxCodecs {
		err = &hostile.Fault{Kind: hostile.OverBudget, Detail: "more than 10000 codecs"}
		d.Codecs = d.Codecs[:maxCodecs]
	}
	return d, err
}

// walk goes through a document. Members that name codecs are the same wherever
// they stand; those of consolidated metadata hang below the name of an array.
func (d *Description) walk(array string, v *json.Value) {
	if version, ok := v.Get("zarr_format").Int(); ok {
		d.Version = max(d.Version, version)
	}
	for i := range v.Members {
		m := &v.Members[i]
		switch m.Name {
		case "compressor", "object_codec", "filters", "codecs", "index_codecs":
			d.codecs(array, &m.Value)
		case "attributes":
		case "metadata": // by the names of arrays, which may be any of these
			for k := range m.Value.Members {
				d.walk(m.Value.Members[k].Name, &m.Value.Members[k].Value)
			}
		case "consolidated_metadata":
			d.walk(array, &m.Value)
		default:
			d.walk(m.Name, &m.Value)
		}
	}
}

// codecs notes a codec, or each of a list. A codec of version 3 is an object with
// a name, or the name alone; one of version 2 is an object with an id. Each may
// have others in its configuration.
func (d *Description) codecs(array string, v *json.Value) {
	for i := range v.Items {
		d.codecs(array, &v.Items[i])
	}
	d.note(array, v)
	d.note(array, v.Get("id"))
	d.note(array, v.Get("name"))
	if c := v.Get("configuration"); c != nil {
		d.note(array, c.Get("id"))
		d.walk(array, c)
	}
}

// note keeps a name, if v is one, and one more than there may be.
func (d *Description) note(array string, v *json.Value) {
	if name := v.String(); name != "" && len(d.Codecs) <= maxCodecs {
		d.Codecs = append(d.Codecs, Codec{Name: name, Array: array, Offset: v.Offset})
	}
}
