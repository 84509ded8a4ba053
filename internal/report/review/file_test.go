package review_test

import (
	"html"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/review"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// TestFile: a finding is told with what there is of evidence and help and no more,
// how to mend a rule's findings once, and nothing of a policy file that none names.
func TestFile(t *testing.T) {
	silent := &rule.Rule{ID: "silent", Severity: rule.Low, Doc: "## silent\nNo more than this."}
	at := func(r *rule.Rule, says string, inside []string, steps ...finding.Step) finding.Finding {
		return finding.Finding{Rule: r, Message: says, Location: finding.Location{Path: "m", Inside: inside}, Evidence: steps}
	}
	f := audit.File{Path: "m", Findings: []finding.Finding{
		at(executes, "One.", []string{"a"}, finding.Step{Offset: 16, Text: "REDUCE"}, finding.Step{Line: 3, Text: "exec"}),
		at(executes, "Two.", nil), at(silent, "Three.", nil, finding.Step{Text: "seen"}),
	}}
	o := policy.Policy{}.Judge(audit.Report{Files: []audit.File{f}})
	const want = marker + `
**ModelAudit: 3 findings in this file**

⛔ **critical** <code>One.</code>

<details><summary>Evidence, and how to fix it</summary>

Inside <code>a</code>.

<pre>0x00000010  REDUCE
line 3      exec
</pre>

**How to fix it.** Do not load it.

</details>

⛔ **critical** <code>Two.</code>

<details><summary>Evidence, and how to fix it</summary>

**How to fix it.** As the first finding of this kind, above.

</details>

⚠️ low <code>Three.</code>

<details><summary>Evidence, and how to fix it</summary>

<pre>0x00000000  seen
</pre>

</details>
`
	if got := review.File(&o, &f, marker); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestParts: what stands behind the table, to the letter.
func TestParts(t *testing.T) {
	mended := &rule.Rule{ID: "mended", Title: "Mended", Severity: rule.Low, Doc: "## mended\nWhat.\n\n**How to fix it.** So.\n\n**How to accept the risk.** Or so.\n"}
	f := finding.Finding{Rule: mended, Message: "One.", Location: finding.Location{Path: "a*"}, Evidence: []finding.Step{{Text: "seen"}}}
	o := policy.Policy{}.Judge(audit.Report{Files: []audit.File{{Path: "a*", Findings: []finding.Finding{f}}}})
	o.Suppressed = []policy.Suppressed{
		{Finding: f, By: policy.ByBaseline},
		{Finding: f, By: policy.ByAcceptance, Reason: "known", Until: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	got := review.Write(&o, review.Options{Limit: limit, Policy: "p.yml", Notes: []string{"One line.", "To paste:\na: b\nc"}})
	_, got, _ = strings.Cut(got, "<details>")
	want := `<summary>⚠️ low · <code>a*</code> · Mended</summary>

<code>One.</code>

<pre>0x00000000  seen
</pre>

**How to fix it.** So.

To live with it, add to ` + "`p.yml`" + ` on the base branch:

<pre lang="yaml">accept:
  - rule: mended
    path: "/a\\*"
    fingerprint: "` + f.Fingerprint() + `"
    reason: "" # say why this is safe; required
    until: 2030-12-31 # optional
</pre>

</details>

**About this run**

- One line.
- To paste:
<pre>a: b
c
</pre>


<details><summary>2 findings suppressed by the project's policy</summary>

- low · <code>a*</code> · Mended · baseline
- low · <code>a*</code> · Mended · accepted: <code>known</code> until 2030-12-31

</details>

`
	// How text is escaped is another test's.
	if got = strings.ReplaceAll(html.UnescapeString(got), "\u2060", ""); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestSettled(t *testing.T) {
	const said = marker + "\n✅ Resolved: the file is gone.\n"
	for _, c := range []struct {
		name, got, want string
	}{
		{name: "closed", got: review.Settled(marker, "the file is gone", true), want: said},
		{name: "open", got: review.Settled(marker, "the file is gone", false), want: said + "\nThis conversation can be resolved: the token of the check may not do so itself.\n"},
	} {
		if c.got != c.want || !review.IsSettled(c.got) {
			t.Errorf("%s: got %q (settled: %v), want %q", c.name, c.got, review.IsSettled(c.got), c.want)
		}
	}
	for _, body := range []string{"", marker, "✅ Resolved: ", marker + "\n**ModelAudit: 1 finding in this file**\n✅ Resolved: "} {
		if review.IsSettled(body) {
			t.Errorf("%q is taken for a settled comment", body)
		}
	}
}

// TestHeadline: the first line says the worst that is known.
func TestHeadline(t *testing.T) {
	bad := audit.File{Path: "m", Status: audit.Findings, Findings: []finding.Finding{{Rule: executes, Message: "Runs."}}}
	clean := audit.File{Path: "c", Status: audit.Clean}
	unread := audit.File{Path: "u", Status: audit.NotScanned, Reason: "a pointer"}
	never := policy.Threshold{Never: true}
	for _, c := range []struct {
		name   string
		policy policy.Policy
		files  []audit.File
		before bool
		want   string
	}{
		{name: "clean", files: []audit.File{clean}, want: "✅ ModelAudit: nothing dangerous found"},
		{name: "clean again", files: []audit.File{clean}, before: true, want: "✅ ModelAudit: resolved. Nothing dangerous is left"},
		{name: "fails", files: []audit.File{bad, clean}, want: "⛔ ModelAudit: 1 critical in 1 file"},
		{name: "does not fail", policy: policy.Policy{FailOn: never}, files: []audit.File{bad, bad}, want: "⚠️ ModelAudit: 2 critical in 2 files; none of it fails this check"},
		{name: "not read", policy: policy.Policy{OnIncomplete: policy.WarnIncomplete}, files: []audit.File{unread, clean}, want: "⚠️ ModelAudit: 1 file could not be fully inspected"},
		{name: "open", policy: policy.Policy{OnIncomplete: policy.FailIncomplete}, files: []audit.File{unread, unread}, want: "⚠️ ModelAudit: 2 files could not be fully inspected"},
		{name: "open, with findings", policy: policy.Policy{FailOn: never, OnIncomplete: policy.FailIncomplete}, files: []audit.File{unread, bad}, want: "⚠️ ModelAudit: 1 file could not be fully inspected, and 1 critical in 1 file"},
		{name: "not read, before", policy: policy.Policy{OnIncomplete: policy.WarnIncomplete}, files: []audit.File{unread}, before: true, want: "⚠️ ModelAudit: 1 file could not be fully inspected"},
	} {
		o := c.policy.Judge(audit.Report{Files: c.files})
		got, _, _ := strings.Cut(strings.TrimPrefix(review.Write(&o, review.Options{Before: c.before, Limit: limit}), "### "), "\n")
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
