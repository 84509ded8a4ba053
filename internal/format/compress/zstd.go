package compress

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
)

// RFC 8878. Streams may start with frames to skip.
var zstdFormat = &Format{
	Name: "zstd", Suffixes: []string{".zst", ".zstd", ".tzst"},
	match: isZstd, open: openZstd,
}

// isZstd takes skippable frames for zstd's, although lz4 has the same: both
// libraries skip them, and zstd is told from lz4 by what follows.
func isZstd(head []byte) bool {
	const magic = "\x28\xb5\x2f\xfd"
	rest := behindSkippable(head)
	return bytes.HasPrefix(rest, []byte(magic)) || len(rest) < len(head) && len(rest) < skippableHeader
}

// skippableHeader is the size of a skippable frame without what it holds: magic
// number and length (RFC 8878 3.1.2).
const skippableHeader = 8

// skippable returns the size of the skippable frame that head starts with, or 0.
func skippable(head []byte) uint64 {
	const magic, mask = 0x184D2A50, 0xfffffff0
	if len(head) < skippableHeader || binary.LittleEndian.Uint32(head)&mask != magic {
		return 0
	}
	return skippableHeader + uint64(binary.LittleEndian.Uint32(head[4:]))
}

// Skippable returns the sizes of the header of the frame that readers of zstd and
// lz4 skip which head starts with, and of what is in it; 0 if it starts with none.
func Skippable(head []byte) (header int, content uint64) {
	n := skippable(head)
	if n <= skippableHeader {
		return int(n), 0
	}
	return skippableHeader, n - skippableHeader
}

// behindSkippable returns what of head follows skippable frames.
func behindSkippable(head []byte) []byte {
	for n := skippable(head); n > 0; n = skippable(head) {
		head = head[min(n, uint64(len(head))):]
	}
	return head
}

// skip moves behind skippable frames.
func (in *input) skip() error {
	for {
		head, _ := in.Peek(skippableHeader)
		n := skippable(head)
		if n == 0 {
			return nil
		}
		if _, err := io.CopyN(io.Discard, in.Reader, int64(n)); err != nil {
			return unexpected(err)
		}
	}
}

// zstdWindow is the least that a decoder must support (RFC 8878 3.1.1.1.2), and
// what is reserved at least.
const zstdWindow = 8 << 20

// openZstd opens one frame, after a look at the window that it claims.
func openZstd(in *input) (io.Reader, error) {
	if err := in.skip(); err != nil {
		return nil, err
	}
	var h zstd.Header
	head, _ := in.Peek(zstd.HeaderMaxSize)
	if isLZ4(head) {
		return openLZ4(in)
	}
	if err := h.Decode(head); err != nil {
		return nil, unexpected(err)
	}
	src, window := narrowed(in, &h)
	if err := in.charge.hold(window); err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(window))
	if err != nil {
		return nil, err
	}
	return renamed{d, map[error]error{zstd.ErrMagicMismatch: behind("zstd")}}, nil
}

// narrowed returns the input and the window to unpack it with. A frame may claim
// more than it has use for, as those of zstd --long do: no match reaches further
// back than what came out, and a block of three bytes brings 128 KiB at most. Its
// window is then written down as what it needs.
func narrowed(in *input, h *zstd.Header) (src io.Reader, window uint64) {
	// Without a window descriptor the content itself is the window.
	if h.SingleSegment {
		return in, max(h.FrameContentSize, zstdWindow)
	}
	const magic, block, largest = 4, 3, 128 << 10
	needs := (uint64(in.size)/block + 1) * largest
	if h.HasFCS {
		needs = min(needs, h.FrameContentSize)
	}
	needs = max(needs, zstdWindow)
	if needs >= h.WindowSize {
		return in, max(h.WindowSize, zstdWindow)
	}
	// A power of two, in the upper five bits (RFC 8878 3.1.1.1.2).
	const smallest = 10
	exponent := bits.Len64(needs - 1)
	head := make([]byte, magic+2)
	if _, err := io.ReadFull(in, head); err != nil {
		return in, h.WindowSize
	}
	head[magic+1] = byte(exponent-smallest) << 3
	return &joined{bytes.NewReader(head), in}, 1 << exponent
}
