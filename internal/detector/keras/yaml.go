package keras

import (
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/config"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/needle"
)

// isYAML knows YAML by its name: Keras 2 wrote models in it (Model.to_yaml).
func isYAML(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// yamlWords are what YAML must hold to be of interest.
var yamlWords = sync.OnceValue(func() *needle.Set { return detector.InYAML(className) })

// fromYAML judges a model in YAML. Others have these keys, too: a model is one by
// what stands outermost.
func fromYAML(p *detector.Pass) error {
	if !detector.Mentions(p.Reader(), yamlWords()) {
		return nil
	}
	b := builder{budget: p.Budget}
	err := config.YAML(p.Reader(), b.item)
	for i := range b.documents {
		if b.err == nil && isModel(&b.documents[i]) {
			p.Recognised("keras-config")
			b.err = judge(p, &b.documents[i])
		}
	}
	if b.err != nil {
		return b.err
	}
	if slices.ContainsFunc(b.documents, func(v json.Value) bool { return isModel(&v) }) {
		return err
	}
	return nil // another document, whoever tells of it
}

// isModel reports whether a document is a model: a class with layers, which the
// first versions had as the whole of its config.
func isModel(v *json.Value) bool {
	c := v.Get("config")
	return v.Get(className) != nil && (c.Get("layers") != nil || c != nil && len(c.Items) > 0 && c.Items[0].Get(className) != nil)
}

// A builder makes trees of the items of YAML, as JSON would have them.
type builder struct {
	budget    *hostile.Budget
	documents []json.Value
	err       error
}

// nodeCost is what a value takes beside its text, in bytes.
const nodeCost = 160

// kinds of values by those of items.
var kinds = map[config.Kind]json.Kind{
	config.Text: json.String, config.Number: json.Number, config.Bool: json.True, config.Null: json.Null, config.Group: json.Object,
}

// item adds one item where its path leads: the last group of each depth is the one
// that is being read.
func (b *builder) item(i config.Item) {
	if b.err == nil {
		b.err = b.budget.Hold(uint64(nodeCost + len(i.Value)))
	}
	if b.err == nil {
		b.err = b.budget.Steps(int64(len(i.Path)))
	}
	if b.err != nil {
		return
	}
	if len(i.Path) == 0 || len(b.documents) == 0 {
		b.documents = append(b.documents, json.Value{})
	}
	at := &b.documents[len(b.documents)-1]
	for n, key := range i.Path {
		at = child(at, key, n == len(i.Path)-1)
	}
	*at = json.Value{Kind: kinds[i.Kind], Offset: i.Offset, Text: i.Value}
}

// child is the member or element of a group that was read last, or a new one. A group
// is an array if its first child is an element.
func child(group *json.Value, key string, fresh bool) *json.Value {
	element := strings.HasPrefix(key, "[")
	if len(group.Members) == 0 && element {
		group.Kind = json.Array
	}
	if group.Kind == json.Array {
		if fresh || len(group.Items) == 0 {
			group.Items = append(group.Items, json.Value{})
		}
		return &group.Items[len(group.Items)-1]
	}
	if fresh || len(group.Members) == 0 {
		group.Members = append(group.Members, json.Member{Name: key})
	}
	return &group.Members[len(group.Members)-1].Value
}
