package onnx

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/lfs"
	"github.com/modelaudit/modelaudit/internal/format/onnx"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/location"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// memoryTag is the location by which ONNX Runtime marks tensors that lie in its
// own memory; offset is then a pointer. A file has no business to say so.
const memoryTag = "_ORT_MEM_ADDR_"

// tensor judges one tensor's data.
func (j *judge) tensor(t onnx.Tensor) {
	label := fmt.Sprintf("tensor %q (%s)", finding.Quote(t.Name), finding.Quote(t.Where))
	switch {
	case t.Negative || t.Huge:
		j.size(t, label, "its dimensions are negative or make more bytes than there can be")
	case t.External:
		j.external(t, label)
	// Only raw_data has a size that the shape decides; typed fields are
	// variable-length integers.
	case t.Raw && t.Sized && uint64(t.RawSize) != t.Size:
		j.size(t, label, fmt.Sprintf("its shape makes %d bytes, raw_data holds %d", t.Size, t.RawSize))
	}
}

// size notes a tensor that does not fit.
func (j *judge) size(t onnx.Tensor, label, complaint string) {
	j.causes.At(mismatch, t.Name, fmt.Sprintf("The data of %s do not fit: %s.", label, complaint)).
		Add(t.Offset, "%s: %s", label, complaint)
}

// external judges where a tensor is read from.
func (j *judge) external(t onnx.Tensor, label string) {
	e := read(t.Entries)
	shown := finding.Quote(e.location)
	say := func(r *rule.Rule, key, message string) {
		j.causes.At(r, key, message).Add(t.Offset, "%s", label)
	}
	for _, key := range e.unknown {
		say(unknownKey, key, fmt.Sprintf("External data carries the key %q, which no runtime defines.", finding.Quote(key)))
	}
	if e.impossible(t) {
		say(bounds, e.location, fmt.Sprintf("Tensors ask for impossible ranges of %q.", shown))
	}
	switch why := location.Leaves(e.location); {
	case strings.Contains(e.location, memoryTag):
		say(address, "memory", fmt.Sprintf("Weights are read from %q: their offset is used as a pointer into the memory of the process.", shown))
	case e.location == "":
		say(missing, "unnamed", "Weights are read from another file, which the model does not name.")
	case why != "":
		say(escapes, e.location, fmt.Sprintf("Weights are read from %q, %s.", shown, why))
	default:
		j.keep(t, e, label)
	}
}

// A reference is external_data, read.
type reference struct {
	location       string
	offset, length uint64
	hasLength      bool
	invalid        bool     // offset or length is no number
	unknown        []string // keys that the format does not define
}

// read collects the entries of external_data. Of a key that stands twice the
// last one counts, as in ONNX Runtime.
func read(entries []onnx.Entry) reference {
	var e reference
	for _, entry := range entries {
		switch entry.Key {
		case "location":
			e.location = entry.Value
		case "offset":
			e.offset = e.number(entry.Value)
		case "length":
			e.length, e.hasLength = e.number(entry.Value), true
		// Known to onnx.external_data_helper; neither says where weights are
		// read from.
		case "checksum", "basepath":
		default:
			e.unknown = append(e.unknown, entry.Key)
		}
	}
	return e
}

// number reads an offset or length as the runtimes do: a decimal integer of 63
// bits that is not negative.
func (e *reference) number(s string) uint64 {
	v, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
	e.invalid = e.invalid || err != nil
	return v
}

// impossible reports whether no file could have the bytes of t: their range is
// no range, or holds less than the shape makes.
func (e *reference) impossible(t onnx.Tensor) bool {
	return e.invalid || e.hasLength && t.Sized && e.length < t.Size
}

// A place is a file of weights beside the model.
type place struct {
	location string
	tensor   string // that asks for the farthest byte
	offset   int64  // of that tensor
	end      uint64 // the byte behind that one
}

// keep notes which bytes of a place a tensor asks for.
func (j *judge) keep(t onnx.Tensor, e reference, label string) {
	p := j.places[e.location]
	if p == nil && len(j.order) >= maxKept {
		j.full("files of weights")
		return
	}
	if p == nil {
		p = &place{location: e.location, tensor: label, offset: t.Offset}
		j.places[e.location] = p
		j.order = append(j.order, p)
	}
	size := t.Size
	if e.hasLength {
		size = e.length
	}
	// Both have at most 63 bits, so that the sum does not overflow.
	if !e.invalid && e.offset+size > p.end {
		p.end, p.tensor, p.offset = e.offset+size, label, t.Offset
	}
}

// neighbour compares a place with what lies there.
func (j *judge) neighbour(p *place) {
	// A model inside of an archive has no neighbours to look at.
	if j.p.File.Open == nil {
		return
	}
	shown := finding.Quote(p.location)
	say := func(r *rule.Rule, message, step string) {
		j.causes.At(r, p.location, message).Add(p.offset, "%s", step)
	}
	entry, err := j.p.File.Open(path.Clean(strings.ReplaceAll(p.location, `\`, "/")))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		say(missing, fmt.Sprintf("Weights are read from %q, which is not there.", shown), p.tensor)
	case err != nil:
		j.p.Incomplete(fmt.Errorf("looking for %q: %w", shown, err))
	case entry.Outside:
		say(escapes, fmt.Sprintf("Weights are read from %q, which leads out of the scanned directory by a symbolic link.", shown), p.tensor)
	case p.end > j.bytes(entry):
		say(bounds, fmt.Sprintf("Weights are read up to byte %d of %q, which has %d.", p.end, shown, j.bytes(entry)),
			fmt.Sprintf("%s ends at byte %d", p.tensor, p.end))
	}
}

// bytes returns the size of a neighbour, or of the object that stands in a Git
// LFS pointer's place.
func (j *judge) bytes(e artifact.Entry) uint64 {
	if lfs.Looks(e.First) {
		pointer, err := lfs.Decode(hostile.NewReader(hostile.Bytes(e.First), int64(len(e.First)), j.p.Budget))
		if err == nil {
			return uint64(pointer.Size)
		}
	}
	return uint64(e.Size)
}
