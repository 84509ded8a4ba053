package zip

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// seriesRoot is what PyTorch calls the directory of an archive that it writes to a
// stream, for want of a file's name.
const seriesRoot = "archive/"

// partCost is what a part of a series takes, in bytes of memory, as slices grow.
const partCost = 4 * 16

// Series returns the archives of PyTorch that stand one behind another and fill
// the file from its start to its end: a shard of torch.distributed.checkpoint
// holds each tensor in an archive of its own, which its loader cuts out. It returns
// nil for any other file, and where a reader of the whole file may find a directory
// that is in none of the parts. The memory of the ranges stays held.
func Series(r *hostile.Reader) []Range {
	a, held := &Archive{r: r}, r.Budget().Held()
	var parts, directories []Range
	for end := r.End(); end > r.Start(); {
		part, directory, ok := a.part(end)
		if !ok || !r.Step() || r.Budget().Hold(partCost) != nil {
			r.Budget().Release(held)
			return nil
		}
		parts, directories = append(parts, part), append(directories, directory)
		end = part.Start
	}
	if len(parts) < 2 || a.astray(parts, directories) {
		r.Budget().Release(held)
		return nil
	}
	slices.Reverse(parts)
	return parts
}

// astray reports whether what a part says of its place leads elsewhere if it is
// counted from the start of the file, as some readers do. In the first part it is
// counted from there: what its records say is the same to everybody.
func (a *Archive) astray(parts, directories []Range) bool {
	first := directories[len(directories)-1]
	for i, d := range directories {
		at := a.r.Start() + d.Start - parts[i].Start
		if at != first.Start && a.isDirectory(at) {
			return true
		}
		if at := a.end64(parts[i]); at != first.End && a.stands(at, sigEnd64) {
			return true
		}
	}
	return false
}

// end64 returns where the locator of a part has the zip64 end record.
func (a *Archive) end64(part Range) int64 {
	l := a.r.At(uint64(part.End-endSize-locator64Size), locator64Size)
	l.Skip(4 + 4) // signature, disk
	return int64(min(l.UintLE(8), uint64(a.r.End())))
}

// stands reports whether a signature stands at an offset.
func (a *Archive) stands(offset int64, signature string) bool {
	n := int64(len(signature))
	return offset >= a.r.Start() && offset <= a.r.End()-n && string(a.r.At(uint64(offset), uint64(n)).Peek(int(n))) == signature
}

// part returns the archive that ends at an offset, and its directory.
func (a *Archive) part(end int64) (part, directory Range, ok bool) {
	if !a.stands(end-endSize, sigEnd) {
		return part, directory, false
	}
	e, ok := a.decodeEnd(end - endSize)
	claims := e.claims()
	if !ok || e.Comment > 0 || len(claims) == 0 || slices.ContainsFunc(claims, func(c claim) bool { return c != claims[0] }) {
		return part, directory, false
	}
	c := claims[0]
	if c.end < 0 || c.size > uint64(c.end) || c.directory > uint64(c.end)-c.size {
		return part, directory, false
	}
	directory = Range{c.end - int64(c.size), c.end}
	part = Range{directory.Start - int64(c.directory), end}
	return part, directory, part.Start < directory.Start && a.isDirectory(directory.Start) && a.startsSeries(part)
}

// startsSeries reports whether a part begins with a member of seriesRoot.
func (a *Archive) startsSeries(part Range) bool {
	if part.Start < a.r.Start() || part.End-part.Start < localSize+int64(len(seriesRoot)) {
		return false
	}
	head := string(a.r.At(uint64(part.Start), uint64(part.End-part.Start)).Peek(localSize + len(seriesRoot)))
	return strings.HasPrefix(head, sigLocal) && strings.HasSuffix(head, seriesRoot)
}
