package scan

import (
	"crypto/sha256"
	"errors"
	"io"
	"slices"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/license"
)

// digestPiece is how many bytes are hashed at once, for digestSteps of the
// budget: enough that it looks at the clock each time.
const (
	digestPiece = 1 << 20
	digestSteps = 1 << 10
)

// digest hashes the file on disk, from the same open file that was scanned. A
// file that cannot be read to its end has no digest and is incomplete.
func (r *run) digest(f artifact.File) {
	h := sha256.New()
	for at := int64(0); at < f.Size; at += digestPiece {
		err := r.budget.Steps(digestSteps)
		if err == nil {
			err = piece(h, f, at)
		}
		if err != nil {
			r.unread(artifact.File{Path: f.Path}, err)
			return
		}
	}
	r.out.Digest = h.Sum(nil)
}

// piece hands the bytes of f from at on to w, up to digestPiece of them.
func piece(w io.Writer, f artifact.File, at int64) error {
	want := min(digestPiece, f.Size-at)
	n, err := io.Copy(w, io.NewSectionReader(f.Content, at, want))
	var fault *hostile.Fault
	switch {
	case errors.As(err, &fault):
		return err
	case err != nil:
		return &hostile.MachineError{Err: err}
	case n < want:
		return hostile.Faultf(hostile.Truncated, at+n, "%d bytes claimed, %d left", f.Size, at+n)
	}
	return nil
}

// maxLicenses is how many licences of one file are kept.
const maxLicenses = 8

// license keeps what the file on disk says of its licence. What is inside of it
// may have another. Where the policy denies a licence, each that has it is told.
func (r *run) license(f artifact.File, text string) {
	text = finding.Quote(license.Of(text))
	if text != "" && license.Denied(text, r.denied) && r.told.first("licence "+text, f.Inside) {
		r.report(f, finding.Finding{
			Rule: denied, Key: text,
			Message:  "The file declares the licence " + text + ", which the policy denies.",
			Evidence: []finding.Step{{Text: "licence " + text}},
		})
	}
	switch {
	case f.Nested() || text == "" || slices.Contains(r.out.Licenses, text):
	case len(r.out.Licenses) == maxLicenses:
		r.out.MoreLicenses = true
	default:
		r.out.Licenses = append(r.out.Licenses, text)
	}
}
