// Package detector is the contract between the scan and the families of model
// files: a Detector recognises one family and reports what is dangerous in it.
package detector

import (
	"context"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// A Detector recognises one model family and reports what is dangerous in it.
type Detector struct {
	Name  string       // lower case, stable: used in flags and logs
	Rules []*rule.Rule // everything Run may report
	// Match reports whether the file may be of this family, from its ends and
	// its name. Content outranks the name; it errs on true: Run decides.
	Match func(*artifact.Head) bool
	// Run reads the file and reports through p. A non-nil error means the file
	// was not read to its end; findings made so far stand.
	Run func(ctx context.Context, p *Pass) error
	// Text looks at a text that another detector read in p.File and that is no
	// file of its own; name and offset are its own. Nil: the detector does not.
	Text func(p *Pass, name string, offset int64, text string)
	// Container says that what Run hands on are files of any kind, with names of
	// their own.
	Container bool
	// Raw says what files of the family hold that no loader interprets. What Run
	// has not handed on or claimed is shown to the detectors that search.
	Raw Raw
	// Search looks for what is hidden in a part of p.File that no loader
	// interprets. Nil: the detector does not.
	Search func(p *Pass, r Region) error
}

// Raw says what of a file is left when its format is read.
type Raw uint8

// What may be left, in the order of how much of it would not be there in an
// honest file.
const (
	Nothing Raw = iota
	// Data is of no format that is known: anything that programs keep.
	Data
	// Values are of any type that a program has: strings and bytes that may well
	// be files of their own.
	Values
	// Weights are numbers, and the little around them.
	Weights
)

// A Region is a part of a file that no loader interprets.
type Region struct {
	Offset, Size int64
	Raw          Raw
}

// A Pass is one run of one detector over one file. Its functions are called
// from the goroutine that called Run.
type Pass struct {
	File   artifact.File
	First  []byte // of File, up to artifact.FirstSize bytes: as Match saw it
	Budget *hostile.Budget
	// Report makes a finding. The scan fills in path and nesting.
	Report func(finding.Finding)
	// Recognised says that the file is of a format, by the format's lower-case
	// name. A file that no detector recognises is not a model.
	Recognised func(format string)
	// Nested hands a file found inside back to the scan, which recognises it
	// afresh. A non-nil error means that the budget of the file on disk is spent
	// and that the caller should stop; it is safe to return it from Run.
	Nested func(artifact.File) error
	// Examine scans a file found inside another and returns what Nested would
	// report: for content that nothing loads from where it stands, and of which
	// the caller makes a finding of its own. Its error is that of Nested.
	Examine func(artifact.File) ([]finding.Finding, error)
	// Refused says that the content to inspect is not here at all (a Git LFS
	// pointer stands in its place, all of it is encrypted), and why.
	Refused func(reason string)
	// Incomplete says that a part was not read, where Run goes on with the
	// rest: an encrypted member, a damaged record between sound ones.
	Incomplete func(error)
	// Loads says that whoever loads the file on disk loads what lies at a
	// slash-separated path beside it, too. The scan tells if that is dangerous.
	Loads func(name string)
	// Text shows a text of the file's metadata to the detectors that look for
	// what no text should hold. offset is that of the text or of its name. It reports
	// whether any of them had something to say or to ask of the scan.
	Text func(name string, offset int64, text string) (told bool)
	// License repeats what the file says of its own licence, in its words.
	License func(text string)
	// Weights says that size bytes from an offset on are numbers, in a file whose
	// Raw is something else.
	Weights func(offset, size int64)
	// Claim says that size bytes from an offset on are no raw data: the scan sees
	// what is in them by itself, as it does with a Part.
	Claim func(offset, size int64)
	// Afford takes size bytes of the weights that are searched in a file on disk,
	// and reports whether there are as many left. If not, they are told as not
	// searched.
	Afford func(size int64) bool
	// Unsearched says that size bytes of weights cannot be searched, since this
	// program does not unpack them.
	Unsearched func(size int64)
}

// Reader returns a cursor over the whole file.
func (p *Pass) Reader() *hostile.Reader {
	return hostile.NewReader(p.File.Content, p.File.Size, p.Budget)
}

// InBinary is the pass over the binary form of a text: what is found in it is
// where place says that the text has it, and what is read of it is no part of the
// file.
func (p *Pass) InBinary(data []byte, place func(offset int64) int64) *Pass {
	in := *p
	in.File.Content, in.File.Size = hostile.Bytes(data), int64(len(data))
	in.Report = func(f finding.Finding) {
		f.Location.Offset = place(f.Location.Offset)
		for i := range f.Evidence {
			f.Evidence[i].Offset = place(f.Evidence[i].Offset)
		}
		p.Report(f)
	}
	in.Text = func(name string, offset int64, text string) bool { return p.Text(name, place(offset), text) }
	in.Claim = func(int64, int64) {}
	in.Weights = func(int64, int64) {}
	return &in
}

// Payload is Part for weights that only unpacking shows, as far as weights are
// searched: what is beyond that is told, and left.
func (p *Pass) Payload(name string, offset, size int64) error {
	if !p.Afford(size) {
		p.Claim(offset, size)
		return nil
	}
	return p.Part(name, offset, size)
}

// Part hands size bytes of the file from an offset on to the scan, as a file of
// the name. Its error is that of Nested.
func (p *Pass) Part(name string, offset, size int64) error {
	p.Claim(offset, size)
	return p.Nested(p.File.Member(name, hostile.Section(p.File.Content, offset, size), size))
}
