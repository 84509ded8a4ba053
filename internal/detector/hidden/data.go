package hidden

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var inData = &rule.Rule{
	ID: "pickle-in-data", Title: "A data file holds a pickle that runs code",
	Severity: rule.High, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
}

// ofPickles is what the names of all rules about pickles begin with.
const ofPickles = "pickle-"

// packed are the kinds in which stores keep single values.
var packed = map[carve.Kind]bool{
	carve.Gzip: true, carve.Bzip2: true, carve.XZ: true, carve.Zstd: true, carve.LZ4: true, carve.Zlib: true,
}

// A store is a file of no format that is known here: of a database, of records, of
// columns. Those who keep Python objects in one keep them as pickles, packed one by
// one or as they are.
type store struct {
	*detector.Pass
	inner map[int64][]finding.Finding // what is dangerous in a value, by its offset
	err   error
}

// searchData reports the pickles in a store that call what no value needs.
func searchData(p *detector.Pass, r *hostile.Reader) error {
	if media(r.Peek(len(pngSignature))) {
		return nil // which has been searched
	}
	s := store{Pass: p, inner: make(map[int64][]finding.Finding)}
	j := &judge{r: p.Reader()}
	found, err := carve.Data(r, j.dangerous, s.keep)
	for _, f := range found {
		s.tell(f)
	}
	return cmp.Or(s.err, err, s.texts(r))
}

const (
	// window is how much text is looked through at once.
	window = 1 << 20
	// leastText is the size of the least text that a pickle that calls something is
	// written as.
	leastText = 40
)

// texts looks for pickles in the texts of a store, which are how values are kept
// where a value is a text: in base64, or in hexadecimal digits.
func (s *store) texts(r *hostile.Reader) error {
	for r.Left() > 0 && s.err == nil {
		held, at := s.Budget.Held(), r.Offset()
		text := r.Bytes(uint64(min(window, r.Left())))
		if r.Err() != nil {
			return r.Err()
		}
		end := len(text)
		if r.Left() > 0 {
			end -= leastText // which may be the start of one
		}
		for start, behind := range detector.Runs(text, leastText, written) {
			if start > 0 && behind == len(text) && r.Left() > 0 {
				end = start // the rest of it is in the next window
				break
			}
			s.decode(text[start:behind], at+int64(start))
		}
		s.Budget.Release(held)
		r.MoveTo(at + int64(end))
	}
	return s.err
}

// written reports whether a byte may be of a text that is an encoding.
func written(c byte) bool { return c >= ' ' && c < 0x7f || c == '\n' }

// decode tells of the first pickle that a text encodes which does harm.
func (s *store) decode(text []byte, at int64) {
	if !encoded.Promising(text) {
		return
	}
	told := false
	w := encoded.Walk{Budget: s.Budget, Visit: func(c encoded.Content) bool {
		if told || s.err != nil || c.Kind != "pickle" {
			return told || s.err != nil
		}
		f := carve.File{Kind: carve.Pickle, Offset: at + int64(c.Offset), Size: int64(len(c.Data)), Detail: strings.Join(c.Encodings, " of ")}
		if told = s.harms(f, hostile.Bytes(c.Data)); told {
			s.tell(f)
		}
		return told
	}}
	s.err = cmp.Or(s.err, w.In(text))
}

// keep reports whether what was found is a pickle, or a value that is packed in
// which there is something dangerous.
func (s *store) keep(f carve.File) bool {
	if s.err != nil || f.Kind != carve.Pickle && !packed[f.Kind] {
		return false
	}
	return s.harms(f, hostile.Section(s.File.Content, f.Offset, f.Size)) || f.Kind == carve.Pickle
}

// harms reports whether there is a dangerous pickle in what was found, and keeps
// what it does. A store of another language keeps values that are dangerous to that
// alone: each function of an R package is one, in a stream of zlib.
func (s *store) harms(f carve.File, content io.ReaderAt) bool {
	var found []finding.Finding
	found, s.err = s.Examine(s.File.Member(names[f.Kind], content, f.Size))
	found = slices.DeleteFunc(found, func(x finding.Finding) bool {
		return x.Rule.Severity < rule.High || !strings.HasPrefix(x.Rule.ID, ofPickles)
	})
	if len(found) > 0 {
		s.inner[f.Offset] = found
	}
	return len(found) > 0
}

// tell makes a finding of one value.
func (s *store) tell(f carve.File) {
	where, what := s.File.Name(), "A "+f.Kind.String()
	if !s.File.Nested() {
		where = path.Base(where)
	}
	if f.Kind != carve.Pickle {
		what = "A " + f.Kind.String() + " with a dangerous pickle in it"
	}
	if f.Detail != "" {
		what += ", written as " + finding.Quote(f.Detail) + ","
	}
	found := finding.Finding{
		Rule: inData, Key: strings.TrimSpace(f.Kind.String() + " " + f.Detail),
		Message:  fmt.Sprintf("%s is a value in %s: whoever unpickles it runs what it says.", what, finding.Quote(where)),
		Location: finding.Location{Offset: f.Offset, Length: f.Size},
		Evidence: []finding.Step{{Offset: f.Offset, Text: fmt.Sprintf("%s, %d bytes", f.Kind, f.Size)}},
	}
	inner := s.inner[f.Offset]
	for _, x := range inner[:min(len(inner), maxInner)] {
		found.Evidence = append(found.Evidence, finding.Step{Offset: f.Offset, Text: "in it: " + x.Message})
	}
	s.Report(found)
}
