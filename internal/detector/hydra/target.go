package hydra

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/globals"
)

// target judges the dotted path of what is called.
func (c *judge) target(n *yaml.Node) {
	c.used = true
	name, ok := c.resolve(n.Value, maxInterpolations)
	name = strings.TrimSpace(name)
	switch {
	case !ok:
		c.report(computed, n, n.Value, fmt.Sprintf("Loading the model calls what %s comes to, which cannot be told from the file.", finding.Quote(n.Value)))
	case c.nemo:
		c.restored(n, name)
	default:
		c.instantiated(n, name)
	}
}

// handed judges what a callable is asked for by name: Hydra's own functions import
// what their argument says and hand it to whoever calls it.
func (c *judge) handed(n, target *yaml.Node) {
	if name, _ := c.resolve(target.Value, maxInterpolations); !globals.Fetches(name) {
		return
	}
	for _, key := range []string{globals.FetchedBy, "_args_"} {
		arg := c.member(n, key)
		if arg == nil {
			continue
		}
		if arg = follow(arg); arg.Kind == yaml.SequenceNode && len(arg.Content) > 0 {
			arg = follow(arg.Content[0])
		}
		if arg.Kind == yaml.ScalarNode {
			c.target(arg)
		}
	}
}

// restored judges what is called when a NeMo model is restored, whose
// configuration names parts of networks and nothing else.
func (c *judge) restored(n *yaml.Node, name string) {
	shown := finding.Quote(name)
	switch v, bad := globals.Path(name, true); {
	case bad:
		c.report(runs, n, name, fmt.Sprintf("Loading the model calls %s, which %s.", shown, v.Does()))
	case targets()[name] || safe(name):
	default:
		c.report(unknown, n, name, fmt.Sprintf("Loading the model calls %s, of which nothing is known.", shown))
	}
}

// instantiated judges what a program calls that instantiates its configuration:
// it is there to name what libraries offer.
func (c *judge) instantiated(n *yaml.Node, name string) {
	_, v, concern := globals.Target(name)
	shown := finding.Quote(name)
	switch concern {
	case globals.Bad:
		c.report(runs, n, name, fmt.Sprintf("Instantiating the configuration calls %s, which %s.", shown, v.Does()))
	case globals.Odd:
		c.report(suspicious, n, name, fmt.Sprintf("Instantiating the configuration calls %s, which %s.", shown, v.Does()))
	}
}

// safe reports whether a dotted path is known to be harmless to call.
func safe(name string) bool {
	for v := range globals.Divisions(name) {
		if v.Class == globals.Safe {
			return true
		}
	}
	return false
}

// interpolation is a reference of OmegaConf to another value of the document, by
// its path from the top.
var interpolation = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([^${}]*)\}`) })

// maxInterpolations bounds how often a text is looked through again.
const maxInterpolations = 8

// maxName bounds what interpolation makes of a name.
const maxName = 4 << 10

// resolve replaces references to other values. It reports whether none is left.
func (c *judge) resolve(text string, depth int) (string, bool) {
	if !strings.Contains(text, "${") {
		return text, true
	}
	if depth == 0 || len(text) > maxName {
		return text, false
	}
	replaced := false
	out := interpolation().ReplaceAllStringFunc(text, func(s string) string {
		value, ok := c.lookup(s[2 : len(s)-1])
		replaced = replaced || ok
		if !ok {
			return s
		}
		return value
	})
	if !replaced {
		return text, false
	}
	return c.resolve(out, depth-1)
}

// lookup returns the scalar at a path of keys from the top of the document.
func (c *judge) lookup(path string) (string, bool) {
	n := c.root
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	for key := range strings.SplitSeq(strings.TrimSpace(path), ".") {
		if n = c.member(follow(n), key); n == nil {
			return "", false
		}
	}
	n = follow(n)
	return n.Value, n.Kind == yaml.ScalarNode
}

// member returns the last value of a key in a mapping, or nil. References may lead
// through a large one again and again: each key costs a step.
func (c *judge) member(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode || c.Budget.Steps(int64(len(n.Content)/2)) != nil {
		return nil
	}
	var out *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if follow(n.Content[i]).Value == key {
			out = n.Content[i+1]
		}
	}
	return out
}
