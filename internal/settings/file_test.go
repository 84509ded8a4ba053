package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/settings"
)

// everything is a policy file that uses every key.
const everything = `# The models of this project.
fail-on: medium
on-incomplete: warn
report-min: low
min-precision: likely
carve: all
include: ["models/**"]
exclude:
  - third_party
  - '*.md'
baseline: .github/modelaudit-baseline.json
licenses:
  deny: [AGPL-3.0-only, CC-BY-NC-*]
limits:
  max-file-size: 10GiB
  max-inflated: 64GiB
  max-memory: 512MB
  max-steps: 1000
  max-members: 2000
  max-depth: 8
  timeout: 10m
paths:
  - {path: research/**, fail-on: critical}
  - path: prod
    on-incomplete: fail
accept:
  - rule: pickle-executes-code
    path: models/old.pkl
    fingerprint: 0123456789abcdef:1
    reason: "Audited by hand: it only prints."
    until: 2030-12-31
  - fingerprint: 0123456789abcdef:2
    reason: the same
allow-callables:
  - callable: ourpackage.layers.*
    path: models/**
    reason: our own code
`

func TestReadFile(t *testing.T) {
	got := settings.Default()
	if err := got.ReadFile("p.yml", []byte(everything)); err != nil {
		t.Fatal(err)
	}
	want := settings.Default()
	critical, fail := policy.Threshold{Severity: rule.Critical}, policy.FailIncomplete
	want.Denied = []string{"AGPL-3.0-only", "CC-BY-NC-*"}
	want.Filter.Include, want.Filter.Exclude = []string{"models/**"}, []string{"third_party", "*.md"}
	want.Filter.MaxSize = 10 << 30
	want.Search = -1
	want.Baseline = ".github/modelaudit-baseline.json"
	want.Limits.Inflated, want.Limits.Memory, want.Limits.Steps = 64<<30, 512_000_000, 1000
	want.Limits.Members, want.Limits.Depth, want.Limits.Time = 2000, 8, 10*time.Minute
	want.Policy = policy.Policy{
		FailOn: policy.Threshold{Severity: rule.Medium}, OnIncomplete: policy.WarnIncomplete, ReportMin: rule.Low, MinPrecision: rule.Likely,
		Paths: []policy.PathRule{{Path: "research/**", FailOn: &critical}, {Path: "prod", OnIncomplete: &fail}},
		Accepted: []policy.Acceptance{
			{
				Rule: "pickle-executes-code", Path: "models/old.pkl", Fingerprint: "0123456789abcdef:1",
				Reason: "Audited by hand: it only prints.", Until: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), Origin: "p.yml:27",
			},
			{Fingerprint: "0123456789abcdef:2", Reason: "the same", Origin: "p.yml:32"},
		},
		Allowed: []policy.Allowance{
			{Callable: "ourpackage.layers.*", Path: "models/**", Reason: "our own code", Origin: "p.yml:35"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// refused are files that say something that is not understood.
var refused = []struct{ name, file, want string }{
	{"empty", "", "p.yml:1: the file holds no policy"},
	{"only a comment", "# nothing\n", "p.yml:1: the file holds no policy"},
	{"null", "~", "p.yml:1: a mapping with some of the keys fail-on, "},
	{"list", "- a", "p.yml:1: a mapping with some of the keys fail-on, on-incomplete, report-min, min-precision, carve, paths, accept, allow-callables, include, exclude, baseline, licenses, limits is wanted here, not a list"},
	{"no YAML", "a: [", "p.yml:2: not YAML: did not find expected node content"},
	{"two documents", "fail-on: high\n---\nfail-on: none\n", "p.yml:2: a second document begins here; one is allowed"},
	{"unknown key", "fail-on: high\n\nfail_on: high", `p.yml:3: unknown key "fail_on" (allowed here: fail-on, on-incomplete, report-min, min-precision, carve, paths, accept,`},
	{"key that is no text", "[a]: high", `p.yml:1: unknown key "" (allowed here:`},
	{"twice", "fail-on: high\nfail-on: low", `p.yml:2: the key "fail-on" is here twice`},
	{"value", "\nfail-on: hgih", `p.yml:2: fail-on: "hgih" is not one of critical, high, medium, low, none`},
	{"least severity", "report-min: none", `p.yml:1: report-min: "none" is not one of critical, high, medium, low, info`},
	{"least precision", "min-precision: sure", `p.yml:1: min-precision: "sure" is not one of certain, likely, possible`},
	{"no value", "fail-on:", "p.yml:1: fail-on: a single value is wanted here, not nothing"},
	{"empty value", "fail-on: ''", "p.yml:1: fail-on: a single value is wanted here, not an empty one"},
	{"list for a value", "fail-on: [high]", "p.yml:1: fail-on: a single value is wanted here, not a list"},
	{"value for a list", "exclude: '*.md'", "p.yml:1: exclude: a list is wanted here, not a single value"},
	{"alias", "exclude: &a ['*']\ninclude: *a", "p.yml:2: include: a list is wanted here, not an alias"},
	{"glob", "exclude: ['*.md', 'a[']", `p.yml:1: exclude: "a[" is not a glob`},
	{"unknown limit", "limits: {\n max-time: 5m}", `p.yml:2: limits: unknown key "max-time" (allowed here: max-file-size, max-inflated, max-memory, max-steps, max-members, max-depth, timeout)`},
	{"limit", "limits: {timeout: 5}", `p.yml:1: timeout: "5" is not a duration`},
	{"path without a path", "paths: [{fail-on: low}]", `p.yml:1: paths: the key "path" is missing (allowed here: path, fail-on, on-incomplete)`},
	{"path without a value", "paths: [{path: a}]", "p.yml:1: paths: this entry sets neither"},
	{"path with a wrong value", "paths: [{path: a, fail-on: all}]", `p.yml:1: fail-on: "all" is not one of critical`},
	{"acceptance without a reason", "accept:\n- rule: a", `p.yml:2: accept: the key "reason" is missing`},
	{"acceptance of everything", "accept: [{path: a, reason: b}]", "p.yml:1: accept: this entry names neither a rule nor a fingerprint"},
	{"date", "accept: [{rule: a, reason: b, until: tomorrow}]", `p.yml:1: until: "tomorrow" is not a date such as`},
	{"all callables", "allow-callables: [{callable: '*', reason: b}]", `p.yml:1: callable: "*" is not a callable such as`},
	{"any callable", "allow-callables: [{callable: 'os.sys*', reason: b}]", `p.yml:1: callable: "os.sys*" is not a callable`},
	{"an empty name", "allow-callables: [{callable: ours..load, reason: b}]", `p.yml:1: callable: "ours..load" is not a callable`},
	{"no module", "allow-callables: [{callable: eval, reason: b}]", `p.yml:1: callable: "eval" is not a callable`},
	{"tab", "a:\n\t- b", "p.yml:2: not YAML: "},
	{"two documents, one of them none", "fail-on: high\n---\na: [", "p.yml:4: not YAML: "},
	{"no text", "\x00", "p.yml:1: not YAML: control characters are not allowed"},
	{"no reason", "accept: [{rule: a, reason: }]", "p.yml:1: reason: a single value is wanted here, not nothing"},
	{"a mapping for a value", "fail-on: {a: b}", "p.yml:1: fail-on: a single value is wanted here, not a mapping"},
	{"a mapping for a value of a path", "paths: [{path: a, fail-on: {a: b}}]", "p.yml:1: fail-on: a single value is wanted here, not a mapping"},
	{"a list for a glob", "exclude: [[a]]", "p.yml:1: exclude: a single value is wanted here, not a list"},
	{"a list for a date", "accept: [{rule: a, reason: b, until: [a]}]", "p.yml:1: until: a single value is wanted here, not a list"},
	{"a list for a callable", "allow-callables: [{callable: [a.b], reason: b}]", "p.yml:1: callable: a single value is wanted here, not a list"},
	{"an allowance without a reason", "allow-callables: [{callable: a.b}]", `p.yml:1: allow-callables: the key "reason" is missing`},
	{"licences without any", "licenses: {}", `p.yml:1: licenses: the key "deny" is missing`},
	{"too large", strings.Repeat("#", settings.MaxFileSize+1), "p.yml: 1048577 bytes, more than 1048576"},
}

func TestReadFileRefuses(t *testing.T) {
	for _, c := range refused {
		s := settings.Default()
		err := s.ReadFile("p.yml", []byte(c.file))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		} else if strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%s: more than one line: %q", c.name, err)
		}
	}
}
