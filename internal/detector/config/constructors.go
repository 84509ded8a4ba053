package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/config"
)

// A constructor is an object of LangChain or LangGraph as JSON has it: what its id,
// a list of the parts of a path, leads to is called when it is read
// (langchain_core/load/load.py; langgraph/checkpoint/serde/jsonplus.py).
type constructor struct {
	item  config.Item // of the first part
	path  string
	calls bool // its type says so
}

// longestPath is how long a path is that is put together, in bytes.
const longestPath = 1 << 10

// Members of such an object.
const (
	constructorType = "constructor"
	constructorID   = "id"
)

// constructor keeps what a group says of the object that it may be.
func (j *judge) constructor(i config.Item) {
	n := len(i.Path)
	if i.Kind != config.Text || n == 0 {
		return
	}
	part := n > 1 && i.Path[n-2] == constructorID && strings.HasPrefix(i.Path[n-1], "[")
	if !part && (i.Path[n-1] != kindKey || i.Value != constructorType) {
		return
	}
	group := i.Path[:n-1]
	if part {
		group = i.Path[:n-2]
	}
	if !j.hold(i.Path) || !j.hold([]string{i.Value}) {
		return
	}
	if j.constructors == nil {
		j.constructors = make(map[string]*constructor)
	}
	key := strings.Join(group, "\x00")
	c := j.constructors[key]
	if c == nil {
		c = &constructor{}
		j.constructors[key] = c
	}
	if !part {
		c.calls = true
		return
	}
	if c.path == "" {
		i.Path = slices.Clone(i.Path)
		c.item = i
	}
	if len(c.path)+len(i.Value) < longestPath {
		c.path = strings.TrimPrefix(c.path+"."+i.Value, ".")
	}
}

// constructed judges the objects, in the order of their places.
func (j *judge) constructed() {
	for _, key := range slices.Sorted(maps.Keys(j.constructors)) {
		if c := j.constructors[key]; c.calls && c.path != "" {
			c.item.Value = c.path
			j.target(c.item, "class_path")
		}
	}
}
