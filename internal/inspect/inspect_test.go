package inspect_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/inspect"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/scan"
)

var odd = &rule.Rule{ID: "box-odd", Title: "An odd box", Severity: rule.Low, Precision: rule.Certain}

// box is a format of tests: whatever starts with "BOX" holds the rest twice,
// under hostile names.
var box = &detector.Detector{
	Name:  "box",
	Rules: []*rule.Rule{odd},
	Match: func(h *artifact.Head) bool { return h.HasPrefix("BOX") },
	Run: func(_ context.Context, p *detector.Pass) error {
		p.Recognised("box")
		p.Report(finding.Finding{Rule: odd, Key: "x", Message: "An odd box.", Evidence: []finding.Step{{Offset: 1, Text: "OX"}}})
		rest := make([]byte, p.File.Size-3)
		if _, err := p.File.Content.ReadAt(rest, 3); err != nil {
			return err
		}
		for _, name := range []string{"a\x1b\n.pkl", "::error::b"} {
			if err := p.Nested(p.File.Member(name, hostile.Bytes(rest), int64(len(rest)))); err != nil {
				return err
			}
		}
		return nil
	},
}

func show(t *testing.T, data string, disassemble bool) string {
	t.Helper()
	w := inspect.NewWatch(disassemble)
	s := scan.Scanner{
		Detectors: w.Detectors([]*detector.Detector{box, pickle.Detector}), Limits: hostile.DefaultLimits(), Now: time.Now,
	}
	f := s.File(context.Background(), artifact.File{Path: "x.bin", Content: hostile.Bytes(data), Size: int64(len(data))})
	var b strings.Builder
	p := plain.New(&b, false)
	w.Tree(&f).Print(p)
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// echo is a pickle that starts a program.
const echo = "\x80\x02" + "cposix\nsystem\n" + "X\x08\x00\x00\x00echo poc" + "\x85" + "R" + "."

func TestPrint(t *testing.T) {
	for _, c := range []struct {
		name, data  string
		disassemble bool
		want        string
	}{
		{"unknown", "hello", false, "x.bin (5 bytes)\n"},
		{
			"nested", "BOXhello", false, `x.bin (8 bytes): box
  low: An odd box. [box-odd]
    0x00000001  OX
  a\x1b\n.pkl (5 bytes)
    low: Named like a model, but of no format that this scanner knows: nothing in it was checked. [model-unrecognised]
  \x3a:error::b (5 bytes)
`,
		},
		{
			"pickle", echo, false, `x.bin (32 bytes): pickle
  critical: Loading this file calls posix.system('echo poc'), which starts a program. [pickle-executes-code]
  does, in this order:
    0x00000002  imports posix.system
    0x0000001e  calls posix.system('echo poc')
`,
		},
		{
			"all that a pickle does", "\x80\x02" + "ca\nB\n)\x81" + "K\x01a" + "K\x01K\x02s" + "K\x03b" + "0" + "X\x01\x00\x00\x00pQ0" + "\x82\x010" + "cx\ny\n)R" + ".", false, `x.bin (40 bytes): pickle
  medium: Loading this file asks the extension registry for a code that it does not register itself: what that is depends on the process that loads it. [pickle-extension-code]
  medium: Loading this file calls x.y(), a function that is not known. [pickle-unknown-call]
  low: This file holds instances of a.B, a class that is not known. [pickle-unknown-class]
  does, in this order:
    0x00000002  imports a.B
    0x00000008  makes a.B()
    0x0000000b  adds items to a.B()
    0x00000010  sets items of a.B()
    0x00000013  gives a state to a.B()
    0x0000001b  asks the loader for 'p'
    0x0000001d  asks the extension registry for an object
    0x00000020  imports x.y
    0x00000026  calls x.y()
`,
		},
		{
			"disassembled", echo + "\x80\x02N.junk", true, `x.bin (40 bytes): pickle
  critical: Loading this file calls posix.system('echo poc'), which starts a program. [pickle-executes-code]
  does, in this order:
    0x00000002  imports posix.system
    0x0000001e  calls posix.system('echo poc')
  instructions:
    0x00000000  PROTO            2
    0x00000002  GLOBAL           "posix" "system"        # imports posix.system
    0x00000010  BINUNICODE       "echo poc"
    0x0000001d  TUPLE1
    0x0000001e  REDUCE                                   # calls posix.system('echo poc')
    0x0000001f  STOP
    0x00000020  PROTO            2
    0x00000022  NONE
    0x00000023  STOP
`,
		},
	} {
		got := show(t, c.data, c.disassemble)
		if got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestSecrets: what no output may show is shown nowhere in the tree, whichever
// detector knows that it is a secret.
func TestSecrets(t *testing.T) {
	knows := &detector.Detector{Name: "knows", Match: func(*artifact.Head) bool { return true }, Run: func(_ context.Context, p *detector.Pass) error {
		p.Report(finding.Finding{Rule: odd, Key: "x", Message: "A secret.", Secrets: []finding.Secret{finding.NewSecret("echo poc")}})
		return nil
	}}
	w := inspect.NewWatch(true)
	s := scan.Scanner{Detectors: w.Detectors([]*detector.Detector{pickle.Detector, knows}), Limits: hostile.DefaultLimits(), Now: time.Now}
	f := s.File(context.Background(), artifact.File{Path: "x.bin", Content: hostile.Bytes(echo), Size: int64(len(echo))})
	var b strings.Builder
	p := plain.New(&b, false)
	w.Tree(&f).Print(p)
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Contains(got, "poc") || !strings.Contains(got, `BINUNICODE       "[redacted]"`) || !strings.Contains(got, "calls posix.system('[redacted]')") {
		t.Errorf("got\n%s", got)
	}
}

// What is not shown of what a pickle does is counted.
func TestManyCalls(t *testing.T) {
	data := "\x80\x02" + strings.Repeat("cposix\nsystem\nU\x04echo\x85R0", 1500) + "N."
	got := show(t, data, false)
	if n, rest := strings.Count(got, "calls posix.system"), "and 1000 more"; n != 1000+1 || !strings.Contains(got, rest) {
		t.Errorf("%d calls shown, and no %q:\n%s", n, rest, got[max(0, len(got)-200):])
	}
}

func TestLongArguments(t *testing.T) {
	data := "\x80\x02X\xe8\x03\x00\x00" + strings.Repeat("\x1b", 1000) + "."
	got := show(t, data, true)
	if want := strings.Repeat(`\x1b`, 60) + `" and 940 more bytes`; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant %s in it", got, want)
	}
}
