package carve

import (
	"bufio"
	"cmp"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

const (
	// enough is what random bytes that follow a signature do not unpack to.
	enough = 512
	// mostUnpacked is how much of a stream is unpacked to find its end.
	mostUnpacked = 4 << 20
	// inputBuffer is what package compress reads through.
	inputBuffer = 32 << 10
)

// gzipStream looks at the fields of a header (RFC 1952 2.3) before it unpacks:
// three bytes of signature occur in every few megabytes.
func gzipStream(s *search, at int64) (File, bool) {
	const reserved, unix, unknown = 0xe0, 13, 255
	h := s.peek(at, 10)
	if len(h) < 10 || h[3]&reserved != 0 || h[8]&^6 != 0 || h[9] > unix && h[9] != unknown {
		return File{}, false
	}
	return stream(Gzip)(s, at)
}

// stream returns how a stream of that kind is confirmed: it unpacks, to its end
// or for longer than chance does.
func stream(kind Kind) func(*search, int64) (File, bool) {
	return func(s *search, at int64) (File, bool) {
		f := compress.Sniff(s.window(at).Peek(compress.HeadSize))
		if kind == Zlib {
			f = compress.Zlib()
		}
		if f == nil || f.Weak && kind != Zlib {
			return File{}, false
		}
		in := &counter{src: hostile.Input(s.r, at, s.end-at)}
		buffered := bufio.NewReaderSize(in, inputBuffer)
		n, err := s.unpack(f, buffered, s.end-at)
		size := in.n - int64(buffered.Buffered())
		switch {
		case err == nil: // longer than was unpacked
			size = s.end - at
		case kind == Bzip2 && !errors.Is(err, io.EOF):
			size -= 2 // the library has looked for another stream
		}
		ended := n > 0 && (errors.Is(err, io.EOF) || continues(err))
		return File{Kind: kind, Offset: at, Size: size}, ended || n >= enough && kind != Zlib // of which only the checksum at the end is telling
	}
}

// continues reports whether a stream has ended, and only what follows is no other.
func continues(err error) bool {
	var f *hostile.Fault
	var b bzip2.StructuralError // the library's own
	return errors.As(err, &f) && f.Kind == hostile.Malformed || errors.As(err, &b)
}

// unpack returns how many bytes come out, and what ended them: nil if it is the
// limit. Nothing is kept.
func (s *search) unpack(f *compress.Format, in io.Reader, size int64) (n int64, err error) {
	budget := s.r.Budget()
	defer budget.Release(budget.Held())
	err = hostile.Guard(func() error {
		out, err := f.Open(in, size, budget)
		if err == nil {
			n, err = s.drain(out)
		}
		return err
	})
	return n, err
}

// drain reads what is unpacked, up to the limit.
func (s *search) drain(out io.Reader) (n int64, err error) {
	p := make([]byte, inputBuffer)
	for n < mostUnpacked && err == nil && s.err == nil {
		var m int
		m, err = out.Read(p)
		n += int64(m)
		s.err = s.r.Budget().Inflate(int64(m))
	}
	return n, cmp.Or(s.err, err)
}

// A counter counts what is read.
type counter struct {
	src io.Reader
	n   int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	return n, err
}
