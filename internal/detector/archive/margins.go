package archive

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Archives have room for bytes that no member holds: comments, extra fields,
// padding. Nothing unpacks them, and a loader that is told where they are reads
// them all the same.

// leastHidden is the size of the smallest pickle that calls something.
const leastHidden = 8

// margin hands back what lies in such room if it starts like something that a
// loader takes. Text and numbers, which are there for others, are let be.
func margin(p *detector.Pass, where string, at, size int64) error {
	end := min(at+size, p.File.Size)
	if end-at >= leastHidden {
		at = firstFilled(p, at, end)
	}
	if size = end - at; size < leastHidden {
		return p.Budget.Step()
	}
	head := p.Reader().At(uint64(at), uint64(size)).Peek(artifact.FirstSize)
	if encoded.Kind(head) == "" && !importing(head) {
		return p.Budget.Step()
	}
	return extra(p, where, at, end)
}

// moduleLine is what a pickle names a module by, GLOBAL or INST in front of it, at
// the end of a line that may start with anything.
var moduleLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\w.]{2,64}$`) })

// importing reports whether data that starts with a MARK or an empty container
// names a dangerous callable as old pickles do, which start like text.
func importing(data []byte) bool {
	if len(data) == 0 || bytes.IndexByte([]byte("(]})"), data[0]) < 0 {
		return false
	}
	lines := strings.Split(string(data), "\n")
	for i, name := range lines[1:] {
		module := moduleLine().FindString(lines[i])
		for at, opcode := range module {
			if (opcode == 'c' || opcode == 'i') && dangerous(module[at+1:], name) {
				return true
			}
		}
	}
	return false
}

// dangerous reports whether a pickle has no reason to import a name.
func dangerous(module, name string) bool {
	module, name = globals.Resolve(module, name)
	return globals.Lookup(module, name).Class == globals.Dangerous
}

// gzipSignature starts every stream of gzip, of which a file may hold several.
const gzipSignature = "\x1f\x8b\x08"

// gzipHeaders looks at the headers of the streams in a file, and at what is taken
// for one in between: where streams begin only unpacking tells.
func gzipHeaders(p *detector.Pass) error {
	const window = 32 << 10
	r := p.Reader()
	for r.Left() > 0 && r.Step() {
		text := r.Peek(window)
		i := bytes.Index(text, []byte(gzipSignature))
		if i < 0 {
			if len(text) < window {
				break
			}
			r.Skip(uint64(window - len(gzipSignature) + 1))
			continue
		}
		r.Skip(uint64(i))
		end, err := gzipHeader(p, r.Offset())
		if err != nil {
			return err
		}
		r.MoveTo(max(end, r.Offset()+int64(len(gzipSignature))))
	}
	return p.Budget.Spent()
}

// gzipHeader looks at the extra field and the comment in the header of a gzip
// stream (RFC 1952 2.3), and returns where the header ends.
func gzipHeader(p *detector.Pass, at int64) (end int64, err error) {
	const fixed, hasExtra, hasName, hasComment, reserved = 10, 1 << 2, 1 << 3, 1 << 4, 0xe0
	r := p.Reader()
	r.MoveTo(at + int64(len(gzipSignature)))
	flags := r.Uint8()
	if flags&reserved != 0 || r.Left() < fixed {
		return 0, p.Budget.Spent()
	}
	r.MoveTo(at + fixed)
	if flags&hasExtra != 0 {
		size := int64(r.UintLE(2))
		if err := margin(p, "in the extra field of the gzip stream", r.Offset(), size); err != nil {
			return 0, err
		}
		r.Skip(uint64(size))
	}
	if flags&hasName != 0 {
		skipText(r)
	}
	if flags&hasComment == 0 {
		return r.Offset(), p.Budget.Spent()
	}
	at = r.Offset()
	skipText(r)
	return r.Offset(), margin(p, "in the comment of the gzip stream", at, r.Offset()-at)
}

// skippedFrames looks at the frames in front of a stream of zstd or lz4 that their
// readers skip.
func skippedFrames(p *detector.Pass) error {
	r := p.Reader()
	for r.Step() {
		header, size := compress.Skippable(r.Peek(compress.HeadSize))
		if header == 0 {
			break
		}
		r.Skip(uint64(header))
		size = min(size, uint64(r.Left()))
		if err := margin(p, "in a frame that is skipped", r.Offset(), int64(size)); err != nil {
			return err
		}
		r.Skip(size)
	}
	return p.Budget.Spent()
}

// skipText moves behind the next NUL.
func skipText(r *hostile.Reader) {
	for r.Left() > 0 && r.Step() && r.Uint8() != 0 {
	}
}

// margins looks at the comments and the extra fields of an entry.
func (z *zipPass) margins(e *zip.Entry) error {
	for _, h := range []*zip.Header{e.Central, e.Local} {
		if h == nil {
			continue
		}
		if err := margin(z.Pass, "in the comment of a member", h.Comment.Start, h.Comment.End-h.Comment.Start); err != nil {
			return err
		}
		if err := z.fields(h.Extra); err != nil {
			return err
		}
	}
	return nil
}

// fields looks at extra fields one by one.
func (z *zipPass) fields(all zip.Range) error {
	const header = 4
	if all.End-all.Start < header+leastHidden {
		return nil
	}
	r := z.Reader().At(uint64(all.Start), uint64(all.End-all.Start))
	for r.Left() >= header && r.Step() {
		r.Skip(2) // the field's number
		size := min(int64(r.UintLE(2)), r.Left())
		if err := margin(z.Pass, "in an extra field of a member", r.Offset(), size); err != nil {
			return err
		}
		r.Skip(uint64(size))
	}
	return z.Budget.Spent()
}

// comments looks at the comments of the archive.
func (z *zipPass) comments() error {
	for _, e := range z.archive.Ends {
		c := e.Commented()
		if slices.ContainsFunc(z.archive.Ends, func(other zip.End) bool { return c.Start <= other.Offset && other.Offset < c.End }) {
			continue // it holds the end record of other readers, who have been followed
		}
		if err := margin(z.Pass, "in the comment of the zip archive", c.Start, c.End-c.Start); err != nil {
			return err
		}
	}
	return nil
}
