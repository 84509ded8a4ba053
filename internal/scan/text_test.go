package scan_test

import (
	"context"
	"fmt"
	"slices"
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
)

// TestTexts: texts and the names of members are shown to whoever looks at texts, if
// they are long enough to hold anything; a crash on one is told.
func TestTexts(t *testing.T) {
	twenty, book := strings.Repeat("x", 20), strings.Repeat("x", 60_000)
	short := artifact.File{}.Member(book, nil, 0).Name()
	for _, c := range []struct {
		name, text, member string
		heard              []string
		rules              []string
	}{
		{name: "nothing long enough", text: twenty[1:], member: twenty[1:]},
		{name: "a text", text: twenty, member: "m", heard: []string{"note of  at 7: " + twenty}},
		{name: "a name", text: "t", member: twenty, heard: []string{"the name of the file of " + twenty + " at 0: " + twenty}},
		{name: "a name as long as a book", text: "t", member: book, heard: []string{"the name of the file of " + short + " at 0: " + book}},
		{name: "a crash", text: twenty + "crash", member: "m", rules: []string{"scan-crashed"}},
	} {
		var heard []string
		talks := &detector.Detector{
			Name:  "talks",
			Match: func(h *artifact.Head) bool { return h.Depth == 0 },
			Run: func(_ context.Context, p *detector.Pass) error {
				p.Recognised("talks")
				p.Text("note", 7, c.text)
				return p.Nested(p.File.Member(c.member, hostile.Bytes("text"), 4))
			},
		}
		listens := &detector.Detector{
			Name:  "listens",
			Match: func(*artifact.Head) bool { return false },
			Text: func(p *detector.Pass, name string, offset int64, text string) {
				if strings.HasSuffix(text, "crash") {
					panic("nil map")
				}
				heard = append(heard, fmt.Sprintf("%s of %s at %d: %s", name, strings.Join(p.File.Inside, "/"), offset, text))
			},
		}
		s := scan.Scanner{Detectors: []*detector.Detector{talks, listens}, Limits: hostile.DefaultLimits(), Now: time.Now}
		got := s.File(context.Background(), artifact.File{Path: "f", Content: hostile.Bytes("x"), Size: 1})
		if !slices.Equal(heard, c.heard) || !slices.Equal(ruleIDs(got), c.rules) {
			t.Errorf("%s: heard %q, rules %q, want %q, %q", c.name, heard, ruleIDs(got), c.heard, c.rules)
		}
	}
}

var (
	keyA   = &rule.Rule{ID: "key-a", Severity: rule.High}
	keyB   = &rule.Rule{ID: "key-b", Severity: rule.High}
	severe = &rule.Rule{ID: "severe", Severity: rule.Critical}
)

// leaks is a detector of files whose lines are findings: "a SECRET" or "b SECRET" of
// a key, "(SECRET" of a key of a in a file inside, "!" of something else, as severe
// as a key, and "!!" of something worse.
var leaks = &detector.Detector{
	Name:  "leaks",
	Match: func(h *artifact.Head) bool { return h.HasPrefix("keys\n") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("leaks")
		r := p.Reader()
		r.Line(10)
		for r.Left() > 0 && r.Step() {
			at := r.Offset()
			line := strings.TrimSpace(string(r.Line(100)))
			key := finding.Finding{Rule: keyA, Location: finding.Location{Offset: at}, Message: "A key: " + line + ".", Key: line}
			switch line[0] {
			case '(':
				inside := "keys\na " + line[1:] + "\n"
				if err := p.Nested(p.File.Member("inner", hostile.Bytes(inside), int64(len(inside)))); err != nil {
					return err
				}
				continue
			case '!':
				key.Rule = map[string]*rule.Rule{"!": bad2, "!!": severe}[line]
			case 'b':
				key.Rule = keyB
				fallthrough
			default:
				key.Secrets = []finding.Secret{finding.NewSecret(line[2:])}
			}
			p.Report(key)
		}
		return r.Err()
	},
}

var bad2 = &rule.Rule{ID: "other", Severity: rule.High}

// TestSecrets: a secret is told once, with the places where it stands, and shown
// nowhere.
func TestSecrets(t *testing.T) {
	const secret, other = "0123456789abcdef", "fedcba9876543210"
	a, b := "a "+secret+"\n", "b "+secret+"\n"
	for _, c := range []struct {
		name, data string
		findings   int
		want       []string // the evidence of the first finding
	}{
		{name: "once", data: a, findings: 1},
		{name: "twice", data: a + a, findings: 1, want: []string{"0x18 the same once more"}},
		{name: "of two rules", data: a + b, findings: 2},
		{name: "two secrets", data: a + "a " + other + "\n", findings: 2},
		{name: "inside too", data: a + "(" + secret + "\n", findings: 1, want: []string{"0x5 the same once more, at byte 0x5 of inner"}},
		{name: "inside first", data: "(" + secret + "\n" + a, findings: 1, want: []string{"0x17 the same once more, at byte 0x17 of the file itself"}},
		{name: "in ten more places", data: strings.Repeat(a, 11), findings: 1, want: places(10)},
		{name: "in eleven more", data: strings.Repeat(a, 12), findings: 1, want: places(10)},
		// scan-incomplete, which says how many are not listed, is one of them.
		{name: "beyond what is listed", data: strings.Repeat("!\n", 2000) + a + "!!\n" + a, findings: 2002},
		{name: "the last that is listed", data: a + strings.Repeat("!\n", 1999) + "!!\n", findings: 2001},
	} {
		s := scan.Scanner{Detectors: []*detector.Detector{leaks}, Limits: hostile.DefaultLimits(), Now: time.Now}
		data := "keys\n" + c.data
		got := s.File(context.Background(), artifact.File{Path: "m", Content: hostile.Bytes(data), Size: int64(len(data))})
		var evidence []string
		for _, e := range got.Findings[0].Evidence {
			evidence = append(evidence, fmt.Sprintf("%#x %s", e.Offset, e.Text))
		}
		if len(got.Findings) != c.findings || !slices.Equal(evidence, c.want) {
			t.Errorf("%s: got %d findings, evidence %q, want %d, %q", c.name, len(got.Findings), evidence, c.findings, c.want)
		}
		noneShown(t, c.name, got, secret)
	}
}

// places are the first n places of a secret beside the first, a line each.
func places(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("%#x the same once more", 5+19*(i+1)))
	}
	return out
}

// noneShown: no finding shows the secret, nor carries it on.
func noneShown(t *testing.T, name string, got audit.File, secret string) {
	t.Helper()
	for _, f := range got.Findings {
		if len(f.Secrets) > 0 || strings.Contains(fmt.Sprintf("%+v", f), secret) {
			t.Errorf("%s: shown by %+v", name, f)
		}
	}
}
