package hidden

import (
	"cmp"
	"context"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var inMedia = &rule.Rule{
	ID: "file-hidden-in-media", Title: "A file is hidden in a picture or a sound",
	Severity: rule.High, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
}

// Media searches pictures and sounds that lie among models: behind their end, or
// in the place of their samples, whoever fetches them finds what no viewer shows.
var Media = &detector.Detector{
	Name:  "media",
	Rules: rule.Explain(help, inMedia),
	Match: func(h *artifact.Head) bool { return media(h.First) },
	Run:   runMedia,
}

// media reports whether a file starts as pictures and sounds do.
func media(first []byte) bool {
	return (&artifact.Head{First: first}).HasPrefix(pngSignature, "\xff\xd8\xff", "GIF87a", "GIF89a", "RIFF", "fLaC", "OggS", "ID3", "\x00\x00\x01\x00\x01\x00")
}

// maxMedia is how much of one is searched at most, half of it at each end.
const maxMedia = 64 << 20

// pngSignature starts every PNG (https://www.w3.org/TR/png/).
const pngSignature = "\x89PNG\r\n\x1a\n"

// runMedia recognises nothing: a picture is no model.
func runMedia(_ context.Context, p *detector.Pass) error {
	if string(p.Reader().Peek(len(pngSignature))) == pngSignature {
		if err := pngTexts(p, p.Reader()); err != nil {
			return err
		}
	}
	if p.File.Size <= maxMedia {
		return within(p, 0, p.File.Size)
	}
	p.Unsearched(p.File.Size - maxMedia)
	return cmp.Or(within(p, 0, maxMedia/2), within(p, p.File.Size-maxMedia/2, maxMedia/2))
}

// within searches size bytes from an offset on.
func within(p *detector.Pass, at, size int64) error {
	j := &judge{r: p.Reader()}
	found, err := carve.Only(p.Reader().At(uint64(at), uint64(size)), j.dangerous, func(f carve.File) bool { return misplaced[f.Kind] })
	for _, f := range found {
		if f.Offset == 0 {
			continue
		}
		p.Recognised("media")
		if err := report(p, inMedia, f, "behind or between what a viewer shows"); err != nil {
			return err
		}
	}
	return err
}

// misplaced are the kinds of files that have no honest place in a picture. Streams
// that are only compressed are how pictures hold their own data, and some programs
// put their projects behind them as archives.
var misplaced = map[carve.Kind]bool{carve.Program: true, carve.Script: true, carve.Pickle: true}

// pngTexts shows the texts of a PNG, which hold what somebody wrote about it.
func pngTexts(p *detector.Pass, r *hostile.Reader) error {
	r.Skip(uint64(len(pngSignature)))
	for r.Left() > 0 && r.Step() {
		size := min(r.UintBE(4), uint64(r.Left()))
		kind := string(r.Bytes(4))
		if kind == "tEXt" || kind == "iTXt" || kind == "zTXt" {
			if err := pngText(p, kind, r.At(uint64(r.Offset()), min(size, uint64(r.Left())))); err != nil {
				return err
			}
		}
		r.Skip(size)
		r.Skip(4) // of the checksum
		if r.Err() != nil || kind == "IEND" {
			break
		}
	}
	return p.Budget.Spent()
}

// pngText shows the text of one chunk, unpacked if it is packed (PNG 11.3.3).
func pngText(p *detector.Pass, kind string, r *hostile.Reader) error {
	key, _, _ := strings.Cut(string(r.Peek(maxPNGKey)), "\x00")
	r.Skip(min(uint64(len(key)+1), uint64(r.Left())))
	packed := kind == "zTXt"
	if head := r.Peek(2); kind == "iTXt" && len(head) == 2 {
		packed = head[0] == 1
	}
	if kind == "zTXt" {
		r.Skip(min(1, uint64(r.Left()))) // method
	} else if kind == "iTXt" {
		r.Skip(min(2, uint64(r.Left()))) // packed or not, and method
		for range 2 {                    // language and translation of the key
			for r.Left() > 0 && r.Step() && r.Uint8() != 0 {
			}
		}
	}
	if packed {
		return unpackedText(p, key, r.Offset(), r.Left())
	}
	p.Text(key, r.Offset(), string(r.Peek(int(min(r.Left(), maxPNGText)))))
	if r.Left() > maxPNGText {
		return p.Part(key, r.Offset(), r.Left())
	}
	return nil
}

// unpackedText shows a text that is a zlib stream, and hands it on. A damaged one is
// shown as far as it goes, which is what viewers do.
func unpackedText(p *detector.Pass, key string, at, size int64) error {
	held := p.Budget.Held()
	defer p.Budget.Release(held)
	content, _ := compress.Zlib().Unpack(hostile.Section(p.File.Content, at, size), size, p.Budget)
	text := make([]byte, min(content.Size, maxPNGText))
	n, _ := content.Reader().ReadAt(text, 0)
	p.Text(key, at, string(text[:n]))
	if content.Size == 0 {
		return p.Budget.Spent()
	}
	return p.Nested(p.File.Member(key, content.Reader(), content.Size))
}

const (
	// maxPNGText is how much of a text is shown; of longer ones, all goes back to the
	// scan.
	maxPNGText = 64 << 10
	// maxPNGKey is the longest key, and its end.
	maxPNGKey = 80
)
