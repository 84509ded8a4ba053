// Package ocdbt judges the databases in which TensorStore keeps the arrays of a
// checkpoint: where they take data from, and what they hold.
package ocdbt

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/ocdbt"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var escapes = &rule.Rule{
	ID: "ocdbt-file-escapes", Title: "A checkpoint's database takes data from outside its directory",
	Severity: rule.High, Precision: rule.Certain, CWE: []int{22}, Since: "0.1.0",
}

// Detector judges manifests and data files.
var Detector = &detector.Detector{
	Name:  "ocdbt",
	Rules: rule.Explain(help, escapes),
	Match: func(h *artifact.Head) bool {
		return ocdbt.Mentions(h.First) || ocdbt.DataFile(h.Name) || h.Base() == manifestName
	},
	Run: run,
}

const manifestName = "manifest.ocdbt"

// run reads the records of a database's files, which stand one behind the
// other.
func run(_ context.Context, p *detector.Pass) error {
	j := &judge{p: p}
	r := p.Reader()
	if ocdbt.KindOf(r.Peek(4)) != 0 || j.base() == manifestName {
		j.begin()
		if err := j.record(r); err != nil {
			return err
		}
	}
	for ocdbt.Next(r) {
		j.begin()
		if err := j.record(r); err != nil {
			return err
		}
	}
	if !j.known {
		return p.Budget.Spent() // bytes that look like the beginning of a record, or values alone
	}
	j.causes.Report(p.Report)
	if r.Err() != nil {
		return r.Err()
	}
	return j.rest()
}

type judge struct {
	p      *detector.Pass
	known  bool
	causes finding.Causes
	read   []span // records, and values that a record of this file leads to
}

type span struct{ start, end int64 }

// took notes that bytes were read, joined to those before where they touch: most
// records and values stand one behind the other. Where there is no memory to note
// them, they are handed on a second time.
func (j *judge) took(offset, size int64) {
	if n := len(j.read); n > 0 && j.read[n-1].end == offset {
		j.read[n-1].end += size
		return
	}
	if len(j.read) < maxSpans {
		j.read = append(j.read, span{offset, offset + size})
	}
}

// maxSpans is how many ranges of bytes that were read are noted.
const maxSpans = 1 << 20

// base is the last element of the file's name.
func (j *judge) base() string { return artifact.Base(j.p.File.Name()) }

// begin recognises the file with its first record.
func (j *judge) begin() {
	j.known = true
	j.p.Recognised("ocdbt")
}

// record judges one record and hands its values back to the scan. A fault of
// one record is told; the others are read all the same.
func (j *judge) record(r *hostile.Reader) error {
	held := j.p.Budget.Held()
	defer j.p.Budget.Release(held)
	rec, err := ocdbt.Decode(r)
	if err != nil {
		j.p.Incomplete(err)
	}
	if r.Err() != nil {
		j.causes.Report(j.p.Report)
		return r.Err()
	}
	j.took(rec.Offset, rec.Size)
	j.files(rec)
	for _, e := range rec.Entries {
		if err := j.value(rec, e); err != nil {
			return err
		}
	}
	return j.p.Budget.Spent()
}

// files judges which files a record takes data from.
func (j *judge) files(rec ocdbt.Record) {
	for _, f := range rec.Files {
		if why := location.Leaves(f.Path); why != "" {
			name := finding.Quote(f.Path)
			j.causes.At(escapes, name, fmt.Sprintf("Data is read from %s, %s.", name, why)).Add(rec.Offset, "data file %s", name)
		}
	}
}

// value hands a value back to the scan: inline, or in this file. What lies in
// other files is seen there.
func (j *judge) value(rec ocdbt.Record, e ocdbt.Entry) error {
	switch {
	case e.Inline:
		return j.p.Nested(j.p.File.Member(e.Key, hostile.Section(rec.Body, e.Offset, e.Size), e.Size))
	case path.Base(rec.Files[e.File].Path) != j.base():
		return nil
	case !j.holds(e):
		j.p.Incomplete(hostile.Faultf(hostile.Truncated, rec.Offset, "a value of %d bytes at %#x in a file of %d", e.Size, e.Offset, j.p.File.Size))
		return nil
	}
	j.took(e.Offset, e.Size)
	return j.hand(e.Key, span{e.Offset, e.Offset + e.Size})
}

// hand gives bytes back to the scan: a description of arrays, which is text,
// always, and chunks, which are numbers, as far as weights are searched.
func (j *judge) hand(name string, s span) error {
	size := s.end - s.start
	if describes(j.p.Reader().At(uint64(s.start), uint64(size)).Peek(64)) {
		return j.p.Part(name, s.start, size)
	}
	return j.p.Payload(name, s.start, size)
}

// describes reports whether text begins as JSON does.
func describes(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	return len(text) == 0 || text[0] == '{' || text[0] == '['
}

// holds reports whether the file has the bytes of a value.
func (j *judge) holds(e ocdbt.Entry) bool {
	return e.Offset <= j.p.File.Size && e.Size <= j.p.File.Size-e.Offset
}

// rest hands on what no record of this file leads to: values that records of
// other files name.
func (j *judge) rest() error {
	slices.SortFunc(j.read, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	at := int64(0)
	for _, s := range append(j.read, span{j.p.File.Size, j.p.File.Size}) {
		if s.start > at {
			if err := j.hand("value", span{at, s.start}); err != nil {
				return err
			}
		}
		at = max(at, s.end)
	}
	return nil
}
