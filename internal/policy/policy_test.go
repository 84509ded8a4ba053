package policy_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var (
	executes = &rule.Rule{ID: "pickle-executes-code", Severity: rule.Critical, NamesCallable: true}
	unknown  = &rule.Rule{ID: "pickle-unknown-callable", Severity: rule.Medium, NamesCallable: true}
	odd      = &rule.Rule{ID: "archive-odd", Severity: rule.Low}
	gap      = &rule.Rule{ID: "scan-incomplete", Severity: rule.Medium, Unread: true}

	now  = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	high = policy.Threshold{Severity: rule.High}
)

func found(r *rule.Rule, path, key string) finding.Finding {
	return finding.Finding{Rule: r, Key: key, Message: r.ID + " " + key, Location: finding.Location{Path: path}}
}

// report has a file for each thing that a policy may look at.
func report() audit.Report {
	with := func(path string, status audit.Status, findings ...finding.Finding) audit.File {
		for i := range findings {
			findings[i].Location.Path = path
		}
		finding.Number(findings)
		return audit.File{Path: path, Status: status, Findings: findings}
	}
	return audit.Report{Files: []audit.File{
		with("models/bad.pkl", audit.Findings, found(executes, "", "posix.system"), found(odd, "", "x"), found(odd, "", "x")),
		with("models/cut.pkl", audit.Incomplete, found(gap, "", "truncated")),
		with("models/good.pkl", audit.Clean),
		with("research/new.pkl", audit.Findings, found(unknown, "", "ours.layers.Dense")),
		with("research/lfs.pt", audit.NotScanned),
	}}
}

func pick(r audit.Report, paths ...string) audit.Report {
	var out audit.Report
	for _, f := range r.Files {
		for _, p := range paths {
			if f.Path == p {
				out.Files = append(out.Files, f)
			}
		}
	}
	return out
}

func TestParse(t *testing.T) {
	for _, word := range []string{"critical", "high", "medium", "low", "none"} {
		got, err := policy.ParseThreshold(word)
		if err != nil || got.String() != word || got.Fails(rule.Critical) != (word != "none") || got.Fails(rule.Info) {
			t.Errorf("%s: got %+v, %v", word, got, err)
		}
	}
	for _, word := range []string{"fail", "warn"} {
		if got, err := policy.ParseOnIncomplete(word); err != nil || string(got) != word {
			t.Errorf("%s: got %q, %v", word, got, err)
		}
	}
	for _, word := range []string{"", "info", "High", "never"} {
		if got, err := policy.ParseThreshold(word); err == nil || got != (policy.Threshold{}) {
			t.Errorf("%q: got %+v, %v, want an error", word, got, err)
		}
		if got, err := policy.ParseOnIncomplete(word); err == nil || got != "" {
			t.Errorf("%q: got %q, %v, want an error", word, got, err)
		}
	}
}

// TestNewOnly: what was there before does not fail where that is wanted, and fails
// where it is not.
func TestNewOnly(t *testing.T) {
	f := finding.Finding{Rule: &rule.Rule{ID: "r", Severity: rule.Critical}, Location: finding.Location{Path: "a"}}
	file := audit.File{Path: "a", Findings: []finding.Finding{f}}
	known := compare.Of("base", []compare.Delta{compare.File("a", &file, &file)})
	fresh := compare.Of("base", []compare.Delta{compare.File("a", nil, &file)})
	for _, c := range []struct {
		name   string
		policy policy.Policy
		want   bool
	}{
		{name: "known", policy: policy.Policy{NewOnly: true, Compared: known}},
		{name: "known, all count", policy: policy.Policy{Compared: known}, want: true},
		{name: "new", policy: policy.Policy{NewOnly: true, Compared: fresh}, want: true},
		{name: "not compared", policy: policy.Policy{NewOnly: true}, want: true},
	} {
		if got := c.policy.Fails(&f); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	critical, low, warn := policy.Threshold{Severity: rule.Critical}, policy.Threshold{Severity: rule.Low}, policy.WarnIncomplete
	closed := func(r *rule.Rule) func(*finding.Finding) string {
		return func(f *finding.Finding) string {
			if f.Rule == r {
				return "won't fix"
			}
			return ""
		}
	}
	same := &pick(report(), "models/bad.pkl").Files[0]
	before := compare.Of("the base", []compare.Delta{compare.File(same.Path, same, same)})
	for _, c := range []struct {
		name   string
		policy policy.Policy
		report audit.Report
		want   policy.Verdict
		status int
	}{
		{"findings outrank gaps", policy.Policy{FailOn: high, OnIncomplete: policy.FailIncomplete}, report(), policy.Fail, 1},
		{"no threshold", policy.Policy{FailOn: policy.Threshold{Never: true}, OnIncomplete: policy.FailIncomplete}, report(), policy.Open, 3},
		{"nothing fails", policy.Policy{FailOn: policy.Threshold{Never: true}, OnIncomplete: policy.WarnIncomplete}, report(), policy.Pass, 0},
		{"at the threshold", policy.Policy{FailOn: policy.Threshold{Severity: rule.Medium}}, pick(report(), "research/new.pkl"), policy.Fail, 1},
		{"below the threshold", policy.Policy{FailOn: high}, pick(report(), "research/new.pkl"), policy.Pass, 0},
		{"a gap is no finding at the threshold, but fails", policy.Policy{FailOn: high, OnIncomplete: policy.FailIncomplete}, pick(report(), "models/cut.pkl"), policy.Open, 3},
		{"not scanned", policy.Policy{FailOn: high, OnIncomplete: policy.FailIncomplete}, pick(report(), "research/lfs.pt"), policy.Open, 3},
		{
			"a path of its own", policy.Policy{
				FailOn: high, OnIncomplete: policy.FailIncomplete,
				Paths: []policy.PathRule{{Path: "research/**", FailOn: &low}, {Path: "research", OnIncomplete: &warn}},
			},
			pick(report(), "research/new.pkl", "research/lfs.pt"), policy.Fail, 1,
		},
		{
			"the last path decides", policy.Policy{
				FailOn: high, OnIncomplete: policy.WarnIncomplete,
				Paths: []policy.PathRule{{Path: "research", FailOn: &low}, {Path: "*.pkl", FailOn: &critical}},
			},
			pick(report(), "research/new.pkl"), policy.Pass, 0,
		},
		{
			"paths of others set nothing", policy.Policy{
				FailOn: high, OnIncomplete: policy.FailIncomplete,
				Paths: []policy.PathRule{{Path: "models", FailOn: &low}, {Path: "models", OnIncomplete: &warn}},
			},
			pick(report(), "research/new.pkl", "research/lfs.pt"), policy.Open, 3,
		},
		{
			"a path where gaps only warn", policy.Policy{
				FailOn: high, OnIncomplete: policy.FailIncomplete,
				Paths: []policy.PathRule{{Path: "research", FailOn: &low}, {Path: "research", OnIncomplete: &warn}},
			},
			pick(report(), "research/lfs.pt"), policy.Pass, 0,
		},
		{"an alert closed by hand", policy.Policy{FailOn: high, Dismissed: closed(executes)}, pick(report(), "models/bad.pkl"), policy.Pass, 0},
		{"the alert of another rule", policy.Policy{FailOn: high, Dismissed: closed(odd)}, pick(report(), "models/bad.pkl"), policy.Fail, 1},
		{"there before the change", policy.Policy{FailOn: high, NewOnly: true, Compared: before}, pick(report(), "models/bad.pkl"), policy.Pass, 0},
		{"there before, and all count", policy.Policy{FailOn: high, Compared: before}, pick(report(), "models/bad.pkl"), policy.Fail, 1},
		{
			"an accepted gap", policy.Policy{
				FailOn: high, OnIncomplete: policy.FailIncomplete,
				Accepted: []policy.Acceptance{{Rule: gap.ID, Path: "models/cut.pkl", Reason: "known"}},
			},
			pick(report(), "models/cut.pkl"), policy.Pass, 0,
		},
	} {
		got := c.policy.Judge(c.report)
		if got.Verdict != c.want || got.Verdict.ExitStatus() != c.status {
			t.Errorf("%s: got %s (%d), want %s (%d)", c.name, got.Verdict, got.Verdict.ExitStatus(), c.want, c.status)
		}
	}
}

func TestSuppress(t *testing.T) {
	for _, c := range []struct {
		name     string
		policy   policy.Policy
		want     []string // rule, means, reason and last day of the suppressed
		warnings []string
	}{
		{name: "nothing"},
		{
			name:   "by rule",
			policy: policy.Policy{Known: func(id string) bool { return id == odd.ID }, Accepted: []policy.Acceptance{{Rule: odd.ID, Reason: "fine"}}},
			want:   []string{"archive-odd accepted fine", "archive-odd accepted fine"},
		},
		{
			name: "by fingerprint",
			policy: policy.Policy{
				Known:    func(id string) bool { return id != "" },
				Accepted: []policy.Acceptance{{Fingerprint: report().Files[0].Findings[2].Fingerprint(), Reason: "fine"}},
			},
			want: []string{"archive-odd accepted fine"},
		},
		{
			name:     "elsewhere",
			policy:   policy.Policy{Accepted: []policy.Acceptance{{Rule: odd.ID, Path: "research/**", Reason: "fine", Origin: "p:3"}}},
			warnings: []string{"p:3: nothing found matches this acceptance any more"},
		},
		{
			name: "elsewhere, of a part",
			policy: policy.Policy{
				Partial:  true,
				Accepted: []policy.Acceptance{{Rule: odd.ID, Path: "research/**", Reason: "fine", Origin: "p:3"}},
				Allowed:  []policy.Allowance{{Callable: "our.*", Reason: "ours", Origin: "p:1"}},
				Baseline: &policy.Baseline{Name: "b.json", Entries: []policy.Entry{{Path: "models/gone.pkl", Fingerprint: "f"}}},
			},
		},
		{
			name:   "on the last day",
			policy: policy.Policy{Accepted: []policy.Acceptance{{Rule: executes.ID, Reason: "fine", Until: now.Add(time.Second)}}},
			want:   []string{"pickle-executes-code accepted fine 2030-05-31"},
		},
		{
			name:     "expired",
			policy:   policy.Policy{Accepted: []policy.Acceptance{{Rule: executes.ID, Reason: "fine", Until: time.Date(2030, 6, 1, 0, 0, 0, 0, time.UTC), Origin: "p:3"}}},
			warnings: []string{"p:3: this acceptance ended with 2030-05-31"},
		},
		{
			name: "unknown rule",
			policy: policy.Policy{
				Known:    func(id string) bool { return id != "nope\x1b" },
				Accepted: []policy.Acceptance{{Rule: "nope\x1b", Reason: "fine", Origin: "p\n:3"}},
			},
			warnings: []string{`p\n:3: there is no rule nope\x1b`},
		},
		{
			name:   "a callable",
			policy: policy.Policy{Allowed: []policy.Allowance{{Callable: "ours.layers.Dense", Reason: "ours"}}},
			want:   []string{"pickle-unknown-callable allowed ours"},
		},
		{
			name:   "a module",
			policy: policy.Policy{Allowed: []policy.Allowance{{Callable: "ours.*", Path: "research", Reason: "ours"}}},
			want:   []string{"pickle-unknown-callable allowed ours"},
		},
		{
			name: "callables that are not there",
			policy: policy.Policy{Allowed: []policy.Allowance{
				{Callable: "our.*", Reason: "ours", Origin: "p:1"}, {Callable: "x", Origin: "p:2"}, {Callable: "ours.*", Path: "models", Origin: "p:3"},
				{Callable: "ours.layers.D", Origin: "p:4"},
			}},
			warnings: []string{"p:1: no file needs our.*, or what it does is known", "p:2: no file needs x, or what it does is known",
				"p:3: no file needs ours.*, or what it does is known", "p:4: no file needs ours.layers.D, or what it does is known"},
		},
		{
			name: "by means that find them in another order",
			policy: policy.Policy{
				Accepted: []policy.Acceptance{{Rule: odd.ID, Reason: "fine"}},
				Allowed:  []policy.Allowance{{Callable: "ours.*", Reason: "ours"}},
			},
			want: []string{"pickle-unknown-callable allowed ours", "archive-odd accepted fine", "archive-odd accepted fine"},
		},
		{
			name: "an acceptance outranks the baseline",
			policy: policy.Policy{
				Accepted: []policy.Acceptance{{Rule: executes.ID, Reason: "fine"}},
				Baseline: &policy.Baseline{Name: "b.json", Entries: []policy.Entry{
					{Path: "models/bad.pkl", Fingerprint: report().Files[0].Findings[0].Fingerprint()},
					{Path: "models/bad.pkl", Fingerprint: report().Files[0].Findings[1].Fingerprint()},
					{Path: "models/gone.pkl", Fingerprint: report().Files[0].Findings[1].Fingerprint()},
				}},
			},
			want:     []string{"pickle-executes-code accepted fine", "archive-odd baseline"},
			warnings: []string{"b.json: 1 of 3 entries match nothing found any more"},
		},
	} {
		c.policy.FailOn, c.policy.Now = high, now
		before := report()
		got := c.policy.Judge(before)
		if diff := cmp.Diff(report(), before); diff != "" {
			t.Errorf("%s: the report changed:\n%s", c.name, diff)
		}
		var view []string
		for _, s := range got.Suppressed {
			view = append(view, strings.TrimSpace(s.Finding.Rule.ID+" "+string(s.By)+" "+s.Reason+" "+policy.LastDay(s.Until)))
		}
		if diff := cmp.Diff(c.want, view); diff != "" {
			t.Errorf("%s: suppressed (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.warnings, got.Warnings); diff != "" {
			t.Errorf("%s: warnings (-want +got):\n%s", c.name, diff)
		}
		if n := len(got.Report.Findings()) + len(got.Suppressed); n != len(before.Findings()) {
			t.Errorf("%s: %d findings became %d", c.name, len(before.Findings()), n)
		}
	}
}

func TestPathsAreThoseOfThePolicy(t *testing.T) {
	p := policy.Policy{
		FailOn:   high,
		Name:     func(path string) string { return strings.TrimPrefix(path, "../repository/") },
		Accepted: []policy.Acceptance{{Rule: executes.ID, Path: "models/bad.pkl", Reason: "fine"}},
	}
	r := audit.Report{Files: []audit.File{{
		Path: "../repository/models/bad.pkl", Status: audit.Findings,
		Findings: []finding.Finding{found(executes, "../repository/models/bad.pkl", "x")},
	}}}
	if got := p.Judge(r); len(got.Suppressed) != 1 {
		t.Errorf("suppressed %d, want 1", len(got.Suppressed))
	}
}

func TestBaselineRoundTrip(t *testing.T) {
	r := report()
	r.Files[0].Path = "models/##[error]\xff.pkl"
	for i := range r.Files[0].Findings {
		r.Files[0].Findings[i].Location.Path = r.Files[0].Path
	}
	first := policy.Policy{FailOn: high, OnIncomplete: policy.WarnIncomplete}.Judge(r)
	var b strings.Builder
	if err := policy.Record(&first).Write(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "##[") {
		t.Errorf("a name that commands a workflow log: %s", b.String())
	}
	base, err := policy.ReadBaseline("b.json", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	second := policy.Policy{FailOn: high, OnIncomplete: policy.WarnIncomplete, Baseline: base}.Judge(r)
	if second.Verdict != policy.Pass || len(second.Report.Findings()) != 0 || len(second.Suppressed) != 5 || len(second.Warnings) != 0 {
		t.Errorf("got %s, findings %v, %d suppressed, warnings %v; want pass, none, 5, none",
			second.Verdict, second.Report.Findings(), len(second.Suppressed), second.Warnings)
	}
	var again strings.Builder
	if err := policy.Record(&second).Write(&again); err != nil {
		t.Fatal(err)
	}
	if again.String() != b.String() {
		t.Errorf("a baseline written under itself differs:\n%s", cmp.Diff(b.String(), again.String()))
	}
}

// TestRecord: a baseline is of what counts, in one order, and fit to be read as text.
func TestRecord(t *testing.T) {
	r := pick(report(), "models/bad.pkl", "research/new.pkl")
	r.Files[1].Findings[0].Message = "It calls <lambda>."
	o := policy.Policy{FailOn: high, Accepted: []policy.Acceptance{{Rule: executes.ID, Reason: "fine"}}}.Judge(r)
	b := policy.Record(&o)
	var got []string
	for _, e := range b.Entries {
		got = append(got, e.Path+" "+e.Rule)
	}
	if diff := cmp.Diff([]string{"models/bad.pkl archive-odd", "models/bad.pkl archive-odd", "research/new.pkl pickle-unknown-callable"}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	var text strings.Builder
	if err := b.Write(&text); err != nil || !strings.Contains(text.String(), "\n      \"message\": \"It calls <lambda>.\"\n") {
		t.Errorf("got %v and\n%s", err, text.String())
	}
	read, write := io.Pipe()
	read.Close()
	if err := b.Write(write); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a pipe that nobody reads: got %v", err)
	}
}

func TestReadBaselineRefuses(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "b.json: not a baseline: EOF"},
		{"a list", "[]", "b.json: not a baseline: json:"},
		{"another document", `{"schema_version": "1", "tool": {}}`, `b.json: not a baseline: json: unknown field "tool"`},
		{"another version", `{"schema_version": "2", "findings": []}`, `b.json: schema_version "2" is not "1"`},
		{"no path", `{"schema_version": "1", "findings": [{"fingerprint": "f"}]}`, "b.json: entry 1 lacks a path or a fingerprint"},
		{"no fingerprint", `{"schema_version": "1", "findings": [{"path": "a"}]}`, "b.json: entry 1 lacks a path or a fingerprint"},
		{"more", `{"schema_version": "1", "findings": []} {}`, "b.json: not a baseline: more follows its end"},
	} {
		if _, err := policy.ReadBaseline("b.json", []byte(c.data)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// What is beneath report-min or min-precision is listed, unless it fails or says
// that something was not read.
func TestReportMin(t *testing.T) {
	for _, test := range []struct {
		name    string
		policy  policy.Policy
		counts  int
		beneath policy.Means
		verdict policy.Verdict
	}{
		{"everything", policy.Policy{FailOn: high, OnIncomplete: policy.WarnIncomplete}, 5, "", policy.Fail},
		{"the worst", policy.Policy{FailOn: high, OnIncomplete: policy.WarnIncomplete, ReportMin: rule.Critical}, 2, policy.BySeverity, policy.Fail},
		{"no milder than the mildest", policy.Policy{FailOn: high, OnIncomplete: policy.WarnIncomplete, ReportMin: rule.Medium}, 3, policy.BySeverity, policy.Fail},
		{"what fails is told", policy.Policy{FailOn: policy.Threshold{Severity: rule.Low}, OnIncomplete: policy.WarnIncomplete, ReportMin: rule.Critical}, 5, "", policy.Fail},
		{"what was not read is told", policy.Policy{FailOn: high, OnIncomplete: policy.FailIncomplete, ReportMin: rule.Critical, MinPrecision: rule.Certain}, 1, policy.ByPrecision, policy.Open},
	} {
		o := test.policy.Judge(report())
		if n := len(o.Report.Findings()); n != test.counts || n+len(o.Suppressed) != 5 || o.Verdict != test.verdict {
			t.Errorf("%s: %d findings count, %d do not, verdict %s; want %d and %s", test.name, n, len(o.Suppressed), o.Verdict, test.counts, test.verdict)
		}
		for _, s := range o.Suppressed {
			if s.By != test.beneath || s.Finding.Rule == gap {
				t.Errorf("%s: %s is suppressed: %s", test.name, s.Finding.Rule.ID, s.By)
			}
		}
	}
}
