package review_test

import (
	"html"
	"regexp"
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
	Help: "Loading runs `code`.\n\n**How to fix it.** Do not load it.",
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
	milder := &rule.Rule{ID: "archive-path-escapes", Title: "Escapes", Severity: rule.High, Help: executes.Help}
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
