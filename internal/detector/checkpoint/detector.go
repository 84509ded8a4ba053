// Package checkpoint judges TensorFlow checkpoints. They are numbers, and the
// library reads them with checks; what can be wrong is that they lie elsewhere
// than beside the files that name them.
package checkpoint

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/checkpoint"
	"github.com/modelaudit/modelaudit/internal/format/lfs"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/format/sstable"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

//go:embed help.md
var help string

var (
	// Low: TensorFlow itself writes absolute paths when it is given them.
	elsewhere = &rule.Rule{
		ID: "tensorflow-checkpoint-elsewhere", Title: "The state of TensorFlow checkpoints names one that is elsewhere",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{73}, Since: "0.1.0",
	}
	// Low: the library checks, and refuses to restore.
	outside = &rule.Rule{
		ID: "tensorflow-checkpoint-outside", Title: "The index of a TensorFlow checkpoint points outside of its data",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{125}, Since: "0.1.0",
	}
)

// Detector recognises the files of checkpoints: the index, the shards, and the
// text that names the latest.
var Detector = &detector.Detector{
	Name:  "tensorflow-checkpoint",
	Rules: rule.Explain(help, elsewhere, outside),
	Raw:   detector.Weights,
	Match: match,
	Run:   run,
}

// shardName is how shards are named: what holds the tensors has no signature.
var shardName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.+)` + regexp.QuoteMeta(shardMark) + `\d{5}-of-\d{5}$`)
})

// shardMark is in the names of all of them.
const shardMark = ".data-"

// stateName is the file that TensorFlow looks for the latest checkpoint in.
const stateName = "checkpoint"

// match knows an index by the footer of its table, the state by its name or its
// first field, and shards by their names.
func match(h *artifact.Head) bool {
	return sstable.Ends(h.Last) || h.Base() == stateName || named(h) || isShard(h)
}

// isShard reports whether a file is named as a shard is.
func isShard(h *artifact.Head) bool {
	return strings.Contains(h.Base(), shardMark) && shardName().MatchString(h.Base())
}

// named reports whether a file starts as the state of checkpoints does.
func named(h *artifact.Head) bool {
	if len(h.First) > 0 && h.First[0] > 'z' {
		return false
	}
	head := bytes.TrimLeft(h.First, " \t\r\n")
	n := max(0, bytes.IndexFunc(head, func(c rune) bool { return c != '_' && (c < 'a' || c > 'z') }))
	return checkpoint.State(string(head[:n])) && bytes.HasPrefix(bytes.TrimLeft(head[n:], " \t"), []byte{':'})
}

// run judges a file of a checkpoint as what it is.
func run(_ context.Context, p *detector.Pass) error {
	h, err := p.File.Head()
	switch {
	case err != nil:
		return nil // another detector's trouble too; nothing was recognised
	case checkpoint.State(prototext.First(p.Reader())):
		return state(p)
	case sstable.Ends(h.Last):
		return index(p)
	case isShard(h):
		return shard(p, h)
	}
	return nil
}

// shard recognises what an index beside it describes.
func shard(p *detector.Pass, h *artifact.Head) error {
	base := shardName().FindStringSubmatch(h.Base())[1]
	if p.File.Open != nil {
		if _, err := p.File.Open(base + ".index"); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	p.Recognised("tensorflow-checkpoint-data")
	return nil
}

// state judges the text that names the latest checkpoint (CheckpointState of
// TensorFlow).
func state(p *detector.Pass) error {
	p.Recognised("tensorflow-checkpoint-state")
	paths, err := checkpoint.ReadState(p.Reader())
	var causes finding.Causes
	for _, c := range paths {
		why := location.Leaves(c.Name)
		if why == "" || beside(p, c.Name) {
			continue
		}
		shown := finding.Quote(c.Name)
		causes.At(elsewhere, shown, fmt.Sprintf("The checkpoint %q is %s: loading the latest checkpoint of this directory reads it from there.", shown, why)).
			Add(c.Offset, "checkpoint %q", shown)
	}
	causes.Report(p.Report)
	return err
}

// beside reports whether the checkpoint of a name is in this directory: TensorFlow
// writes absolute paths when it is given them, and people move the directory.
func beside(p *detector.Pass, name string) bool {
	if p.File.Open == nil {
		return false
	}
	slashed := strings.ReplaceAll(name, `\`, "/")
	if strings.Contains(slashed, "..") {
		return false
	}
	for _, suffix := range []string{".index", ""} {
		if e, err := p.File.Open(path.Base(slashed) + suffix); err == nil && !e.Outside {
			return true
		}
	}
	return false
}

// index judges where tensors are said to be.
func index(p *detector.Pass) error {
	j := judge{p: p, ends: make(map[uint64]checkpoint.Tensor)}
	x, err := checkpoint.ReadIndex(p.Reader(), j.tensor)
	if x.Version == 0 {
		return nil // a table of another program
	}
	p.Recognised("tensorflow-checkpoint")
	if err == nil && x.Version == 2 {
		err = j.shards(x)
	}
	j.causes.Report(p.Report)
	return err
}

// A judge keeps what ends last in each shard.
type judge struct {
	p      *detector.Pass
	causes finding.Causes
	ends   map[uint64]checkpoint.Tensor
	full   error // there was no memory for another shard
}

// endCost is what a kept tensor is charged beside its name, in bytes.
const endCost = 256

// tensor keeps the one that ends last in each shard: with it all others lie
// inside.
func (j *judge) tensor(t checkpoint.Tensor) {
	if t.First+t.Size < t.First || int64(t.First+t.Size) < 0 {
		j.tell(t, "no file is that long.")
		return
	}
	last, seen := j.ends[t.Shard]
	if !seen && j.full == nil {
		j.full = j.p.Budget.Hold(endCost + uint64(len(t.Name)))
	}
	if j.full == nil && (!seen || t.First+t.Size > last.First+last.Size) {
		j.ends[t.Shard] = t
	}
}

// tell reports a tensor and why it is nowhere.
func (j *judge) tell(t checkpoint.Tensor, why string) {
	shown := finding.Quote(t.Name)
	j.causes.At(outside, shown, fmt.Sprintf("The tensor %q points outside of the checkpoint's data: %s", shown, why)).
		Add(t.Offset, "tensor %q: %d bytes at byte %d of shard %d", shown, t.Size, t.First, t.Shard)
}

// shards compares where tensors end with the files beside the index.
func (j *judge) shards(x checkpoint.Index) error {
	prefix, isIndex := strings.CutSuffix(artifact.Base(j.p.File.Name()), ".index")
	for _, n := range slices.Sorted(maps.Keys(j.ends)) {
		t := j.ends[n]
		if n >= x.Shards {
			j.tell(t, fmt.Sprintf("of shards there are %d.", x.Shards))
			continue
		}
		if j.p.File.Open == nil || !isIndex {
			continue
		}
		file := fmt.Sprintf("%s.data-%05d-of-%05d", prefix, n, x.Shards)
		if size, known := j.size(file); known && t.First+t.Size > size {
			j.tell(t, fmt.Sprintf("it ends at byte %d of %s, which has %d.", t.First+t.Size, finding.Quote(file), size))
		}
	}
	return j.full
}

// size returns the size of a file beside the index, or of the object that stands
// in a Git LFS pointer's place.
func (j *judge) size(file string) (n uint64, known bool) {
	e, err := j.p.File.Open(file)
	if err != nil {
		return 0, false
	}
	if lfs.Looks(e.First) {
		pointer, err := lfs.Decode(hostile.NewReader(hostile.Bytes(e.First), int64(len(e.First)), j.p.Budget))
		return uint64(pointer.Size), err == nil
	}
	return uint64(e.Size), true
}
