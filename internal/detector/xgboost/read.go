package xgboost

import (
	"sync"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/format/ubjson"
	"github.com/modelaudit/modelaudit/internal/needle"
)

// words are what JSON must hold to be a model: the member that the trees are in.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"learner"`) })

// readJSON turns a JSON document into events, unless it is another than a model.
func readJSON(p *detector.Pass, visit func(event)) error {
	if !detector.Mentions(p.Reader(), words()) {
		return nil
	}
	d := json.NewDecoder(p.Reader())
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		e := event{kind: scalar, offset: t.Offset, text: t.Text}
		switch t.Kind {
		case json.Object, json.Array:
			e.kind, e.object = open, t.Kind == json.Object
		case json.ObjectEnd, json.ArrayEnd:
			e.kind = shut
		case json.Name:
			e.kind = name
		case json.Number:
			v := json.Value{Kind: json.Number, Text: t.Text}
			if n, ok := v.Int(); ok {
				e.kind, e.value = number, n
			}
		}
		visit(e)
	}
	return d.Err()
}

// readUBJSON turns a UBJSON document into events.
func readUBJSON(p *detector.Pass, visit func(event)) error {
	d := ubjson.NewDecoder(p.Reader())
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		e := event{kind: scalar, offset: t.Offset, text: t.Text, value: t.Int}
		switch t.Kind {
		case ubjson.Object, ubjson.Array:
			e.kind, e.object = open, t.Kind == ubjson.Object
		case ubjson.ObjectEnd, ubjson.ArrayEnd:
			e.kind = shut
		case ubjson.Name:
			e.kind = name
		case ubjson.Number:
			e.kind = number
		case ubjson.Packed:
			packed(p, t, visit)
			continue
		}
		visit(e)
	}
	return d.Err()
}

// packed visits the integers of a typed array as if they stood one by one.
func packed(p *detector.Pass, t ubjson.Token, visit func(event)) {
	visit(event{kind: open, offset: t.Offset})
	width := map[byte]int{'i': 1, 'U': 1, 'I': 2, 'l': 4, 'L': 8}[t.Type]
	if width > 0 {
		r := p.Reader()
		r.MoveTo(t.End - t.Int*int64(width))
		for range t.Int {
			shift := 64 - 8*width
			v := int64(r.UintBE(width)<<shift) >> shift
			if !r.Step() {
				break
			}
			visit(event{kind: number, value: v})
		}
	}
	visit(event{kind: shut})
}
