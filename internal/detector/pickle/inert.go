package pickle

import (
	"bytes"
	_ "embed"
	"hash/maphash"
	"io"
	"unicode/utf8"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/format/encoded"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

// Constants that hold pickles. What a loader in the file is given goes back to
// the scan; what nothing loads is looked into here, since it is less than a
// pickle that runs.

const (
	// maxInert is how many constants in constants are looked into.
	maxInert = 4
	// maxText is the longest text of which more than the start is looked at. Of
	// bytes it is pickle.LookBytes: numbers of an array are bytes, and hold no pickles.
	maxText = 1 << 20
)

// seed is that of the process: hashes are compared within one file alone.
var seed = maphash.MakeSeed()

// A payload is a dangerous pickle in a constant.
type payload struct {
	hash     uint64 // of the pickle
	constant uint64 // hash of the constant, which may be compressed
	finding  finding.Finding
}

// wanted says which constants are looked into: text, bytes that start like a
// pickle or like something compressed. Text that is too long goes back to the
// scan.
func (j *judge) wanted(kind pickle.Kind, head []byte, at, size int64) bool {
	if kind == pickle.Str && size <= maxText {
		return true
	}
	if kind == pickle.Str && !j.s.again {
		j.report.nested = append(j.report.nested, j.s.p.File.Member("text", hostile.Section(j.s.p.File.Content, at, size), size))
	}
	if kind != pickle.Str && size <= pickle.LookBytes {
		return j.s.wantedBytes(head, at)
	}
	if size <= pickle.LongestText && (compress.Sniff(head) != nil || encoded.Kind(head) != "") {
		return true
	}
	if kind != pickle.Str {
		j.array(at, size)
	}
	return false
}

// wantedBytes is wanted for bytes of which all are there.
func (s *session) wantedBytes(content []byte, at int64) bool {
	if isText(content) {
		return true
	}
	s.strings(content, at)
	s.note(shown{bytes: true, at: at, size: int64(len(content))})
	return mayHold(content, s.p.Budget)
}

// array notes where numbers lie: the elements of an array, or bytes that are
// long and start like no file.
func (j *judge) array(at, size int64) {
	j.arrays = append(j.arrays, detector.Region{Offset: at, Size: size})
}

// minInert is the size of the least pickle that calls something.
const minInert = 20

// holds looks into a constant.
func (j *judge) holds(e pickle.Effect) {
	text, isStr := j.m.Str(e.Fn)
	if !isStr {
		var ok bool
		if text, ok = j.m.Bytes(e.Fn); !ok {
			return
		}
	}
	data := []byte(text)
	if isStr || isText(data) {
		j.show(e, text)
	}
	if len(text) < minInert {
		return
	}
	if isStr {
		if latin1, ok := pickle.Latin1(text); ok {
			data = latin1
		}
	}
	budget := j.s.p.Budget
	defer budget.Release(budget.Held())
	if !mayHold(data, budget) {
		return
	}
	data = unpacked(data, budget)
	inner := j.s.inside(data)
	if inner == nil {
		inner = j.s.archived(data)
	}
	if inner != nil {
		j.inert = append(j.inert, payload{hash: maphash.Bytes(seed, data), constant: maphash.String(seed, text), finding: finding.Finding{
			Rule: inert, Key: inner.Key, Location: finding.Location{Offset: e.Offset},
			Message:  "A constant holds a pickle that would be dangerous to load: " + inner.Message,
			Evidence: []finding.Step{{Offset: e.Offset, Text: e.Op.String() + " " + finding.Code(j.m.Python(e.Fn), finding.QuoteLimit)}},
		}})
	}
}

// isText tells bytes that are text from the numbers of an array.
func isText(content []byte) bool {
	return bytes.IndexByte(content, 0) < 0 && utf8.Valid(content)
}

// strings shows what is written between other bytes.
func (s *session) strings(content []byte, at int64) {
	if s.p.Text == nil || s.again {
		return
	}
	for start, end := range detector.Runs(content, minInert, printable) {
		s.p.Text("", at+int64(start), string(content[start:end]))
	}
}

func printable(c byte) bool { return c >= ' ' && c < 0x7f }

// show hands a constant to the detectors that look at texts, by the key that it
// has in a dict.
func (j *judge) show(e pickle.Effect, text string) {
	if j.s.p.Text == nil || j.s.again {
		return
	}
	name := ""
	if key, ok := j.m.Str(e.Value); ok && len(key) <= maxKey && identifier(key) {
		name = key
	}
	if j.s.p.Text(name, e.Offset, text) {
		j.s.note(shown{name: name, text: text, at: e.Offset})
	}
}

// maxKey is the size of the longest key that is taken for a name.
const maxKey = 64

// mayHold reports whether content is compressed, or has a place where a pickle
// that calls something may begin.
func mayHold(p []byte, budget *hostile.Budget) bool {
	return compress.Sniff(p[:min(len(p), compress.HeadSize)]) != nil || containers()[encoded.Kind(p)] || len(candidates(p, budget)) > 0
}

// maxPacked is how many compressions around each other are undone.
const maxPacked = 4

// unpacked undoes compressions.
func unpacked(data []byte, budget *hostile.Budget) []byte {
	for range maxPacked {
		f := compress.Sniff(data[:min(len(data), compress.HeadSize)])
		if f == nil {
			break
		}
		content, _ := f.Unpack(hostile.Bytes(data), int64(len(data)), budget)
		out, whole := content.Whole()
		if !whole || len(out) == 0 {
			break
		}
		data = out
	}
	return data
}

//go:embed containers.txt
var containersFile string

// containers are the kinds of files that hold others, which the scan opens.
var containers = table.Once(containersFile, table.Set)

// archived returns the first dangerous finding about an archive in data, or nil: a
// model that was saved to memory is kept like that.
func (s *session) archived(data []byte) *finding.Finding {
	if s.p.Examine == nil || s.again || !containers()[encoded.Kind(data)] {
		return nil
	}
	s.alone = false
	found, err := s.p.Examine(s.p.File.Member("constant", hostile.Bytes(data), int64(len(data))))
	if err != nil {
		return nil // the budget is spent, which is told
	}
	for i := range found {
		if found[i].Rule.Severity >= refers.Severity {
			return &found[i]
		}
	}
	return nil
}

// inside returns the first dangerous finding about a pickle in data, or nil.
func (s *session) inside(data []byte) *finding.Finding {
	file := s.p.File.Member("constant", hostile.Bytes(data), int64(len(data)))
	inner := newSession(&detector.Pass{
		File: file, Budget: s.p.Budget, Recognised: func(string) {}, Incomplete: func(error) {}, Weights: func(int64, int64) {},
	})
	inner.depth, inner.named = s.depth+1, true
	inner.streams()
	for _, f := range inner.report.findings {
		if f.Rule.Severity >= refers.Severity || f.Rule == inert { // or in a constant of a constant
			return f
		}
	}
	return nil
}

// reportInert reports the constants that nothing in the pickle loads.
func (j *judge) reportInert() {
	for _, p := range j.inert {
		if !j.loaded[p.hash] {
			j.report.add(p.finding)
		}
	}
}

// nested hands what a loader is given back to the scan, and reports whether it
// is in the file.
func (j *judge) nested(e pickle.Effect) (found bool) {
	name := "argument"
	if n := j.m.Name(e.Fn); n != nil {
		name = n.String() + " argument"
	}
	for _, v := range e.Args {
		content, size := j.stream(v)
		if size == 0 {
			continue
		}
		j.report.nested = append(j.report.nested, j.s.p.File.Member(name, content, size))
		_, known := j.m.Bytes(v)
		_, _, encoded := j.m.Encoded(v)
		found = found || known || encoded || j.m.Class(v) == 0 || j.inMemory(v)
	}
	return found
}

// inMemory reports whether v is a file in memory of which it is known what it holds.
// Any other call may make other bytes of those that it is given.
func (j *judge) inMemory(v pickle.Value) bool {
	n := j.m.Name(j.m.Class(v))
	if n == nil || n.Name != "BytesIO" {
		return false
	}
	state := j.m.State(v)
	made, _ := j.m.Items(state)
	return state == 0 || len(made) > 0
}

// stream returns the bytes that a loader reads from v: those that it is, those of
// a file in memory, or those that another call is given. Those that are too long to
// be held are read where they stand.
func (j *judge) stream(v pickle.Value) (content io.ReaderAt, size int64) {
	if _, _, encoded := j.m.Encoded(v); !encoded && j.m.Class(v) != 0 { // io.BytesIO(content)
		items, _ := j.m.Items(v)
		if made, _ := j.m.Items(j.m.State(v)); len(made) > 0 { // (content, position, attributes)
			items = made
		}
		if len(items) > 0 {
			v = items[0]
		}
	}
	if text, ok := j.m.Bytes(v); ok && j.pays(text) {
		if j.loaded == nil {
			j.loaded = make(map[uint64]bool)
		}
		j.loaded[maphash.String(seed, text)] = true
		return hostile.Bytes(text), int64(len(text))
	}
	if at, size, ok := j.m.Place(v); ok {
		return hostile.Section(j.s.p.File.Content, at, size), size
	}
	if at, size, ok := j.m.Encoded(v); ok {
		if content, size, err := pickle.Latin1At(j.s.p.File.Content, at, size, j.s.p.Budget); err == nil {
			return content, size
		}
	}
	if k := j.m.Kind(v); k == pickle.Bytes || k == pickle.ByteArray {
		j.unread()
	}
	return nil, 0
}
