package hidden

import (
	"fmt"
	"path"
	"slices"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var inData = &rule.Rule{
	ID: "pickle-in-data", Title: "A data file holds a pickle that runs code",
	Severity: rule.High, Precision: rule.Likely, CWE: []int{502}, Since: "0.1.0",
}

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
	if s.err != nil {
		return s.err
	}
	return err
}

// keep reports whether what was found is a pickle, or a value that is packed in
// which there is something dangerous.
func (s *store) keep(f carve.File) bool {
	if s.err != nil || f.Kind != carve.Pickle && !packed[f.Kind] {
		return false
	}
	content := hostile.Section(s.File.Content, f.Offset, f.Size)
	var found []finding.Finding
	found, s.err = s.Examine(s.File.Member(names[f.Kind], content, f.Size))
	found = slices.DeleteFunc(found, func(x finding.Finding) bool { return x.Rule.Severity < rule.High })
	if len(found) > 0 {
		s.inner[f.Offset] = found
	}
	return f.Kind == carve.Pickle || len(found) > 0
}

// tell makes a finding of one value.
func (s *store) tell(f carve.File) {
	where, what := s.File.Name(), "A "+f.Kind.String()
	if !s.File.Nested() {
		where = path.Base(where)
	}
	if f.Kind != carve.Pickle {
		what = "A " + f.Kind.String() + " with something dangerous in it"
	}
	found := finding.Finding{
		Rule: inData, Key: f.Kind.String(),
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
