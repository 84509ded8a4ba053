package torchserve

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed fields.txt
var fieldsFile string

// fileFields are the members that name files of the archive: fields.txt.
var fileFields = table.Once(fieldsFile, table.Set)

// maxManifest bounds a manifest: a page of JSON at most.
const maxManifest = 1 << 20

// manifest judges what a manifest points to.
func (a *archive) manifest(m member) {
	a.read(m, func(r *hostile.Reader) error {
		if r.Left() > maxManifest {
			return hostile.Faultf(hostile.Unsupported, 0, "a manifest of %d bytes; more than %d are not read", r.Left(), maxManifest)
		}
		text, err := json.UTF8(r)
		if err != nil {
			return err
		}
		v, err := json.Parse(text)
		if err != nil {
			return err
		}
		a.fields(m, v, 0)
		return nil
	})
}

// fields judges the fields of an object and of the objects in it: older manifests
// had the model's at the top.
func (a *archive) fields(m member, v *json.Value, depth int) {
	const deepest = 4
	if depth == deepest {
		return
	}
	for i := range v.Members {
		x := &v.Members[i]
		if x.Value.Kind == json.Object {
			a.fields(m, &x.Value, depth+1)
		}
		if !fileFields()[x.Name] || x.Value.Kind != json.String {
			continue
		}
		for name := range strings.SplitSeq(x.Value.Text, ",") {
			a.reference(m, x.Name, strings.TrimSpace(name), x.Offset)
		}
	}
}

// reference judges one file that a manifest names. A handler may name the
// function in it behind a colon.
func (a *archive) reference(m member, field, name string, offset int64) {
	how := location.Leaves(name)
	if field == "requirementsFile" && how == "" {
		a.requirements[artifact.Clean(name)] = true
	}
	if how == "" {
		return
	}
	a.Report(finding.Finding{
		Rule: escapes, Key: field + " " + name, Location: finding.Location{Offset: m.entry.Data},
		Message:  fmt.Sprintf("The manifest's %s is %s, %s.", field, finding.Quote(name), how),
		Evidence: []finding.Step{{Offset: m.entry.Data, Text: fmt.Sprintf("%s, byte %#x: %s %s", finding.Quote(m.name), offset, field, finding.Quote(name))}},
	})
}
