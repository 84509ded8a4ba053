// Package hidden finds files among the weights of a model, where nothing reads
// them but whoever knows where they are.
package hidden

import (
	"context"
	_ "embed"
	"fmt"
	"path"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var hidden = &rule.Rule{
	ID: "file-hidden-in-weights", Title: "A file is hidden among the weights of a model",
	Severity: rule.High, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
}

// Detector searches what no loader interprets.
var Detector = &detector.Detector{
	Name:   "hidden",
	Rules:  rule.Explain(help, hidden, inData),
	Match:  func(*artifact.Head) bool { return false },
	Run:    func(context.Context, *detector.Pass) error { return nil },
	Search: search,
}

// search reports the files that lie in a region, and hands on those that say
// where they end. Whoever reads values has looked into those that are files: of
// what is in the middle of one, only a program is nothing that a program has.
func search(p *detector.Pass, region detector.Region) error {
	r := p.Reader().At(uint64(region.Offset), uint64(region.Size))
	if region.Raw == detector.Data {
		return searchData(p, r)
	}
	found, err := find(p, r, region.Raw)
	for _, f := range found {
		if f.Offset == 0 { // which every detector has seen
			continue
		}
		if err := report(p, hidden, f, inWeights); err != nil {
			return err
		}
	}
	return err
}

// find looks for what a region of that kind does not have.
func find(p *detector.Pass, r *hostile.Reader, raw detector.Raw) ([]carve.File, error) {
	if raw != detector.Weights {
		return carve.Programs(r)
	}
	j := &judge{r: p.Reader()}
	return carve.Find(r, j.dangerous)
}

// inWeights says where something is hidden that search finds.
const inWeights = "where a loader expects numbers"

// report tells what was found, with what the scan says of it as evidence.
func report(p *detector.Pass, r *rule.Rule, f carve.File, place string) error {
	what, key := f.Kind.String(), f.Kind.String()
	if f.Detail != "" {
		what += " (" + finding.Quote(f.Detail) + ")"
		key += " " + f.Detail
	}
	where := p.File.Name()
	if !p.File.Nested() {
		where = path.Base(where)
	}
	inner, err := inside(p, f)
	p.Report(finding.Finding{
		Rule: r, Key: key,
		Message: fmt.Sprintf("A %s is hidden in %s, %s. None runs it; whoever knows of it does.",
			what, finding.Quote(where), place),
		Location: finding.Location{Offset: f.Offset, Length: f.Size},
		Evidence: append([]finding.Step{{Offset: f.Offset, Text: fmt.Sprintf("%s, %d bytes", what, f.Size)}}, inner...),
	})
	return err
}

// names are those under which the scan examines what is found. Of programs and
// scripts there is nothing more to say.
var names = map[carve.Kind]string{
	carve.Zip: "hidden.zip", carve.Tar: "hidden.tar", carve.SevenZip: "hidden.7z", carve.Gzip: "hidden.gz",
	carve.Bzip2: "hidden.bz2", carve.XZ: "hidden.xz", carve.Zstd: "hidden.zst", carve.LZ4: "hidden.lz4", carve.Zlib: "hidden.zlib",
	carve.Pickle: "hidden.pkl",
}

// maxInner is how many findings about what is hidden are listed.
const maxInner = 8

// inside returns what is to be said about what was found: it runs nowhere by
// itself, so that it is evidence of its being there.
func inside(p *detector.Pass, f carve.File) (steps []finding.Step, err error) {
	name := names[f.Kind]
	if name == "" {
		return nil, nil
	}
	found, err := p.Examine(p.File.Member(name, hostile.Section(p.File.Content, f.Offset, f.Size), f.Size))
	for _, x := range found[:min(len(found), maxInner)] {
		steps = append(steps, finding.Step{Offset: f.Offset, Text: "in it: " + x.Message})
	}
	return steps, err
}

// A judge decides about what may be a pickle.
type judge struct{ r *hostile.Reader }

// dangerous follows what may be a pickle at an offset, and says where it ends if
// it calls something that no model needs. Any bytes hold pickles that say
// nothing.
func (j *judge) dangerous(at int64) (end int64, ok bool) {
	j.r.Retry(at)
	m := pickle.New(j.r, pickle.Names{Py2: globals.Py2, Resolve: globals.Resolve}, pickle.Reading{})
	defer m.Release()
	named := false
	for e := range m.Run() {
		switch e.Kind {
		case pickle.Imports:
			named = named || bad(m, e.Value)
		case pickle.Calls:
			ok = ok || bad(m, e.Fn) || named && m.Name(e.Fn) == nil
		}
	}
	return max(at+1, j.r.Offset()), ok
}

// bad reports whether a callable is one that no honest pickle calls.
func bad(m *pickle.Machine, v pickle.Value) bool {
	n := m.Name(v)
	return n != nil && n.Name != "" && globals.Lookup(n.Module, n.Name).Class == globals.Dangerous
}
