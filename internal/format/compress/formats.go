package compress

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/pierrec/lz4/v4"
)

// RFC 1952; the third byte is the method, which is always deflate.
var gzipFormat = &Format{
	Name: "gzip", Suffixes: []string{".gz", ".gzip", ".tgz"},
	match: isGzip, open: chained("gzip", isGzip, openGzip),
}

// isGzip knows RFC 1952 by its first two bytes; a method other than deflate is
// a fault, not another format.
func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte("\x1f\x8b")) }

// openGzip opens one member.
func openGzip(in *input) (io.Reader, error) {
	z, err := in.member()
	if err != nil {
		return nil, err
	}
	// Members are joined by the chain, which tells what follows the last one.
	z.Multistream(false)
	return z, nil
}

// member returns the reader of the member that starts here, which is that of the one
// before it.
func (in *input) member() (z *gzip.Reader, err error) {
	if in.gzip != nil {
		return in.gzip, in.gzip.Reset(in.Reader)
	}
	in.gzip, err = gzip.NewReader(in.Reader)
	return in.gzip, err
}

// The signature is followed by the magic of a block or of the stream's end,
// digits of pi and of its square root.
var bzip2Format = &Format{
	Name: "bzip2", Suffixes: []string{".bz2", ".bz", ".tbz2", ".tbz"},
	match: func(head []byte) bool {
		return len(head) >= 10 && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9' &&
			(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90")
	},
	open: func(in *input) (io.Reader, error) {
		const tables = 8 << 20 // 900 kB blocks of 32-bit entries and the tables of their coding
		if err := in.charge.hold(tables); err != nil {
			return nil, err
		}
		return bzip2.NewReader(in), nil
	},
}

// lz4_Frame_format.md: frames, and the legacy ones of lz4c -l.
var lz4Format = &Format{
	Name: "lz4", Suffixes: []string{".lz4"},
	match: isLZ4,
	open:  openLZ4,
}

// isLZ4 knows frames, and the legacy ones of lz4c -l.
func isLZ4(head []byte) bool {
	rest := behindSkippable(head)
	return bytes.HasPrefix(rest, []byte("\x04\x22\x4d\x18")) || bytes.HasPrefix(rest, []byte("\x02\x21\x4c\x18"))
}

// openLZ4 opens frames, one behind the other.
func openLZ4(in *input) (io.Reader, error) {
	if err := in.skip(); err != nil {
		return nil, err
	}
	const blocks = 2 * 8 << 20 // a legacy block, packed and unpacked
	if err := in.charge.hold(blocks); err != nil {
		return nil, err
	}
	z := lz4.NewReader(in)
	if err := z.Apply(lz4.ConcurrencyOption(1)); err != nil {
		return nil, err
	}
	return z, nil
}

// RFC 1950. Two bytes with a check of five bits are no signature.
var zlibFormat = &Format{
	Name: "zlib", Suffixes: []string{".zlib", ".zz", ".z"}, Weak: true,
	match: isZlib, open: openZlib,
}

// isZlib knows RFC 1950 by the checksum of its two bytes, which random data has
// once in some thousand times: who asks must confirm.
func isZlib(head []byte) bool {
	const method, dictionary = 8, 0x20
	return len(head) > 2 && head[0]&0xf == method && head[0]>>4 <= 7 && head[1]&dictionary == 0 &&
		binary.BigEndian.Uint16(head)%31 == 0
}

// openZlib opens a stream that nothing follows.
func openZlib(in *input) (io.Reader, error) {
	never := func([]byte) bool { return false }
	return chained("zlib", never, openDeflated)(in)
}

// openDeflated opens one stream, with the reader of the one before it if there is one.
func openDeflated(in *input) (io.Reader, error) {
	if in.zlib != nil {
		return in.zlib, in.zlib.(zlib.Resetter).Reset(in.Reader, nil)
	}
	z, err := zlib.NewReader(in.Reader)
	if err != nil {
		return nil, err
	}
	in.zlib = z
	return z, nil
}

// joblib before 0.10 wrote "ZF", the unpacked size in hexadecimal, padded to 19
// characters, and a zlib stream (numpy_pickle_compat.read_zfile). What a name in
// .npy.z stands for is no .npy file but the bare data of an array.
var joblibFormat = &Format{
	Name: "joblib-zfile", Suffixes: []string{".npy.z", ".z"},
	match: func(head []byte) bool {
		return len(head) > joblibHeader+2 && string(head[:4]) == "ZF0x" && isZlib(joblibStream(head))
	},
	open: func(in *input) (io.Reader, error) {
		head, err := in.Peek(HeadSize)
		if len(head) <= joblibHeader {
			return nil, unexpected(err)
		}
		in.Discard(len(head) - len(joblibStream(head)))
		return openZlib(in)
	},
}

// joblibHeader is the prefix and the size behind it (numpy_pickle_compat.py,
// _ZFILE_PREFIX and _MAX_LEN).
const joblibHeader = len("ZF") + 19

// joblibStream returns what follows the header: a space or two of padding may
// stand in front of the zlib stream, since joblib once counted the length with
// and once without the L of Python 2.
func joblibStream(head []byte) []byte {
	rest := head[joblibHeader:]
	if rest[0] == ' ' {
		rest = rest[1:]
	}
	return rest
}

// renamed replaces errors of a library by what they mean.
type renamed struct {
	io.Reader
	errs map[error]error
}

// Read implements io.Reader, with the errors of a library said in our words.
func (r renamed) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	for from, to := range r.errs {
		if errors.Is(err, from) {
			return n, to
		}
	}
	return n, err
}
