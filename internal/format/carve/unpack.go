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
	// inputBuffer is what package compress reads through, firstInput how much is read
	// at first.
	inputBuffer = 32 << 10
	firstInput  = 256
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
		in := &counter{s: s, at: at, ahead: firstInput}
		buffered := s.packed.buffer(in)
		n, err := s.unpack(f, buffered, s.end-at)
		size := in.at - at - int64(buffered.Buffered())
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
		out, err := f.OpenAgain(in, size, budget, &s.packed.spare)
		if err == nil {
			n, err = s.drain(out)
		}
		return err
	})
	return n, err
}

// drain reads what is unpacked, up to the limit.
func (s *search) drain(out io.Reader) (n int64, err error) {
	p := s.packed.out
	for n < mostUnpacked && err == nil && s.err == nil {
		var m int
		m, err = out.Read(p)
		n += int64(m)
		s.err = s.r.Budget().Inflate(int64(m))
	}
	return n, cmp.Or(s.err, err)
}

// An unpacking is what trying to unpack takes: most places are no streams, and what
// is allocated for one would cost more than finding out.
type unpacking struct {
	in    *bufio.Reader
	out   []byte
	spare compress.Spare
}

// buffer returns a buffered reader of src, and makes room for what comes out.
func (u *unpacking) buffer(src io.Reader) *bufio.Reader {
	if u.in == nil {
		u.in, u.out = bufio.NewReaderSize(src, inputBuffer), make([]byte, inputBuffer)
	}
	u.in.Reset(src)
	return u.in
}

// A counter reads from a place on, at first as little as tells that there is no
// stream, and knows how far it is.
type counter struct {
	s     *search
	at    int64
	ahead int
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (n int, err error) {
	s := c.s
	p = p[:min(len(p), c.ahead)]
	c.ahead = min(2*c.ahead, inputBuffer)
	if i := c.at - s.at; i >= 0 && i < int64(len(s.buf)) {
		n = copy(p, s.buf[i:])
	} else {
		n, err = hostile.Input(s.r, c.at, s.end-c.at).Read(p)
	}
	c.at += int64(n)
	return n, err
}
