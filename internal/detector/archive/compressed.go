package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/format/ocdbt"
	"github.com/modelaudit/modelaudit/internal/format/zarr"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Compressed reads files that are one compressed stream.
var Compressed = &detector.Detector{
	Container: true,
	Name:      "compressed",
	Rules:     []*rule.Rule{bombLike, highRatio},
	Match: func(h *artifact.Head) bool {
		return compress.Sniff(h.First) != nil || compress.Unreadable(h.First) != ""
	},
	Run: runCompressed,
}

// runCompressed hands the unpacked content back to the scan.
func runCompressed(_ context.Context, p *detector.Pass) error {
	head := p.Reader().Peek(compress.HeadSize)
	if name := compress.Unreadable(head); name != "" {
		p.Recognised(name)
		return hostile.Faultf(hostile.Unsupported, 0, "compressed by %s, which this program does not read", name)
	}
	f := compress.Sniff(head)
	if f == nil || ocdbt.DataFile(p.File.Name()) && ocdbt.Next(p.Reader()) {
		return nil // nothing compressed, or chunks of arrays, of which their database hands on each
	}
	content, err := f.Unpack(p.File.Content, p.File.Size, p.Budget)
	// A signature of two bytes proves nothing: what does not unpack was likely
	// no such stream.
	if f.Weak && err != nil && !convincing(p, f, content.Size) {
		return handBack(p, f, content)
	}
	p.Recognised(f.Name)
	checkRatio(p, p.File.Name(), 0, p.File.Size, content.Size)
	if f.Name == "gzip" {
		if err := gzipHeaders(p); err != nil {
			return err
		}
	}
	if err := skippedFrames(p); err != nil {
		return err
	}
	if nested := handBack(p, f, content); err == nil || chunks(p, err) {
		return nested
	}
	return place(err, p.File.Size)
}

// chunks reports whether what stopped the unpacking belongs to a store of arrays:
// the index of a shard of compressed chunks, or a record of a database. Whoever
// knows the store hands on each chunk within its own bounds.
func chunks(p *detector.Pass, err error) bool {
	var f *hostile.Fault
	if !errors.As(err, &f) || f.Kind != hostile.Malformed {
		return false
	}
	_, shard, _ := zarr.Shard(p.Reader())
	return shard || ocdbt.Next(p.Reader())
}

// handBack gives what was unpacked back to the scan, under the name that the
// tools of the format give it.
func handBack(p *detector.Pass, f *compress.Format, content *hostile.Content) error {
	if content.Size == 0 {
		return nil
	}
	return p.Nested(p.File.Member(f.Trim(artifact.Base(p.File.Name())), content.Reader(), content.Size))
}

// convincing tells a damaged stream of a format with a weak signature from a
// file that happens to start like one: the latter stops making sense at once. The
// little that came out is scanned in any case.
func convincing(p *detector.Pass, f *compress.Format, unpacked int64) bool {
	chance := int64(512) // bytes; random data inflates to fewer
	if f.Name == "lzma" {
		chance = 4096 // which knows fewer errors
	}
	if unpacked >= chance {
		return true
	}
	name := strings.ToLower(p.File.Name())
	for _, s := range f.Suffixes {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return p.Budget.Spent() != nil
}

// place says where in a compressed file its unpacking stopped, as far as it is
// known: the offsets of the unpacked content mean nothing there.
func place(err error, size int64) error {
	var f *hostile.Fault
	if !errors.As(err, &f) || f.Offset == 0 || f.Kind == hostile.OverBudget {
		return err
	}
	placed := *f
	placed.Detail, placed.Offset = fmt.Sprintf("%s (at byte %#x of the unpacked content)", f.Detail, f.Offset), min(size, f.Offset)
	return &placed
}

// checkRatio reports content that is far larger than what it was unpacked from.
func checkRatio(p *detector.Pass, name string, offset, packed, size int64) {
	if size < ratioLeast || size/ratioLimit < packed {
		return
	}
	r := highRatio
	if size >= bombLeast {
		r = bombLike
	}
	p.Report(finding.Finding{
		Rule: r, Key: name, Location: finding.Location{Offset: offset, Length: packed},
		Message: fmt.Sprintf("%s unpacks from %d to at least %d bytes, %d times its size.",
			finding.Quote(name), packed, size, size/max(1, packed)),
		Evidence: []finding.Step{{Offset: offset, Text: fmt.Sprintf("%d bytes packed, %d unpacked", packed, size)}},
	})
}

// Ratios of unpacked to packed size.
const (
	ratioLimit = 100      // what dense weights never reach, and sparse ones may
	ratioLeast = 1 << 20  // bytes; below, the ratio costs nobody anything
	bombLeast  = 64 << 20 // bytes
)
