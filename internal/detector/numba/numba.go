// Package numba judges the caches of numba: the machine code of functions in
// pickles, which numba runs in the place of the functions.
package numba

import (
	"bytes"
	"context"
	_ "embed"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/executable"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed help.md
var help string

var (
	compiled = &rule.Rule{
		ID: "numba-compiled-code", Title: "A cache of numba brings compiled code",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{829}, Since: "0.1.0",
	}
	reaches = &rule.Rule{
		ID: "numba-code-reaches-out", Title: "Compiled code in a cache of numba reaches programs, files or the network",
		Severity: rule.High, Precision: rule.Likely, CWE: []int{506}, Since: "0.1.0",
	}
)

// Detector judges the code in caches of numba. The pickles around it are judged
// by whoever judges pickles, and code that is no such cache's by whoever searches
// for programs.
var Detector = &detector.Detector{
	Name:  "numba",
	Rules: rule.Explain(help, compiled, reaches),
	Match: func(h *artifact.Head) bool { return pickled(h.First) && mentionsObject(h.First) },
	Run:   run,
}

// mentionsObject looks for the letter of the word that is rare.
func mentionsObject(first []byte) bool {
	const before, after = "ob", "ject"
	for i := 0; i < len(first); i++ {
		n := bytes.IndexByte(first[i:], after[0])
		if n < 0 {
			return false
		}
		if i += n; bytes.HasSuffix(first[:i], []byte(before)) && bytes.HasPrefix(first[i:], []byte(after)) {
			return true
		}
	}
	return false
}

// pickled reports whether a file starts like a pickle of a protocol with frames.
func pickled(first []byte) bool {
	return len(first) > 2 && first[0] == 0x80 && first[1] >= 4 && first[1] <= pickle.MaxProtocol
}

// code is where a cache has its code.
type code struct{ offset, size int64 }

// bitcode starts what LLVM writes (https://llvm.org/docs/BitCodeFormat.html).
const bitcode = "BC\xc0\xde"

// find returns the code of what CPUCodeLibrary.serialize_using_object_code of
// numba.core.codegen returns: a name, the word object, the object file, and its
// bitcode. They are the first constants of the pickle.
func find(p *detector.Pass) (code, bool) {
	const head = 4
	r := p.Reader()
	var data []pickle.Op
	for op := range pickle.Ops(r) {
		switch op.Code.String() {
		case "PROTO", "FRAME", "MARK", "MEMOIZE":
			continue
		}
		if data = append(data, op); len(data) == head {
			break
		}
	}
	if len(data) < head || r.Err() != nil {
		return code{}, false
	}
	kind, object, llvm := data[1], data[2], data[3]
	text := func(op pickle.Op, n int64) string {
		return string(p.Reader().At(uint64(op.Data), uint64(min(op.Size, n))).Peek(int(n)))
	}
	is := strings.Contains(data[0].Code.String(), "UNICODE") && text(kind, head*2) == "object" &&
		strings.HasSuffix(object.Code.String(), "BYTES") && text(llvm, int64(len(bitcode))) == bitcode
	return code{object.Data, object.Size}, is
}

// run tells of the code, and of what it reaches.
func run(_ context.Context, p *detector.Pass) error {
	c, ok := find(p)
	if !ok {
		return nil
	}
	r := p.Reader().At(uint64(c.offset), uint64(c.size))
	program, ok := executable.Decode(r)
	if !ok || !strings.HasSuffix(program.Detail, " object") || strings.HasSuffix(program.Detail, " shared object") {
		return nil
	}
	p.Recognised("numba")
	p.Claim(c.offset, c.size)
	name := finding.Quote(path.Base(p.File.Name()))
	kind := program.Kind.String() + ", " + program.Detail
	f := finding.Finding{
		Rule: compiled, Key: "code", Location: finding.Location{Offset: c.offset, Length: c.size},
		Message:  "The cache " + name + " brings compiled code (" + kind + "), which numba runs in the place of the function that it was made of.",
		Evidence: []finding.Step{{Offset: c.offset, Text: kind}},
	}
	if steps := outward(p, c); len(steps) > 0 {
		f.Rule, f.Key = reaches, steps[0].Text
		f.Message = "The compiled code in the cache " + name + " calls what no function that numba compiles does: " + steps[0].Text + "."
		f.Evidence = append(f.Evidence, steps...)
	}
	p.Report(f)
	return nil
}

//go:embed symbols.txt
var symbolsText string

// symbols are the records of symbols.txt.
var symbols = table.Once(symbolsText, table.Map)

// outward lists the functions that code asks for and that reach out, sorted.
func outward(p *detector.Pass, c code) []finding.Step {
	const most = 16
	var found []string
	executable.Missing(p.Reader().At(uint64(c.offset), uint64(c.size)), func(symbol string) {
		plain, _, _ := strings.Cut(strings.TrimPrefix(symbol, "__imp_"), "@")
		if does := symbols()[plain]; does != "" && len(found) < most {
			found = append(found, plain+", which "+does)
		}
	})
	slices.Sort(found)
	var steps []finding.Step
	for _, text := range slices.Compact(found) {
		steps = append(steps, finding.Step{Offset: c.offset, Text: text})
	}
	return steps
}
