package settings

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A field is one key that a mapping may have.
type field struct {
	key      string
	required bool
	read     func(*yaml.Node) error
}

// mapping reads a mapping that has these fields and no others, each once.
func mapping(n *yaml.Node, fields []field) error {
	if n.Kind != yaml.MappingNode {
		return problemf(n, "a mapping with some of the keys %s is wanted here, not %s", keys(fields), kind(n))
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, ok := find(fields, key)
		switch {
		case !ok:
			return problemf(key, "unknown key %q (allowed here: %s)", key.Value, keys(fields))
		case seen[f.key]:
			return problemf(key, "the key %q is here twice", f.key)
		}
		seen[f.key] = true
		if err := f.read(value); err != nil {
			return below(f.key, err)
		}
	}
	for _, f := range fields {
		if f.required && !seen[f.key] {
			return problemf(n, "the key %q is missing (allowed here: %s)", f.key, keys(fields))
		}
	}
	return nil
}

// below names the key below which a problem is, the innermost if there are several.
func below(key string, err error) error {
	if p := (*problem)(nil); errors.As(err, &p) && p.key == "" {
		p.key = key
	}
	return err
}

// find returns the field of a key.
func find(fields []field, key *yaml.Node) (field, bool) {
	for _, f := range fields {
		if key.Kind == yaml.ScalarNode && key.Value == f.key {
			return f, true
		}
	}
	return field{}, false
}

// keys lists what may be written, for the message about what may not.
func keys(fields []field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.key)
	}
	return strings.Join(names, ", ")
}

// kind names what a node is, in words.
func kind(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.ShortTag() == "!!null":
		return "nothing"
	default:
		return "a single value"
	}
}

// text reads a single value as it is written.
func text(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || strings.TrimSpace(n.Value) == "" {
		return "", problemf(n, "a single value is wanted here, not %s", strings.Replace(kind(n), "a single value", "an empty one", 1))
	}
	return n.Value, nil
}

// parsed reads a single value through a parser, whose error says what is
// allowed.
func parsed[T any](parse func(string) (T, error)) func(*yaml.Node) (*T, error) {
	return func(n *yaml.Node) (*T, error) {
		value, err := text(n)
		if err != nil {
			return nil, err
		}
		v, err := parse(value)
		if err != nil {
			return nil, problemf(n, "%v", err)
		}
		return &v, nil
	}
}

// list reads a list, each item with read.
func list(read func(*yaml.Node) error) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.SequenceNode {
			return problemf(n, "a list is wanted here, not %s", kind(n))
		}
		for _, item := range n.Content {
			if err := read(item); err != nil {
				return err
			}
		}
		return nil
	}
}

// assign keeps what read returns.
func assign[T any](target *T, read func(*yaml.Node) (T, error)) func(*yaml.Node) error {
	return func(n *yaml.Node) (err error) {
		*target, err = read(n)
		return err
	}
}

// into appends what read returns.
func into[T any](target *[]T, read func(*yaml.Node) (T, error)) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		v, err := read(n)
		*target = append(*target, v)
		return err
	}
}
