package walk

import (
	"fmt"
	"io"
	"os"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// streamSize is the size of the longest stream that is scanned: a format is read
// back and forth, so that what cannot be read twice is held in memory.
const streamSize = 1 << 30

// Stream is a candidate under a name that is read from r: from the file that r is,
// if it is one on disk, or else to its end, into memory. Its error is that of
// reading.
func Stream(name string, r io.Reader, filter Filter) (File, error) {
	f := File{Path: name}
	if onDisk, ok := r.(*os.File); ok {
		if info, err := onDisk.Stat(); err == nil && info.Mode().IsRegular() {
			f.Size, f.stream = info.Size(), onDisk
			f.judge(info.Mode(), filter)
			return f, nil
		}
	}
	limit := int64(streamSize)
	if filter.MaxSize > 0 {
		limit = min(limit, filter.MaxSize)
	}
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return File{}, err
	}
	f.Size, f.stream = int64(len(content)), hostile.Bytes(content)
	switch {
	case f.Size == 0:
		f.Refused = "empty: whatever was to write it may have failed"
	case f.Size > limit:
		f.Refused = fmt.Sprintf("more than %d bytes, which is as much as is held of what is no file on disk", limit)
	}
	return f, nil
}

// streamed is the file that Open opens for a stream.
func (f File) streamed() (artifact.File, io.Closer, error) {
	return artifact.File{Path: f.Path, Content: f.stream, Size: f.Size}, io.NopCloser(nil), nil
}
