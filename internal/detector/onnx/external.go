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
)

// memoryTag is the location by which ONNX Runtime marks tensors that lie in its
// own memory; offset is then a pointer. A file has no business to say so.
const memoryTag = "_ORT_MEM_ADDR_"

// A place is one external_data location with the tensors that are read from it.
type place struct {
	location string
	users    users
	end      uint64 // the highest byte that a tensor asks for
	farthest string // the tensor that asks for it
	at       int64  // its offset
	bad      users  // tensors whose range is no range
	keys     group[*problem]
}

// tensor judges one tensor's data, or notes where they are.
func (j *judge) tensor(t onnx.Tensor) {
	label := fmt.Sprintf("tensor %q (%s)", finding.Quote(t.Name), finding.Quote(t.Where))
	if t.Negative || t.Huge {
		j.size(t, label, "its dimensions are negative or make more bytes than there can be")
		return
	}
	if !t.External {
		if t.Raw && t.Sized && uint64(t.RawSize) != t.Size {
			j.size(t, label, fmt.Sprintf("its shape makes %d bytes, raw_data holds %d", t.Size, t.RawSize))
		}
		return
	}
	e := read(t.Entries)
	p, ok := j.places.at(e.location, func() *place { return &place{location: e.location} })
	if !ok {
		return
	}
	p.users.add(t.Offset, "%s", label)
	p.claim(t, e, label)
	for _, key := range e.unknown {
		k, ok := p.keys.at(key, func() *problem { return &problem{key: key} })
		if ok {
			k.users.add(t.Offset, "%s: %q", label, finding.Quote(key))
		}
	}
}

// size notes a tensor that does not fit; all tensors of a model with one
// complaint are one problem.
func (j *judge) size(t onnx.Tensor, label, complaint string) {
	p, ok := j.sizes.at(t.Name, func() *problem {
		return &problem{key: t.Name, message: fmt.Sprintf("The data of %s do not fit: %s.", label, complaint)}
	})
	if ok {
		p.users.add(t.Offset, "%s: %s", label, complaint)
	}
}

// A reference is external_data, read.
type reference struct {
	location       string
	offset, length uint64
	hasLength      bool
	invalid        string   // why offset or length is no number
	unknown        []string // keys that the format does not define
}

func read(entries []onnx.Entry) reference {
	var e reference
	for _, entry := range entries {
		switch entry.Key {
		case "location":
			e.location = entry.Value
		case "offset":
			e.offset = e.number(entry)
		case "length":
			e.length, e.hasLength = e.number(entry), true
		case "checksum", "basepath":
		default:
			e.unknown = append(e.unknown, entry.Key)
		}
	}
	return e
}

// number reads an offset or length as the runtimes do: a decimal integer of 63
// bits that is not negative.
func (e *reference) number(entry onnx.Entry) uint64 {
	v, err := strconv.ParseUint(strings.TrimSpace(entry.Value), 10, 63)
	if err != nil {
		e.invalid = fmt.Sprintf("%s is %q", entry.Key, finding.Quote(entry.Value))
	}
	return v
}

// claim notes which bytes of the place a tensor asks for.
func (p *place) claim(t onnx.Tensor, e reference, label string) {
	size := t.Size
	if e.hasLength {
		size = e.length
	}
	switch {
	case e.invalid != "":
		p.bad.add(t.Offset, "%s: %s", label, e.invalid)
	case e.hasLength && t.Sized && e.length < t.Size:
		p.bad.add(t.Offset, "%s: its shape makes %d bytes, %d are given", label, t.Size, e.length)
	case e.offset+size > p.end:
		p.end, p.farthest, p.at = e.offset+size, label, t.Offset
	}
}

// place reports what is wrong with one location.
func (j *judge) place(p *place) {
	shown := finding.Quote(p.location)
	for _, k := range p.keys.all {
		j.report(unknownKey, k.key, fmt.Sprintf("External data carries the key %q, which no runtime defines.", finding.Quote(k.key)), &k.users)
	}
	if p.bad.count > 0 {
		j.report(bounds, p.location, fmt.Sprintf("Tensors ask for impossible ranges of %q.", shown), &p.bad)
	}
	switch why := leaves(p.location); {
	case strings.Contains(p.location, memoryTag):
		j.report(address, "memory", fmt.Sprintf("Weights are read from %q: their offset is used as a pointer into the memory of the process.", shown), &p.users)
	case p.location == "":
		j.report(missing, "unnamed", "Weights are read from another file, which the model does not name.", &p.users)
	case why != "":
		j.report(escapes, p.location, fmt.Sprintf("Weights are read from %q, %s.", shown, why), &p.users)
	default:
		j.neighbour(p, shown)
	}
}

// neighbour compares a location with what lies there.
func (j *judge) neighbour(p *place, shown string) {
	if j.p.File.Open == nil {
		return
	}
	entry, err := j.p.File.Open(path.Clean(strings.ReplaceAll(p.location, `\`, "/")))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		j.report(missing, p.location, fmt.Sprintf("Weights are read from %q, which is not there.", shown), &p.users)
	case err != nil:
		j.p.Incomplete(fmt.Errorf("looking for %q: %w", shown, err))
	case entry.Outside:
		j.report(escapes, p.location, fmt.Sprintf("Weights are read from %q, which leads out of the scanned directory by a symbolic link.", shown), &p.users)
	case p.end > j.bytes(entry):
		far := users{count: 1, steps: []finding.Step{{Offset: p.at, Text: fmt.Sprintf("%s ends at byte %d", p.farthest, p.end)}}}
		j.report(bounds, p.location, fmt.Sprintf("Weights are read up to byte %d of %q, which has %d.", p.end, shown, j.bytes(entry)), &far)
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

// leaves says how a location leaves the directory of the model, on any system
// that may load it, or returns "".
func leaves(location string) string {
	slashed := strings.ReplaceAll(location, `\`, "/")
	switch {
	case strings.ContainsRune(location, 0):
		return "which hides its end behind a NUL"
	case strings.HasPrefix(slashed, "/"):
		return "an absolute path"
	case len(slashed) > 1 && slashed[1] == ':':
		return "a path that names a drive"
	case strings.Contains(slashed, "://"):
		return "a URL"
	}
	if clean := path.Clean(slashed); clean == ".." || strings.HasPrefix(clean, "../") {
		return "outside of the model's directory"
	}
	return ""
}
