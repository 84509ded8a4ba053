package zip

import (
	"bufio"
	"cmp"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Supported reports whether the data of a compression method can be read.
func Supported(method uint16) bool {
	return method == Store || opener(method) != nil
}

// MethodName names a compression method as the specification does.
func MethodName(method uint16) string {
	names := map[uint16]string{
		Store: "stored", Deflate: "deflate", Deflate64: "deflate64", BZip2: "bzip2", LZMA: "lzma",
		OldZstd: "zstd", Zstd: "zstd", XZ: "xz", AES: "AES encryption", 1: "shrink", 6: "implode", 98: "ppmd",
	}
	if n, ok := names[method]; ok {
		return n
	}
	return fmt.Sprintf("method %d", method)
}

// An opening starts the decompressor of a method on the data of a reading.
type opening func(data io.Reader, x Reading, budget *hostile.Budget) (io.Reader, error)

func opener(method uint16) opening {
	switch method {
	case Deflate:
		return func(data io.Reader, _ Reading, _ *hostile.Budget) (io.Reader, error) {
			return flate.NewReader(bufio.NewReader(data)), nil
		}
	case Deflate64:
		return func(data io.Reader, _ Reading, _ *hostile.Budget) (io.Reader, error) {
			return compress.NewDeflate64(data), nil
		}
	case BZip2:
		return wrapped(compress.Bzip2())
	case LZMA:
		return openLZMA
	case OldZstd, Zstd:
		return wrapped(compress.Zstd())
	case XZ:
		return wrapped(compress.XZ())
	default:
		return nil
	}
}

func wrapped(f *compress.Format) opening {
	return func(data io.Reader, x Reading, budget *hostile.Budget) (io.Reader, error) {
		return f.Open(data, int64(x.Compressed), budget)
	}
}

// openLZMA reads the header that zip puts in front of LZMA data (APPNOTE 5.8.8):
// version of the SDK, size of the properties, properties.
func openLZMA(data io.Reader, x Reading, budget *hostile.Budget) (io.Reader, error) {
	var head [4 + 5]byte
	if _, err := io.ReadFull(data, head[:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if head[2] != 5 || head[3] != 0 {
		return nil, hostile.Faultf(hostile.Unsupported, x.Offset, "LZMA properties of %d bytes", int(head[2])|int(head[3])<<8)
	}
	size := int64(x.Size)
	if x.Flags&FlagLZMAEnd != 0 {
		size = -1
	}
	return compress.RawLZMA(data, head[4:], size, budget)
}

// Extent returns the part of a file of size bytes that the reading's data
// occupies, and a fault if the file ends before it does.
func (x Reading) Extent(size int64) (Range, error) {
	left := max(0, size-x.Offset)
	if x.Compressed > uint64(left) {
		return Range{x.Offset, x.Offset + left}, hostile.Faultf(hostile.Truncated, x.Offset,
			"%d bytes of member data claimed, %d left", x.Compressed, left)
	}
	return Range{x.Offset, x.Offset + int64(x.Compressed)}, nil
}

// Open returns the content of the reading: a part of src (hostile.Stage) if it is
// stored, unpacked otherwise. src is the whole zip file, of size bytes. With an error the
// content holds what came before it; it is nil if the method is not supported.
func (x Reading) Open(src io.ReaderAt, size int64, budget *hostile.Budget) (io.ReaderAt, int64, error) {
	data, short := x.Extent(size)
	n := data.End - data.Start
	if x.Method == Store {
		content, err := hostile.Stage(src, data.Start, n, budget)
		return content, n, cmp.Or(err, short)
	}
	start := opener(x.Method)
	if start == nil {
		return nil, 0, hostile.Faultf(hostile.Unsupported, x.Offset, "compressed by %s", MethodName(x.Method))
	}
	c, err := hostile.Unpack(budget, func() (io.Reader, error) {
		return start(hostile.Input(src, data.Start, n), x, budget)
	})
	if err == nil {
		err = short
	}
	return c.Reader(), c.Size, err
}

// Look shows the content of the entry to look, in each of its readings and as far
// as it can be unpacked, and tells what could not be read. src is the file of the
// archive, of size bytes.
func (e *Entry) Look(src io.ReaderAt, size int64, budget *hostile.Budget, look func(content io.ReaderAt, size int64) error, tell func(error)) {
	for _, x := range e.Readings() {
		held := budget.Held()
		content, n, err := x.Open(src, size, budget)
		if err != nil {
			tell(err)
		}
		if content != nil && (err == nil || n > 0) {
			if err := look(content, n); err != nil {
				tell(err)
			}
		}
		budget.Release(held)
	}
}
