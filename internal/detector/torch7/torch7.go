// Package torch7 judges the object streams of Lua Torch: the functions in them,
// and text that is code.
package torch7

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/torch7"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	reaches = &rule.Rule{
		ID: "torch7-function-reaches-out", Title: "A Lua function in a Torch7 model reaches programs, files or the network",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{94}, Since: "0.1.0",
	}
	function = &rule.Rule{
		ID: "torch7-function", Title: "A Torch7 model brings Lua bytecode",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{94}, Since: "0.1.0",
	}
	text = &rule.Rule{
		ID: "torch7-code-in-text", Title: "Text in a Torch7 model starts a program when it is run as Lua",
		Severity: rule.High, Precision: rule.Possible, CWE: []int{94}, Since: "0.1.0",
	}
	trailing = &rule.Rule{
		ID: "torch7-trailing-bytes", Title: "Bytes follow a Torch7 model",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{1286}, Since: "0.1.0",
	}
)

// Detector judges Torch7 models.
var Detector = &detector.Detector{
	Name:  "torch7",
	Rules: rule.Explain(help, reaches, function, text, trailing),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool {
		return torch7.Looks(h.First) || h.Extension() == ".t7" || h.Extension() == ".th"
	},
	Run: run,
}

// run walks the objects of a stream, or looks for other forms that Torch loads.
func run(_ context.Context, p *detector.Pass) error {
	j := &judge{Pass: p, seen: make(map[string]bool)}
	if !torch7.Looks(p.Reader().Peek(32)) {
		return j.other()
	}
	p.Recognised("torch7")
	err := torch7.Walk(p.Reader(), j.event)
	if j.failed != nil {
		return j.failed
	}
	return err
}

// A judge hears what a stream tells.
type judge struct {
	*detector.Pass
	seen   map[string]bool
	failed error // of reading, or the end of the budget
}

// event judges one thing that the reader has met.
func (j *judge) event(e torch7.Event) {
	switch e.Kind {
	case torch7.Text:
		j.texts(e.Offset, e.Size)
		if j.failed == nil {
			j.failed = j.Written("string", e.Offset, e.Size)
		}
	case torch7.Function:
		j.function(e)
	case torch7.Trailing:
		j.report(trailing, "rest", e.Offset, fmt.Sprintf("%d bytes follow the model. Torch does not read them.", e.Size), "the model ends here")
		if j.failed == nil {
			j.failed = j.Part("bytes behind the model", e.Offset, e.Size)
		}
	}
}

// report makes a finding, once for each rule and key.
func (j *judge) report(r *rule.Rule, key string, at int64, message, step string) {
	if id := r.ID + " " + key; !j.seen[id] {
		j.seen[id] = true
		j.Report(finding.Finding{
			Rule: r, Key: key, Message: message, Location: finding.Location{Offset: at},
			Evidence: []finding.Step{{Offset: at, Text: step}},
		})
	}
}

// other looks at a file that bears the name of a Torch7 model and is none that
// can be read: text that starts a program is told all the same.
func (j *judge) other() error {
	if !j.texts(0, j.File.Size) {
		return nil // nothing that is known; the scan tells
	}
	j.Recognised("torch7")
	return hostile.Faultf(hostile.Malformed, 0, "no object stream of Torch7")
}

// called finds functions of Lua that start a program or load a library.
var called = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:os\.execute|io\.popen|package\.loadlib)\b`)
})

// texts looks for calls of such functions in a part of the file, and reports the
// first.
func (j *judge) texts(at, size int64) (found bool) {
	const chunk, overlap = 32 << 10, 64
	r := j.Reader().At(uint64(at), uint64(size))
	for r.Left() > 0 && r.Step() {
		p := r.Peek(chunk)
		for _, m := range called().FindAllIndex(p, -1) {
			if where := r.Offset() + int64(m[0]); j.call(r.Offset()+int64(m[1]), at+size) {
				name := string(p[m[0]:m[1]])
				shown := finding.Quote(string(p[m[0]:min(len(p), m[1]+80)]))
				j.report(text, name, where, fmt.Sprintf("A text of the model calls %s when something runs it as Lua: %s.", name, shown), shown)
				return true
			}
		}
		if len(p) < chunk {
			break
		}
		r.Skip(chunk - overlap)
	}
	j.failed = cmp.Or(j.failed, r.Err())
	return false
}

// call reports whether what stands between two offsets begins as the arguments of a
// call do: with a text, or with a bracket that does not close at once.
func (j *judge) call(at, end int64) bool {
	r := j.Reader().At(uint64(at), uint64(end-at))
	switch first := next(r); first {
	case '"', '\'', '[':
		return true
	case '(':
		c := next(r)
		return c != 0 && c != ')'
	}
	return false
}

// next reads the next character that is no white space, or 0.
func next(r *hostile.Reader) byte {
	for r.Left() > 0 && r.Step() {
		if c := r.Uint8(); !strings.ContainsRune(" \t\n\v\f\r", rune(c)) {
			return c
		}
	}
	return 0
}

// maxFunction bounds how much of a dumped function is looked at, in bytes.
const maxFunction = 1 << 20

// function judges a dumped function by the names among its constants, or in its
// text: what Torch hands to Lua may be source as well.
func (j *judge) function(e torch7.Event) {
	defer j.Budget.Release(j.Budget.Held())
	r := j.Reader()
	r.MoveTo(e.Offset)
	code := r.Bytes(uint64(min(e.Size, maxFunction)))
	j.failed = cmp.Or(j.failed, r.Err())
	named := names
	if !bytes.HasPrefix(code, []byte("\x1b")) {
		named = mentions
	}
	for _, w := range words() {
		if named(code, w.member) && (w.table == "-" || named(code, w.table)) {
			name := strings.TrimPrefix(w.table+"."+w.member, "-.")
			j.report(reaches, name, e.Offset, fmt.Sprintf("A function of the model names %s, which %s. It runs when something calls it.", name, w.does), "constants of a dumped function: "+name)
		}
	}
	if e.Size > maxFunction {
		j.Incomplete(hostile.Faultf(hostile.OverBudget, e.Offset, "a dumped function of %d bytes, the first %d were looked at", e.Size, maxFunction))
	}
	j.report(function, "function", e.Offset, "The model holds Lua functions as bytecode. Lua does not check bytecode, and nobody can read it.",
		fmt.Sprintf("a dumped function of %d bytes", e.Size))
}

// names reports whether a string is among the constants of a dumped function: in
// LuaJIT's bytecode its length and 5 stand in front, in Lua's its length with
// the NUL that ends it, in 4 or 8 bytes.
func names(code []byte, s string) bool {
	jit := append([]byte{byte(len(s) + 5)}, s...)
	lua := append(binary.LittleEndian.AppendUint32(nil, uint32(len(s)+1)), s...)
	wide := append(binary.LittleEndian.AppendUint64(nil, uint64(len(s)+1)), s...)
	return bytes.Contains(code, jit) || bytes.Contains(code, append(lua, 0)) || bytes.Contains(code, append(wide, 0))
}

// mentions reports whether a word stands in source text.
func mentions(code []byte, word string) bool {
	for rest := code; ; {
		i := bytes.Index(rest, []byte(word))
		if i < 0 {
			return false
		}
		if end := i + len(word); (i == 0 || !letter(rest[i-1])) && (end == len(rest) || !letter(rest[end])) {
			return true
		}
		rest = rest[i+len(word):]
	}
}

// letter reports whether a byte may stand in a name of Lua.
func letter(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

//go:embed words.txt
var wordsFile string

var words = table.Once(wordsFile, parse)

// A word is a function that Lua code may name.
type word struct{ table, member, does string }

// parse reads lines of a table, a member of it and what it does.
func parse(text string) []word {
	var out []word
	for row := range table.Rows(text, 3) {
		out = append(out, word{table: row[0], member: row[1], does: row[2]})
	}
	return out
}
