// Package compress reads streams that hold one compressed file: gzip, bzip2, xz,
// lzma, lzip, zstd, lz4, zlib and joblib's old wrapping of it. It tells them by
// their content, unpacks them within the budget, and bounds what the
// decompressors allocate by what the file claims and the budget allows.
package compress

import (
	"bufio"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// HeadSize is how many of the first bytes of a file Sniff wants.
const HeadSize = 64

// A Format is one kind of compressed stream.
type Format struct {
	Name     string   // lower case
	Suffixes []string // of names of such files, with their dot
	// Weak: the signature is so short that only unpacking tells.
	Weak  bool
	match func(head []byte) bool
	open  func(in *input) (io.Reader, error)
}

// formats lists the formats that can be read, strongest signature first.
func formats() []*Format {
	return []*Format{gzipFormat, xzFormat, zstdFormat, lz4Format, bzip2Format, lzipFormat, joblibFormat, lzmaFormat, zlibFormat}
}

// Sniff returns the format of which a file may be that starts with head, or nil.
func Sniff(head []byte) *Format {
	for _, f := range formats() {
		if f.match(head) {
			return f
		}
	}
	return nil
}

// Unreadable returns the name of a format that is recognised by its signature but
// not read, or "".
func Unreadable(head []byte) string {
	for _, f := range unreadable {
		if len(head) >= len(f.signature) && string(head[:len(f.signature)]) == f.signature {
			return f.name
		}
	}
	return ""
}

// unreadable are the formats that are not read.
var unreadable = [...]struct{ signature, name string }{
	{"\x1f\x9d", "compress (.Z)"},
	{"\x89LZO\x00\r\n\x1a\n", "lzop"}, {"\xff\x06\x00\x00sNaPpY", "snappy"},
	{"\x24\xb5\x2f\xfd", "zstd before 0.8"}, {"\x27\xb5\x2f\xfd", "zstd before 1.0"},
	{"Rar!\x1a\x07", "rar"}, {"MSCF\x00\x00\x00\x00", "cab"}, {"LRZI", "lrzip"},
}

// Unpack reads the stream that is size bytes of src. When it is damaged or a
// limit is hit, the content holds what came before and the error says what
// stopped it, as for hostile.Unpack.
func (f *Format) Unpack(src io.ReaderAt, size int64, budget *hostile.Budget) (*hostile.Content, error) {
	held := &charge{budget: budget}
	content, err := hostile.Unpack(budget, func() (io.Reader, error) {
		return f.open(&input{Reader: bufio.NewReaderSize(hostile.Input(src, 0, size), 32<<10), size: size, charge: held, Spare: new(Spare)})
	})
	if _, whole := content.Whole(); whole {
		held.free() // nothing is unpacked again
	}
	return content, err
}

// Trim returns a file's name without the suffix of the format, as the tools that
// unpack it name the result: x.tgz holds x.tar. A name without such a suffix
// stays.
func (f *Format) Trim(name string) string {
	lower := strings.ToLower(name)
	for _, s := range f.Suffixes {
		if !strings.HasSuffix(lower, s) || len(name) == len(s) {
			continue
		}
		name = name[:len(name)-len(s)]
		if strings.HasPrefix(s, ".t") {
			name += ".tar"
		}
		return name
	}
	return name
}

// An input is the compressed side of a stream. Decompressors take no more bytes
// from it than they need, because it reads byte by byte as well.
type input struct {
	*bufio.Reader
	size   int64 // of the whole stream
	charge *charge
	*Spare
}

// A Spare holds the decompressors of streams that were read, to be used again: the
// tables of one are larger than many streams. It serves one stream at a time.
type Spare struct {
	gzip *gzip.Reader
	zlib io.ReadCloser
}

// A charge reserves the memory of a decompressor, once however often the stream
// is opened.
type charge struct {
	budget *hostile.Budget
	held   uint64
}

// hold reserves what n exceeds earlier reservations by.
func (c *charge) hold(n uint64) error {
	if n <= c.held {
		return nil
	}
	if err := c.budget.Hold(n - c.held); err != nil {
		return err
	}
	c.held = n
	return nil
}

// allocate is hold for what is allocated again for each of the streams that follow
// each other, which takes time by its size and not by that of the stream.
func (c *charge) allocate(n uint64) error {
	if n <= c.held {
		return c.budget.Provide(n)
	}
	return c.hold(n)
}

// free gives back what is reserved.
func (c *charge) free() {
	c.budget.Release(c.budget.Held() - int64(c.held))
	c.held = 0
}

// ended reports whether nothing but zero padding is left.
func (in *input) ended() (bool, error) {
	for {
		p, err := in.Peek(1)
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if p[0] != 0 {
			return false, nil
		}
		in.Discard(1)
	}
}

// behind is the fault of bytes that follow the stream and continue it in no way.
func behind(format string) error {
	return hostile.Faultf(hostile.Malformed, 0, "what follows the %s stream does not continue it", format)
}

// streamSteps is what a further stream costs, of which nothing may come out.
const streamSteps = 64

// A chain reads streams of one format that follow each other as one, as all
// their tools do.
type chain struct {
	name string
	in   *input
	next func(in *input) (io.Reader, error)
	is   func(head []byte) bool
	cur  io.Reader
	// ends: readers leave what continues the stream in no way.
	ends bool
}

// Read implements io.Reader over one stream after the other.
func (c *chain) Read(p []byte) (int, error) {
	for {
		n, err := c.cur.Read(p)
		if n > 0 && err == io.EOF {
			return n, nil
		}
		if n > 0 || err != io.EOF {
			return n, err
		}
		if done, err := c.in.ended(); done || err != nil {
			return 0, eofUnless(err)
		}
		if err := c.in.charge.budget.Steps(streamSteps); err != nil {
			return 0, err
		}
		head, _ := c.in.Peek(HeadSize)
		switch {
		case c.is(head):
		case c.ends:
			return 0, io.EOF
		default:
			return 0, behind(c.name)
		}
		if c.cur, err = c.next(c.in); err != nil {
			return 0, unexpected(err)
		}
	}
}

// eofUnless is the end of the data, unless something worse came first.
func eofUnless(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// unexpected makes an end of data inside a stream what it is.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chained opens a stream and whatever follows it of the same format.
func chained(name string, is func([]byte) bool, next func(*input) (io.Reader, error)) func(*input) (io.Reader, error) {
	return func(in *input) (io.Reader, error) {
		first, err := next(in)
		if err != nil {
			return nil, unexpected(err)
		}
		return &chain{name: name, in: in, next: next, is: is, cur: first}, nil
	}
}

// Open starts unpacking the stream that src reads, which holds size bytes. What
// the decompressor allocates is reserved from the budget.
func (f *Format) Open(src io.Reader, size int64, budget *hostile.Budget) (io.Reader, error) {
	return f.OpenAgain(src, size, budget, new(Spare))
}

// OpenAgain is Open for one who opens many streams, one after the other.
func (f *Format) OpenAgain(src io.Reader, size int64, budget *hostile.Budget, spare *Spare) (io.Reader, error) {
	return f.open(&input{Reader: bufio.NewReaderSize(src, 32<<10), size: size, charge: &charge{budget: budget}, Spare: spare})
}

// Bzip2 returns the format of bzip2 streams.
func Bzip2() *Format { return bzip2Format }

// XZ returns the format of xz streams.
func XZ() *Format { return xzFormat }

// Zstd returns the format of zstd streams.
func Zstd() *Format { return zstdFormat }

// LZ4 returns the format of lz4 frames.
func LZ4() *Format { return lz4Format }

// Zlib returns the format of zlib streams.
func Zlib() *Format { return zlibFormat }
