// Package keras judges Keras configurations: the JSON in config.json of a .keras
// archive, in the attributes of an HDF5 model, in a SavedModel's metadata, or in
// a file of its own, which may be YAML. Whatever object names a module and a class is
// made by the loader, so every object at every depth is looked at, not only layers.
package keras

import (
	"context"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Detector judges Keras configurations.
var Detector = &detector.Detector{
	Name: "keras",
	Rules: rule.Explain(help, runsFunction, disablesSafety, carriesCode, carriesTorch, loadsModel,
		readsFile, namesFile, foreignModule, customObject),
	// What the loader of a .keras archive reads is its configuration whatever it
	// holds.
	Match: func(h *artifact.Head) bool {
		return h.IsJSON() || isYAML(h.Name) || h.Depth > 0 && h.Base() == archived
	},
	Run: run,
}

// archived is the name of the configuration in a .keras archive.
const archived = "config.json"

// className is the member that every object of Keras's serialisation has.
const className = "class_name"

// words are what JSON must hold to be of interest.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(className) })

// run parses the whole configuration: what an object means depends on members
// that may stand in any order.
func run(_ context.Context, p *detector.Pass) error {
	if isYAML(p.File.Name()) {
		return fromYAML(p)
	}
	if !mentions(p) && !ofArchive(p.File) {
		return nil
	}
	p.Recognised("keras-config")
	r, err := json.UTF8(p.Reader())
	if err != nil {
		return err
	}
	tree, err := json.Parse(r)
	if judged := judge(p, tree); judged != nil {
		return judged
	}
	return err
}

// judge reports what is wrong with a configuration.
func judge(p *detector.Pass, tree *json.Value) error {
	w := walker{pass: p, near: make(map[*json.Value][]string), names: make(map[string]bool)}
	if err := w.value(tree, nil, "", ""); err != nil {
		return err
	}
	w.summary()
	return nil
}

// ofArchive reports whether a file is what the loader of a .keras archive reads
// first, whatever it holds.
func ofArchive(f artifact.File) bool {
	return f.Name() == archived && artifact.Extension(f.Container()) == ".keras"
}

// mentions reports whether the JSON has an object with a class_name. A fault
// counts only behind the first one: before it, the file may be anything.
func mentions(p *detector.Pass) bool {
	if !detector.Mentions(p.Reader(), words()) {
		return false
	}
	r, err := json.UTF8(p.Reader())
	if err != nil {
		return false // not text in the encoding that its start promises
	}
	d := json.NewDecoder(r)
	for t := d.Next(); t.Kind != 0; t = d.Next() {
		if t.Kind == json.Name && t.Text == className {
			return true
		}
		if t.Kind == json.String && embedded(t.Text) {
			return true
		}
	}
	return false
}

// embedded reports whether a string is itself a Keras configuration.
func embedded(s string) bool {
	return strings.HasPrefix(strings.TrimSpace(s), "{") && strings.Contains(s, className)
}
