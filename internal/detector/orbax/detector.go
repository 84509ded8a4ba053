// Package orbax judges the documents that describe a checkpoint of JAX: where
// they send whoever restores it.
package orbax

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/orbax"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

var (
	//go:embed help.md
	help string
	//go:embed types.txt
	typesFile string
	//go:embed drivers.txt
	driversFile string

	types   = table.Once(typesFile, table.Set)
	drivers = table.Once(driversFile, table.Map)
)

var (
	escapes = &rule.Rule{
		ID: "orbax-reads-outside", Title: "A checkpoint reads arrays from outside its directory",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
	}
	remote = &rule.Rule{
		ID: "orbax-reads-remote", Title: "A checkpoint reads arrays from another machine",
		Severity: rule.Medium, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
	}
	names = &rule.Rule{
		ID: "orbax-names-dangerous", Title: "The description of a checkpoint names a function that does harm",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{470}, Since: "0.1.0",
	}
	custom = &rule.Rule{
		ID: "orbax-custom-type", Title: "A checkpoint needs a type or handler from another package",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges the JSON documents of checkpoints.
var Detector = &detector.Detector{
	Name:  "orbax",
	Rules: rule.Explain(help, escapes, remote, names, custom),
	Match: func(h *artifact.Head) bool { return files[h.Base()] || h.IsJSON() },
	Run:   run,
}

// files are what Orbax looks for in a checkpoint.
var files = map[string]bool{"_METADATA": true, "_CHECKPOINT_METADATA": true, "_sharding": true}

// words are members that such documents have under other names, too.
var words = sync.OnceValue(func() *needle.Set {
	return detector.InJSON(`"tree_metadata"`, `"item_handlers"`, `"array_metadatas"`, `"kvstore"`)
})

// run judges a document that describes a checkpoint, known by its members or by
// its name.
func run(_ context.Context, p *detector.Pass) error {
	named := files[artifact.Base(p.File.Name())]
	if !named && !detector.Mentions(p.Reader(), words()) {
		return nil
	}
	d, err := orbax.Decode(p.Reader())
	if !d.Known && !named {
		return nil // another document
	}
	p.Recognised("orbax")
	if d.Overflow {
		p.Incomplete(&hostile.Fault{Kind: hostile.OverBudget, Detail: "more arrays than are kept"})
	}
	j := judge{}
	each(d.Arrays, j.array)
	each(d.Stores, j.store)
	each(d.Types, j.kind)
	each(d.Names, j.name)
	j.causes.Report(p.Report)
	return err
}

// each does something with every item of a list.
func each[T any](list []T, do func(T)) {
	for _, item := range list {
		do(item)
	}
}

type judge struct{ causes finding.Causes }

// array judges the name of an array, which is a path below the checkpoint's
// directory for some of the forms that checkpoints have.
func (j *judge) array(t orbax.Text) {
	if why := leaves(t.Value); why != "" {
		j.outside(t.Value, why, t.Offset, "array")
	}
}

// leaves is location.Leaves for names of arrays, of which some have a colon
// behind a letter.
func leaves(name string) string {
	if !strings.ContainsAny(name, `/\`) && name != ".." {
		return ""
	}
	return location.Leaves(name)
}

// outside reports a path that leads out of the checkpoint's directory.
func (j *judge) outside(path, why string, offset int64, what string) {
	quoted := finding.Quote(path)
	j.causes.At(escapes, quoted, fmt.Sprintf("Restoring the checkpoint reads an array from %s, %s.", quoted, why)).Add(offset, "%s %s", what, quoted)
}

// store judges where TensorStore is told to look. An address of a scheme that is
// not known is one of another machine.
func (j *judge) store(s orbax.Store) {
	driver, path := s.Driver, s.Path
	scheme, rest, address := strings.Cut(path, "://")
	if address {
		driver, path = strings.TrimPrefix(scheme, "zarr+"), rest
	}
	switch at := drivers()[driver]; {
	case driver == "", at == "disk":
		if why := location.Leaves(path); why != "" {
			j.outside(path, why, s.Offset, "store")
		}
	case at == "network", address && at == "":
		quoted := finding.Quote(s.Path)
		j.causes.At(remote, quoted, fmt.Sprintf("Restoring the checkpoint reads arrays from %s, by %s.", quoted, finding.Quote(driver))).Add(s.Offset, "store %s", quoted)
	}
}

// kind notes a type handler that is none of Orbax's own: whoever restores needs
// its package.
func (j *judge) kind(t orbax.Text) {
	if types()[t.Value] || strings.HasPrefix(t.Value, "orbax.") {
		return
	}
	quoted := finding.Quote(t.Value)
	j.causes.At(custom, quoted, fmt.Sprintf("Restoring the checkpoint takes %s, which Orbax does not have.", quoted)).Add(t.Offset, "%s: %s", t.Key, quoted)
}

// name judges a string that may be the path of a callable. Orbax calls none, but
// programs that read more into the description do.
func (j *judge) name(t orbax.Text) {
	if !strings.Contains(t.Value, ".") || strings.ContainsAny(t.Value, " /") {
		return
	}
	called, v, concern := globals.Target(t.Value)
	if concern != globals.Bad {
		return
	}
	quoted := finding.Quote(called)
	j.causes.At(names, quoted, fmt.Sprintf("The description names %s, which %s.", quoted, v.Effect.Does())).
		Add(t.Offset, "%s: %s", finding.Quote(t.Key), finding.Quote(t.Value))
}
