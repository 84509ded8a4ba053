package review_test

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/review"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var executes = &rule.Rule{
	ID: "pickle-executes-code", Title: "Loading the pickle runs code", Severity: rule.Critical,
	Doc: "## pickle-executes-code\nLoading runs `code`.\n\n**How to fix it.** Do not load it.",
}

// attacks are strings that do something in Markdown, HTML or a mail program if
// they get there.
var attacks = []string{
	"PWNED@org/team", "PWNED #1 GH-1", "![PWNED](http://tracker)", "[PWNED](javascript:alert(1))", "https://PWNED.example",
	"PWNED://x", "</code><img src=x>PWNED", "</pre>PWNED", "</details>PWNED", "<!-- PWNED", "--> PWNED", "PWNED :white_check_mark:",
	"`PWNED`", "**PWNED**", "PWNED | PWNED | PWNED", "PWNED\n\n# PWNED", "PWNED\r\n::error::PWNED", "PWNED\u202e\u200b\xff", "&lt;PWNED&gt;",
	"PWNED " + strings.Repeat("A", 5000), "```\nPWNED\n```", "~~PWNED~~", "PWNED\\", "$PWNED$", "<details open>PWNED",
}

func found(text string) finding.Finding {
	return finding.Finding{
		Rule: executes, Key: text, Message: "Loading runs " + finding.Quote(text) + ".",
		Location: finding.Location{Path: text, Inside: []string{text, text}, Offset: 37},
		Evidence: []finding.Step{{Offset: 37, Text: "GLOBAL " + finding.Quote(text)}},
	}
}

// page tells of every text in every place that files, policies and servers
// reach.
func page(texts []string, times int) (policy.Outcome, review.Options) {
	var r audit.Report
	var notes []string
	for n := range times {
		for _, s := range texts {
			f := found(s)
			f.Ordinal = n
			r.Files = append(r.Files, audit.File{Path: s, Status: audit.Incomplete, Reason: finding.Quote(s), Findings: []finding.Finding{f}})
			notes = append(notes, "GitHub said "+finding.Quote(s)+".")
		}
	}
	o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}}.Judge(r)
	for _, s := range texts {
		o.Suppressed = append(o.Suppressed, policy.Suppressed{
			Finding: found(s), By: policy.ByAcceptance, Reason: s, Until: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		o.Warnings = append(o.Warnings, finding.Quote(s))
	}
	return o, review.Options{First: marker, Scope: "All was scanned.", Notes: notes, Policy: "policy.yml", Limit: limit}
}

const (
	marker = "<!-- marker -->"
	limit  = 60_000
)

// shown matches what GitHub shows as it is: nothing in it is Markdown.
var shown = regexp.MustCompile(`(?s)<code>((?:[^<]|<wbr>)*)</code>|<pre(?: lang="yaml")?>([^<]*)</pre>`)

// ours is what the program says of itself, which may repeat what a server said
// in a sentence: no markup, but no code either.
var ours = regexp.MustCompile(`(?m)^- GitHub said .*$`)

func TestNothingHostileIsMarkup(t *testing.T) {
	for _, attack := range attacks {
		o, opts := page([]string{attack}, 1)
		text := review.Write(&o, opts)
		rest := shown.ReplaceAllString(ours.ReplaceAllString(text, ""), "")
		if strings.Contains(rest, "PWNED") || strings.Contains(rest, "tracker") {
			t.Errorf("%q is outside of code:\n%s", attack, rest)
		}
		for _, m := range shown.FindAllStringSubmatch(text, -1) {
			inner := strings.ReplaceAll(m[1], "<wbr>", "") + m[2]
			if left := reference.ReplaceAllString(inner, ""); strings.ContainsAny(left, "<>&@#[]!`*_|~\\\"\r\u202e\u200b") {
				t.Errorf("%q: %q is in code without being a reference", attack, left)
			}
			if seen := html.UnescapeString(m[1]); strings.Contains(seen, "http://") || strings.Contains(seen, "https://") {
				t.Errorf("%q: %q can be made a link of", attack, seen)
			}
		}
		for _, line := range ours.FindAllString(text, -1) {
			if left := reference.ReplaceAllString(line, ""); strings.ContainsAny(left, "<>&@#[]()!`*_|~\\:\"\r\u202e\u200b") {
				t.Errorf("%q: the note %q holds markup", attack, line)
			}
		}
		folds(t, attack, text)
	}
}

var reference = regexp.MustCompile(`&#[0-9]+;`)

func folds(t *testing.T, name, text string) {
	t.Helper()
	for _, tag := range []string{"details", "summary", "code", "pre"} {
		if got, want := len(regexp.MustCompile("<"+tag+"[ >]").FindAllString(text, -1)), strings.Count(text, "</"+tag+">"); got != want {
			t.Errorf("%s: <%s> opens %d times and closes %d times", name, tag, got, want)
		}
	}
}

func TestLimit(t *testing.T) {
	o, opts := page(attacks, 400)
	text := review.Write(&o, opts)
	if len(text) > limit || len(text) < limit*3/4 {
		t.Errorf("%d bytes, at most %d", len(text), limit)
	}
	if !strings.HasPrefix(text, marker+"\n") {
		t.Errorf("starts with %q", text[:100])
	}
	for _, want := range []string{", in the job summary and the reports", "25 findings suppressed by the project&#39;s policy", " more files", " more findings", "**Not read, and so not checked**", "**About the policy**", "**About this run**"} {
		if !strings.Contains(text, want) && !strings.Contains(text, html.UnescapeString(want)) {
			t.Errorf("no %q", want)
		}
	}
	folds(t, "a long page", text)
}

func TestClean(t *testing.T) {
	o := policy.Policy{}.Judge(audit.Report{Files: []audit.File{{Path: "a", Status: audit.Clean, Formats: []string{"pickle"}}}})
	if got, want := review.Write(&o, review.Options{Limit: limit}), "### ✅ ModelAudit: nothing dangerous found\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a change brings comes first, however bad what was there before is; and how
// to fix it is told once.
func TestNewComesFirst(t *testing.T) {
	milder := &rule.Rule{ID: "archive-path-escapes", Title: "Escapes", Severity: rule.High, Doc: "## archive-path-escapes\n" + executes.Help()}
	file := func(path string, r *rule.Rule, says string) *audit.File {
		return &audit.File{Path: path, Status: audit.Findings, Findings: []finding.Finding{
			{Rule: r, Key: says, Message: says, Location: finding.Location{Path: path}},
		}}
	}
	known, fresh := file("a", executes, "known one"), file("b", milder, "fresh one")
	both := file("c", executes, "known too")
	both.Findings = append(both.Findings, file("c", milder, "fresh too").Findings...)
	deltas := []compare.Delta{
		compare.File("a", file("a", executes, "known one"), known), compare.File("b", nil, fresh),
		compare.File("c", file("c", executes, "known too"), both),
	}
	p := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, Compared: compare.Of("the base", deltas)}
	o := p.Judge(audit.Report{Files: []audit.File{*known, *fresh, *both}})
	text := review.Write(&o, review.Options{Limit: limit})
	at := -1
	for _, want := range []string{
		"| <code>c</code> | changed", "fresh too</code> (and 1 more finding)", "| <code>b</code> | added", "| <code>a</code> | changed",
		"<details><summary>⛔ high · <code>b</code>", "Do not load it.", "<details><summary>⛔ high · <code>c</code>", "As the first finding",
		"<details><summary>⛔ critical · <code>a</code> · Loading the pickle runs code · there before</summary>",
	} {
		i := strings.Index(text, want)
		if i <= at {
			t.Errorf("%q is not there, or not in its place", want)
		}
		at = i
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestChanges: what a change does to each model is one row, and the policy's word
// on its findings counts.
func TestChanges(t *testing.T) {
	odd := &rule.Rule{ID: "odd", Title: "Odd", Severity: rule.Low}
	model := func(path, format string, size int64, says ...string) *audit.File {
		f := &audit.File{Path: path, Status: audit.Clean, Size: size}
		if format != "" {
			f.Formats = []string{format}
		}
		for _, s := range says {
			f.Status = audit.Findings
			f.Findings = append(f.Findings, finding.Finding{Rule: odd, Key: s, Message: s, Location: finding.Location{Path: path}})
		}
		return f
	}
	cut := model("cut.pt", "", 5)
	cut.Status, cut.Reason = audit.Incomplete, "cut short"
	deltas := []compare.Delta{
		compare.File("gone.pt", model("gone.pt", "zip", 10, "gone"), nil),
		compare.File("new.pt", model("old.pt", "zip", 10), model("new.pt", "pickle", 2048)),
		compare.File("cut.pt", nil, cut),
		compare.File("fixed.pt", model("fixed.pt", "zip", 10, "was"), model("fixed.pt", "zip", 10)),
		compare.File("fine.pt", model("fine.pt", "", 10), model("fine.pt", "zip", 10, "accepted")),
		compare.File("more.pt", model("more.pt", "zip", 10, "one"), model("more.pt", "zip", 10, "one", "two")),
	}
	deltas[1].Was = "old.pt"
	p := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policy.WarnIncomplete, Compared: compare.Of("the base", deltas)}
	o := p.Judge(audit.Report{Files: []audit.File{*cut, *model("fine.pt", "zip", 10), *model("fixed.pt", "zip", 10), *model("more.pt", "zip", 10, "one", "two"), *model("new.pt", "pickle", 2048)}})
	const want = `### ⚠️ ModelAudit: 2 low in 1 file: 1 new, 1 there before, 2 fixed; none of it fails this check

| Model | Change | Format | Size | What loading it does |
|---|---|---|---:|---|
| <code>more.pt</code> | changed | zip | 10&nbsp;B | ⚠️ low <code>two</code> (and 1 more finding) · 1 **new** · 1 there before |
| <code>cut.pt</code> | added | unknown | 5&nbsp;B | ⚠️ <code>cut short</code> |
| <code>fixed.pt</code> | changed | zip | 10&nbsp;B | ✅ nothing dangerous · 1 fixed |
| <code>fine.pt</code> | changed | zip | 10&nbsp;B | ✅ nothing dangerous |
| <code>gone.pt</code> | removed | zip | 10&nbsp;B | 1 fixed |
| <code>new.pt</code> (was <code>old.pt</code>) | renamed | zip → pickle | 10&nbsp;B → 2.0&nbsp;KiB | ✅ nothing dangerous |

`
	got, _, _ := strings.Cut(review.Write(&o, review.Options{Limit: limit}), "<details>")
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestTable: without a comparison the worst file comes first, and a message that is
// long is cut.
func TestTable(t *testing.T) {
	odd := &rule.Rule{ID: "odd", Title: "Odd", Severity: rule.Low}
	file := func(path string, r *rule.Rule, message string, formats ...string) audit.File {
		return audit.File{Path: path, Status: audit.Findings, Formats: formats, Size: 7, Findings: []finding.Finding{{Rule: r, Message: message, Location: finding.Location{Path: path}}}}
	}
	long := strings.Repeat("é ", 120)
	o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policy.FailIncomplete}.Judge(audit.Report{Files: []audit.File{
		file("a", odd, long), file("b", odd, long+"é", "zip"), file("c", executes, "Runs.", "zip", "pickle"),
		{Path: "d", Status: audit.NotScanned, Reason: "a pointer"},
	}})
	o.Warnings = []string{"odd"}
	const want = `### ⛔ ModelAudit: 1 critical, 2 low in 3 files

| File | Format | Size | What it does |
|---|---|---:|---|
| <code>c</code> | zip, pickle | 7&nbsp;B | ⛔ **critical** <code>Runs.</code> |
| <code>a</code> | unknown | 7&nbsp;B | ⚠️ low <code>LONG</code> |
| <code>b</code> | zip | 7&nbsp;B | ⚠️ low <code>LONG…</code> |
| <code>d</code> | unknown | 0&nbsp;B | ⚠️ <code>a pointer</code> |

FOLDS**Not read, and so not checked**

- <code>d</code>: <code>a pointer</code>

**About the policy**

- <code>odd</code>

`
	got := review.Write(&o, review.Options{Limit: limit})
	first, last := strings.Index(got, "<details>"), strings.LastIndex(got, "</details>\n\n")+len("</details>\n\n")
	if got := got[:first] + "FOLDS" + got[last:]; got != strings.ReplaceAll(want, "LONG", long) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestCaps: what is left out of a list is counted, and nothing is where all fits.
func TestCaps(t *testing.T) {
	outcome := func(files, findings, steps, suppressed int) *policy.Outcome {
		var r audit.Report
		for i := range files {
			f := audit.File{Path: fmt.Sprintf("f%03d", i), Status: audit.Findings}
			for range findings {
				one := finding.Finding{Rule: executes, Key: "k", Message: "Runs.", Location: finding.Location{Path: f.Path}}
				one.Evidence = make([]finding.Step, steps)
				f.Findings = append(f.Findings, one)
			}
			r.Files = append(r.Files, f)
		}
		o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}}.Judge(r)
		o.Suppressed = make([]policy.Suppressed, suppressed)
		for i := range o.Suppressed {
			o.Suppressed[i] = policy.Suppressed{Finding: found("s"), By: policy.ByBaseline}
		}
		return &o
	}
	long := func(o *policy.Outcome) *policy.Outcome {
		for i := range o.Report.Files[0].Findings {
			o.Report.Files[0].Findings[i].Message = strings.Repeat("Runs ", 1000)
		}
		return o
	}
	fixed := func(n int) *policy.Outcome {
		before := outcome(1, n, 0, 0).Report.Files[0]
		o := outcome(0, 0, 0, 0)
		o.Policy.Compared = compare.Of("the base", []compare.Delta{compare.File("f", &before, nil)})
		return o
	}
	changed := func(n int) *policy.Outcome {
		o := outcome(n, 1, 0, 0)
		var deltas []compare.Delta
		for i := range o.Report.Files {
			deltas = append(deltas, compare.File("f", nil, &o.Report.Files[i]))
		}
		o.Policy.Compared = compare.Of("the base", deltas)
		return o
	}
	warned := func(n int) *policy.Outcome {
		o := outcome(0, 0, 0, 0)
		o.Warnings = slices.Repeat([]string{strings.Repeat("odd ", 20)}, n)
		return o
	}
	const huge, small = 10_000_000, 3000
	write := func(o *policy.Outcome) string { return review.Write(o, review.Options{Limit: huge}) }
	short := func(o *policy.Outcome) string { return review.Write(o, review.Options{Limit: small}) }
	atFile := func(o *policy.Outcome) string { return review.File(o, &o.Report.Files[0], marker) }
	for _, c := range []struct {
		name  string
		shown func(*policy.Outcome) string
		of    *policy.Outcome
		left  string // what is said of the rest; "" for nothing
	}{
		{name: "rows", shown: write, of: outcome(100, 1, 0, 0)},
		{name: "more rows", shown: write, of: outcome(101, 1, 0, 0), left: "… and 1 more file, "},
		{name: "models", shown: write, of: changed(100)},
		{name: "more models", shown: write, of: changed(102), left: "… and 2 more models, "},
		{name: "lines", shown: short, of: warned(5)},
		{name: "more lines", shown: short, of: warned(11), left: "… and 3 more lines, "},
		{name: "steps", shown: write, of: outcome(1, 1, 30, 0)},
		{name: "more steps", shown: write, of: outcome(1, 1, 32, 0), left: "… and 2 more steps"},
		{name: "suppressed", shown: write, of: outcome(1, 1, 0, 200)},
		{name: "more suppressed", shown: write, of: outcome(1, 1, 0, 201), left: "… and 1 more finding, "},
		{name: "fixed", shown: write, of: fixed(100)},
		{name: "more fixed", shown: write, of: fixed(101), left: "… and 1 more finding, "},
		{name: "no room for what is fixed", shown: short, of: fixed(100), left: "… and 100 more fixed findings, "},
		{name: "at a file", shown: atFile, of: outcome(1, 5, 0, 0)},
		{name: "more at a file", shown: atFile, of: outcome(1, 7, 0, 0), left: "… and 2 more findings, "},
		{name: "too long at a file", shown: atFile, of: long(outcome(1, 3, 0, 0)), left: "… and 1 more finding, "},
	} {
		got := c.shown(c.of)
		if c.left == "" && strings.Contains(got, "… and") || !strings.Contains(got, c.left) {
			t.Errorf("%s: no %q in\n%.3000s", c.name, c.left, got)
		}
		if steps, folds := strings.Count(got, "\n0x")+strings.Count(got, "<pre>0x"), strings.Count(got, "<details>"); len(c.of.Report.Files) == 1 && (steps > 30 || folds > 5) {
			t.Errorf("%s: %d steps and %d folds are shown", c.name, steps, folds)
		}
	}
	for _, n := range []int{1, 8, 40} {
		o := outcome(n, 1, 3, n)
		full := write(o)
		for _, room := range []int{len(full) + 2000, len(full)*2 + 2000} {
			if got := review.Write(o, review.Options{Limit: room}); len(got) > room {
				t.Errorf("%d files: %d bytes, at most %d", n, len(got), room)
			}
		}
	}
}

// TestScope: what was scanned, where the alerts are and what was dismissed is told,
// and a picture is drawn where it is wanted.
func TestScope(t *testing.T) {
	f := found("m")
	o := policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, Dismissed: func(*finding.Finding) string { return "won't fix" }}.Judge(audit.Report{
		Files: []audit.File{{Path: "m", Status: audit.Findings, Findings: []finding.Finding{f}}},
	})
	for _, c := range []struct {
		name string
		opts review.Options
		want []string
		not  []string
	}{
		{name: "bare", want: []string{" · dismissed: <code>won&#39;t fix</code>", "Inside <code>m</code> → <code>m</code>.\n"}, not: []string{"mermaid", "Alerts in code scanning"}},
		{name: "scope", opts: review.Options{Scope: "All was scanned."}, want: []string{"\n\nAll was scanned.\n\n|"}, not: []string{"Alerts"}},
		{name: "link", opts: review.Options{Scope: "All.", Link: "https://github.com/x"}, want: []string{"All. [Alerts in code scanning](https://github.com/x)\n\n|"}},
		{name: "picture", opts: review.Options{Picture: true}, want: []string{"|\n\n```mermaid\n"}},
	} {
		c.opts.Limit = limit
		got := review.Write(&o, c.opts)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%s", c.name, not, got)
			}
		}
	}
}
