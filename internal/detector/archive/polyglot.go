package archive

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/format/tar"
	"github.com/modelaudit/modelaudit/internal/format/zip"
)

// A prefix is what a file may start with that has a zip archive behind it.
type prefix struct {
	start string
	at    int
	name  string
	// program: it runs, and finds its own archive behind itself, as
	// self-extractors and Python's zip applications do.
	program bool
	// carrier: its own readers look for files in the archive behind it.
	carrier bool
}

// prefixes are the formats whose readers do not mind what follows. The list is
// in the order of how telling the signatures are.
var prefixes = []prefix{
	{start: "\x89PNG\r\n\x1a\n", name: "a PNG image"},
	{start: "\xff\xd8\xff", name: "a JPEG image"},
	{start: "GIF8", name: "a GIF image"},
	{start: "RIFF", name: "a RIFF file"},
	{start: "%PDF-", name: "a PDF document"},
	{start: "\x89HDF\r\n\x1a\n", name: "an HDF5 file"},
	{start: "GGUF", name: "a GGUF model"},
	{start: "\x93NUMPY", name: "a NumPy array"},
	{start: "{\"", at: 8, name: "a safetensors model"},
	{start: "7z\xbc\xaf\x27\x1c", name: "a 7z archive"},
	{start: "Rar!\x1a\x07", name: "a RAR archive"},
	{start: "\x1f\x8b\x08", name: "a gzip stream"},
	{start: "SQLite format 3\x00", name: "an SQLite database"},
	{start: "<?xml", name: "an XML document"},
	{start: "<!DOCTYPE", name: "an HTML document"},
	{start: "<html", name: "an HTML document"},
	{start: "\x7fELF", name: "an executable", program: true},
	{start: "MZ", name: "an executable", program: true},
	{start: "\xcf\xfa\xed\xfe", name: "an executable", program: true},
	{start: "\xca\xfe\xba\xbe", name: "an executable", program: true},
	{start: "#!", name: "a script", program: true},
	{start: "TFL3", at: 4, name: "a TensorFlow Lite model", carrier: true}, // of labels and vocabularies
}

// starts reports whether a file of this head starts so.
func (x prefix) starts(head []byte) bool {
	return len(head) > x.at && bytes.HasPrefix(head[x.at:], []byte(x.start))
}

// before judges what stands in front of the first record of the zip archive,
// which starts the file.
func (z *zipPass) before(gap zip.Range) {
	head := z.Reader().Peek(tarBlock)
	kind := z.pickled(gap)
	if z.wrapped {
		return
	}
	i := slices.IndexFunc(prefixes, func(x prefix) bool { return x.starts(head) })
	switch {
	case kind != "" || i < 0 || prefixes[i].program:
	case prefixes[i].carrier:
		return
	default:
		kind = prefixes[i].name
	}
	if kind == "" && tar.Is(head) {
		kind = "a tar archive"
	}
	if kind == "" {
		reportExtra(z.Pass, z.gapName(gap), gap.Start, gap.End)
		return
	}
	z.Report(finding.Finding{
		Rule: polyglot, Key: kind,
		Message: fmt.Sprintf("The file is %s and a zip archive at once: what is in it depends on the reader. Both were scanned.", kind),
		Evidence: []finding.Step{
			{Offset: 0, Text: "starts as " + kind}, {Offset: gap.End, Text: "first record of the zip archive"},
		},
	})
}

// tarBlock is the size of a tar header, the longest of the starts.
const tarBlock = 512

// pickled says whether the file starts with a pickle that ends in front of the
// archive. One that holds the whole archive in a constant, as every pickled Keras
// model does, wraps it: then it is no archive to anybody. Several such constants
// are read as one archive.
func (z *zipPass) pickled(gap zip.Range) string {
	extent, inside := z.archive.Extent(), false
	for op := range pickle.Ops(z.Reader()) {
		end := op.Data + op.Size
		inside = inside || op.Data > 0 && op.Data <= extent.Start && extent.Start < end
		switch {
		case inside && op.Data > 0 && op.Data < extent.End && extent.End <= end:
			z.wrapped = true
			return ""
		case inside && op.Code.String() != "STOP":
			continue
		case inside || op.Offset >= gap.End:
			return ""
		case op.Code.String() == "STOP":
			return "a pickle"
		}
	}
	return ""
}
