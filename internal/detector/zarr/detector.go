// Package zarr judges Zarr arrays, of which JAX's checkpoints are made among
// others: how their chunks are decoded, and what the chunks hold.
package zarr

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/zarr"
	"github.com/modelaudit/modelaudit/internal/needle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

//go:embed codecs.txt
var codecsFile string

var known = table.Once(codecsFile, table.Set)

var (
	pickled = &rule.Rule{
		ID: "zarr-pickle-codec", Title: "The chunks of a Zarr array are pickles",
		Severity: rule.High, Precision: rule.Certain, CWE: []int{502}, Since: "0.1.0",
	}
	foreign = &rule.Rule{
		ID: "zarr-unknown-codec", Title: "A Zarr array needs a codec from another package",
		Severity: rule.Low, Precision: rule.Likely, CWE: []int{829}, Since: "0.1.0",
	}
)

// Detector judges descriptions of arrays.
var Detector = &detector.Detector{
	Name:  "zarr",
	Rules: rule.Explain(help, pickled, foreign),
	Match: func(h *artifact.Head) bool {
		return names[h.Base()] || h.IsJSON()
	},
	Run: run,
}

// Shard hands on the chunks of shards.
var Shard = &detector.Detector{
	Name:  "zarr-shard",
	Match: func(h *artifact.Head) bool { return zarr.MayEnd(h.Last, h.Size) },
	Run:   runShard,
}

// names are what loaders look for. They read nothing else as a description.
var names = map[string]bool{".zarray": true, ".zgroup": true, ".zmetadata": true, "zarr.json": true}

// words are what such JSON of any other name has.
var words = sync.OnceValue(func() *needle.Set { return detector.InJSON(`"zarr_format"`) })

// run judges the metadata of an array or a group, by the codecs that it names.
func run(_ context.Context, p *detector.Pass) error {
	named := names[artifact.Base(p.File.Name())]
	if !named && !detector.Mentions(p.Reader(), words()) {
		return nil
	}
	d, err := zarr.Describe(p.Reader())
	if says := d.Version > 0 || named && (err != nil || len(d.Codecs) > 0); !says {
		return nil // another JSON document
	}
	p.Recognised("zarr")
	var causes finding.Causes
	for _, c := range d.Codecs {
		judge(&causes, c)
	}
	causes.Report(p.Report)
	return err
}

// judge reports a codec that runs code, or that no known package brings.
func judge(causes *finding.Causes, c zarr.Codec) {
	name, quoted := strings.TrimPrefix(c.Name, "numcodecs."), finding.Quote(c.Name)
	switch {
	case name == "pickle":
		causes.At(pickled, "pickle", "The chunks of the array are pickles: reading them runs what they say.").Add(c.Offset, "%s", place(c))
	case !known()[name]:
		causes.At(foreign, quoted, fmt.Sprintf("The array can be read only with a package that brings the codec %s.", quoted)).Add(c.Offset, "%s", place(c))
	}
}

// place says which codec of which array is meant.
func place(c zarr.Codec) string {
	if c.Array == "" {
		return "codec " + finding.Quote(c.Name)
	}
	return "codec " + finding.Quote(c.Name) + " of " + finding.Quote(c.Array)
}

// runShard hands on the chunks that the index at the end of a shard lists (ZEP
// 2).
func runShard(_ context.Context, p *detector.Pass) error {
	chunks, found, err := zarr.Shard(p.Reader())
	if !found {
		return nil
	}
	p.Recognised("zarr-shard")
	for i, c := range chunks {
		if err := p.Payload(fmt.Sprintf("chunk %d from the end", i), c.Offset, c.Size); err != nil {
			return err
		}
	}
	return err
}
