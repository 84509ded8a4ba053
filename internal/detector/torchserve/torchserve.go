// Package torchserve judges model archives of TorchServe (.mar): the Python that
// TorchServe runs, what the manifest points to, and what the requirements would
// install. The members themselves come back to the scan through whoever opens
// the archive.
package torchserve

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	runs = &rule.Rule{
		ID: "torchserve-runs-code", Title: "Source in a TorchServe archive does harm as soon as the model is registered",
		Severity: rule.Critical, Precision: rule.Likely, CWE: []int{94, 506}, Since: "0.1.0",
	}
	reaches = &rule.Rule{
		ID: "torchserve-handler-reaches-out", Title: "A TorchServe handler starts programs or runs text as code",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94, 78}, Since: "0.1.0",
	}
	code = &rule.Rule{
		ID: "torchserve-code", Title: "A TorchServe archive brings Python of its own",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	escapes = &rule.Rule{
		ID: "torchserve-manifest-escapes", Title: "A TorchServe manifest names a file outside of the archive",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{22, 829}, Since: "0.1.0",
	}
	foreignIndex = &rule.Rule{
		ID: "torchserve-requirements-index", Title: "The requirements of a model change where packages come from",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{494, 829}, Since: "0.1.0",
	}
	directInstall = &rule.Rule{
		ID: "torchserve-requirements-direct", Title: "The requirements of a model install from an address or a path",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{494, 829}, Since: "0.1.0",
	}
	nearMiss = &rule.Rule{
		ID: "torchserve-requirements-near-miss", Title: "The requirements of a model name a package that looks like a well-known one",
		Severity: rule.Medium, Precision: rule.Possible, CWE: []int{1357}, Since: "0.1.0",
	}
)

// Detector judges archives of TorchServe.
var Detector = &detector.Detector{
	Name:  "torchserve",
	Rules: rule.Explain(help, runs, reaches, code, escapes, foreignIndex, directInstall, nearMiss),
	Match: func(h *artifact.Head) bool {
		zipped := h.HasPrefix("PK\x03\x04") || h.EndsZip()
		return zipped && (h.Extension() == extension || bytes.Contains(h.First, []byte("MAR-INF")) || bytes.Contains(h.Last, []byte("MAR-INF")))
	},
	Run: run,
}

// extension is what TorchServe's archives are called by.
const extension = ".mar"

// manifestName is where TorchServe looks for the manifest.
const manifestName = "MAR-INF/MANIFEST.json"

// run judges an archive with a manifest: what the server imports, installs and
// unpacks by it.
func run(_ context.Context, p *detector.Pass) error {
	a, err := open(p)
	if err != nil || a == nil {
		return err
	}
	manifests := a.named(manifestName)
	if len(manifests) == 0 {
		if artifact.Extension(p.File.Name()) == extension {
			return a.lists() // a server takes it for one of its own, and nobody else judges them there
		}
		return nil // another kind of zip archive
	}
	p.Recognised("torchserve")
	for _, m := range manifests {
		a.manifest(m)
	}
	for _, m := range a.members {
		if strings.HasSuffix(m.name, ".py") {
			a.source(m)
		}
		if spent := p.Budget.Spent(); spent != nil {
			return spent
		}
	}
	a.reportCode()
	return a.lists()
}

// An archive is the members of a model archive.
type archive struct {
	*detector.Pass
	members      []member
	requirements map[string]bool // names that the manifest gives
	sources      []finding.Step  // Python in which nothing was found
}

// A member is one file, by the name that TorchServe unpacks it to.
type member struct {
	entry *zip.Entry
	name  string // cleaned
}

// inside is where the scan finds a member.
func (a *archive) inside(m member) []string {
	return append(slices.Clone(a.File.Inside), m.entry.Name())
}

// open lists the members that are sound: whoever opens the archive for the scan
// tells what is wrong with the others.
func open(p *detector.Pass) (*archive, error) {
	const cost = 512
	z, _ := zip.Decode(p.Reader())
	a := &archive{Pass: p, requirements: make(map[string]bool)}
	for e, err := range z.Entries() {
		if spent := p.Budget.Spent(); spent != nil {
			return nil, spent
		}
		if err != nil || e.Header() == nil || e.Header().Directory() {
			continue
		}
		if err := p.Budget.Hold(uint64(cost + 2*len(e.Name()))); err != nil {
			return nil, err
		}
		a.members = append(a.members, member{entry: e, name: artifact.Clean(e.Name())})
	}
	return a, nil
}

// named returns the members of a name, compared as a file system without case
// does.
func (a *archive) named(name string) []member {
	var out []member
	for _, m := range a.members {
		if strings.EqualFold(m.name, name) {
			out = append(out, m)
		}
	}
	return out
}

// read is contents for what reads through a cursor.
func (a *archive) read(m member, look func(r *hostile.Reader) error) {
	a.contents(m, func(content io.ReaderAt, size int64) error {
		return look(hostile.NewReader(content, size, a.Budget))
	})
}

// contents shows the content of a member to look, in every reading of its
// headers, and tells what could not be read.
func (a *archive) contents(m member, look func(content io.ReaderAt, size int64) error) {
	m.entry.Look(a.File.Content, a.File.Size, a.Budget, look, func(err error) {
		a.Incomplete(fmt.Errorf("%s: %w", finding.Quote(m.name), err))
	})
}
