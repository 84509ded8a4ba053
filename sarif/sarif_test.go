package sarif_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/sarif"
)

var (
	executes = &rule.Rule{
		ID: "pickle-executes-code", Title: "Loading the pickle runs code", Severity: rule.Critical, Precision: rule.Certain,
		CWE: []int{502, 94}, CVE: []string{"CVE-2025-1550"}, Since: "0.1.0", Doc: "## pickle-executes-code\nLoading runs `code`.\n\n**Why it matters.** It does.",
	}
	many = &rule.Rule{
		ID: "a-rule-with-much-to-say", Title: strings.Repeat("é", 2000), Severity: rule.High, Precision: rule.Likely,
		CWE: []int{1, 22, 333, 4444, 5, 6, 7, 8}, CVE: []string{"CVE-1", "CVE-2", "CVE-3", "CVE-4"}, Doc: "## a-rule-with-much-to-say\n" + strings.Repeat("é ", 2000),
	}
	odd     = &rule.Rule{ID: "archive-odd", Title: "An odd archive", Severity: rule.Medium, Precision: rule.Possible}
	look    = &rule.Rule{ID: "worth-a-look", Title: "Worth a look", Severity: rule.Low, Precision: rule.Certain}
	context = &rule.Rule{ID: "gives-context", Title: "Context", Severity: rule.Info, Precision: rule.Certain}
	rules   = []*rule.Rule{many, odd, context, executes, look}
)

// hostile is a name that attacks whatever shows it.
const hostile = "a b/%41#?::error::\n##[error]\x1b[2J\u202e[x](javascript:1)\xff.pkl"

func at(r *rule.Rule, path string, inside ...string) finding.Finding {
	return finding.Finding{
		Rule: r, Key: "key", Message: "Loading runs posix.system([\"echo poc\"]).",
		Location: finding.Location{Path: path, Inside: inside, Offset: 37, Length: 40},
		Evidence: []finding.Step{{Offset: 37, Text: "GLOBAL posix.system"}, {Offset: 60, Text: "[link](1) REDUCE"}},
	}
}

func outcome(files ...audit.File) policy.Outcome {
	for i := range files {
		finding.Number(files[i].Findings)
	}
	return policy.Policy{FailOn: policy.Threshold{Severity: rule.High}, OnIncomplete: policy.FailIncomplete}.
		Judge(audit.Report{Files: files})
}

// everything holds a case of everything that the document can say.
func everything() policy.Outcome {
	long := at(odd, "models/long.pt", "archive/data.pkl", hostile)
	for i := range 50 {
		long.Evidence = append(long.Evidence, finding.Step{Offset: int64(i), Text: strings.Repeat("x", 200)})
	}
	o := outcome(
		audit.File{Path: hostile, Status: audit.Findings, Findings: []finding.Finding{
			at(executes, hostile), at(executes, hostile), at(many, hostile), at(look, hostile), at(context, hostile),
		}},
		audit.File{Path: "models/long.pt", Status: audit.Incomplete, Reason: "truncated [at] byte 3", Findings: []finding.Finding{long}},
		audit.File{Path: "c:/lfs.pt", Status: audit.NotScanned, Reason: "a Git LFS pointer"},
	)
	o.Warnings = []string{"policy.yml:3: there is no rule [x]"}
	o.Suppressed = []policy.Suppressed{{Finding: at(executes, hostile), By: policy.ByAcceptance, Reason: "looked\x1b at"}}
	return o
}

func write(t *testing.T, o policy.Outcome, opts sarif.Options) (text string, doc map[string]any) {
	t.Helper()
	var b bytes.Buffer
	if err := sarif.Write(&b, o, opts); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return b.String(), doc
}

// get walks down a document by keys and indices.
func get(t *testing.T, doc any, path ...any) any {
	t.Helper()
	for i, step := range path {
		ok := false
		switch step := step.(type) {
		case string:
			var m map[string]any
			if m, ok = doc.(map[string]any); ok {
				doc, ok = m[step]
			}
		case int:
			var l []any
			if l, ok = doc.([]any); ok && step < len(l) {
				doc = l[step]
			}
		}
		if !ok {
			t.Fatalf("%v: nothing at %v", path, path[:i+1])
		}
	}
	return doc
}

func list(t *testing.T, doc any, path ...any) []any {
	t.Helper()
	l, ok := get(t, doc, path...).([]any)
	if !ok {
		t.Fatalf("%v: no list", path)
	}
	return l
}

func TestSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	schema, err := c.Compile("testdata/sarif-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		outcome policy.Outcome
		opts    sarif.Options
	}{
		{"clean", outcome(), sarif.Options{Version: "1.2.3"}},
		{"everything", everything(), sarif.Options{Version: "1.2.3", Rules: rules, Category: "nightly"}},
		{"rules that nobody announced", everything(), sarif.Options{}},
	} {
		text, doc := write(t, c.outcome, c.opts)
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		noNull(t, c.name, doc)
		if again, _ := write(t, c.outcome, c.opts); again != text {
			t.Errorf("%s: two documents differ", c.name)
		}
	}
}

func noNull(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", path)
	case map[string]any:
		for k, e := range v {
			noNull(t, path+"."+k, e)
		}
	case []any:
		for i, e := range v {
			noNull(t, fmt.Sprintf("%s[%d]", path, i), e)
		}
	}
}

func TestClean(t *testing.T) {
	_, doc := write(t, outcome(audit.File{Path: "a.pkl", Status: audit.Clean}), sarif.Options{Version: "1.2.3", Rules: rules})
	if got := list(t, doc, "runs", 0, "results"); len(got) != 0 {
		t.Errorf("results: got %v, want none", got)
	}
	if got := list(t, doc, "runs", 0, "tool", "driver", "rules"); len(got) != len(rules) {
		t.Errorf("rules: got %d, want %d", len(got), len(rules))
	}
	if got := get(t, doc, "runs", 0, "invocations", 0, "executionSuccessful"); got != true {
		t.Errorf("executionSuccessful: got %v", got)
	}
	if len(list(t, doc, "runs")) != 1 || get(t, doc, "version") != "2.1.0" {
		t.Errorf("got %v, want one run of 2.1.0", doc)
	}
}

func TestIdentity(t *testing.T) {
	if _, doc := write(t, outcome(), sarif.Options{}); get(t, doc, "runs", 0, "columnKind") != "utf16CodeUnits" || len(list(t, doc, "runs", 0, "tool", "driver", "rules")) != 0 {
		t.Errorf("an empty document: got %v", doc)
	}
	for _, c := range []struct{ category, want string }{{"", "modelaudit/"}, {"nightly", "modelaudit/nightly/"}} {
		_, doc := write(t, outcome(), sarif.Options{Version: "1.2.3", Category: c.category})
		if got := get(t, doc, "runs", 0, "automationDetails", "id"); got != c.want {
			t.Errorf("category %q: got %v, want %v", c.category, got, c.want)
		}
		driver := get(t, doc, "runs", 0, "tool", "driver").(map[string]any)
		if driver["name"] != "modelaudit" || driver["version"] != "1.2.3" || len(driver["guid"].(string)) != 36 {
			t.Errorf("driver: got %v", driver)
		}
	}
}

// TestRules holds every limit of code scanning on what describes a rule.
func TestRules(t *testing.T) {
	_, doc := write(t, everything(), sarif.Options{Rules: rules})
	for i, r := range rules {
		got := get(t, doc, "runs", 0, "tool", "driver", "rules", i).(map[string]any)
		if got["id"] != r.ID {
			t.Fatalf("rule %d: got %v, want %v", i, got["id"], r.ID)
		}
		for key, limit := range map[string]int{"shortDescription": 1024, "fullDescription": 1024, "help": math.MaxInt} {
			text := get(t, got, key, "text").(string)
			if n := len([]rune(text)); n == 0 || n > limit {
				t.Errorf("%s: %s has %d characters", r.ID, key, n)
			}
		}
		if n := len(got["name"].(string)); n == 0 || n > 255 {
			t.Errorf("%s: name has %d characters", r.ID, n)
		}
		tags := list(t, got, "properties", "tags")
		if len(tags) > 10 || tags[0] != "security" {
			t.Errorf("%s: tags %v", r.ID, tags)
		}
		if s, ok := got["properties"].(map[string]any)["security-severity"].(string); ok == (r.Severity == rule.Info) {
			t.Errorf("%s: security-severity %q", r.ID, s)
		} else if _, err := strconv.ParseFloat(s, 64); err != nil && ok {
			t.Errorf("%s: security-severity: %v", r.ID, err)
		}
		if !slices.Contains([]any{"very-high", "high", "medium", "low"}, get(t, got, "properties", "precision")) {
			t.Errorf("%s: precision %v", r.ID, get(t, got, "properties", "precision"))
		}
	}
	tags := list(t, doc, "runs", 0, "tool", "driver", "rules", 3, "properties", "tags")
	if want := []any{"security", "external/cwe/cwe-502", "external/cwe/cwe-094", "CVE-2025-1550"}; !slices.Equal(tags, want) {
		t.Errorf("tags: got %v, want %v", tags, want)
	}
	if got := get(t, doc, "runs", 0, "tool", "driver", "rules", 3, "name"); got != "PickleExecutesCode" {
		t.Errorf("name: got %v", got)
	}
	if got := get(t, doc, "runs", 0, "tool", "driver", "rules", 3, "fullDescription", "text"); got != "Loading runs code." {
		t.Errorf("full description: got %v", got)
	}
}

// TestSeverities: code scanning sorts and blocks by these words.
func TestSeverities(t *testing.T) {
	_, doc := write(t, everything(), sarif.Options{Rules: rules})
	for i, want := range []struct{ level, severity, precision string }{
		{"error", "8.0", "high"}, {"warning", "5.5", "medium"}, {"note", "", "very-high"}, {"error", "9.5", "very-high"}, {"note", "2.0", "very-high"},
	} {
		got := get(t, doc, "runs", 0, "tool", "driver", "rules", i)
		properties := get(t, got, "properties").(map[string]any)
		severity, _ := properties["security-severity"].(string)
		if level := get(t, got, "defaultConfiguration", "level"); level != want.level || severity != want.severity || properties["precision"] != want.precision {
			t.Errorf("%s: got %v, %q, %v, want %+v", rules[i].ID, level, severity, properties["precision"], want)
		}
	}
	for _, r := range list(t, doc, "runs", 0, "results") {
		severity := get(t, r, "properties", "severity")
		want := map[any]string{"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}[severity]
		if got := get(t, r, "level"); got != want {
			t.Errorf("a result of %v: got level %v, want %s", severity, got, want)
		}
	}
}

// TestCaps: what is more than code scanning shows is counted, to the last one.
func TestCaps(t *testing.T) {
	for _, c := range []struct {
		steps, unread, most           int
		results, notices, evidence    int
		message, notification, absent string
	}{
		{steps: 20, unread: 1000, results: 1, notices: 1000, evidence: 20, absent: "more step"},
		{steps: 22, unread: 1002, results: 1, notices: 1001, evidence: 20, message: "and 2 more steps", notification: "Not or not fully read, beside these: 2 files."},
		{steps: 1, most: sarif.MaxResults + 1, results: 1, evidence: 1},
	} {
		f := at(look, "a.pkl")
		f.Evidence, f.Message = make([]finding.Step, c.steps), "It calls <lambda>."
		files := []audit.File{{Path: "a.pkl", Status: audit.Findings, Findings: []finding.Finding{f}}}
		for i := range c.unread {
			files = append(files, audit.File{Path: fmt.Sprintf("%04d.pt", i), Status: audit.NotScanned, Reason: "a pointer"})
		}
		text, doc := write(t, outcome(files...), sarif.Options{Rules: rules, Most: c.most})
		one := list(t, doc, "runs", 0, "results")
		message := get(t, one[0], "message", "text").(string)
		if len(one) != c.results || strings.Count(message, "\n0x") != c.evidence || !strings.HasSuffix(message, c.message) || c.absent != "" && strings.Contains(message, c.absent) {
			t.Errorf("%+v: got %d results, the first: %s", c, len(one), message)
		}
		if !strings.Contains(text, "<lambda>") {
			t.Error("<lambda> is escaped, and nobody has to")
		}
		invocation := get(t, doc, "runs", 0, "invocations", 0).(map[string]any)
		notices, _ := invocation["toolExecutionNotifications"].([]any)
		if len(notices) != c.notices || c.notification != "" && get(t, notices[len(notices)-1], "message", "text") != c.notification {
			t.Errorf("%+v: got %d notifications", c, len(notices))
		}
		if properties, ok := doc["runs"].([]any)[0].(map[string]any)["properties"]; ok {
			t.Errorf("nothing is suppressed, and there are properties: %v", properties)
		}
	}
}

func TestResults(t *testing.T) {
	text, doc := write(t, everything(), sarif.Options{Rules: rules})
	results := list(t, doc, "runs", 0, "results")
	seen := make(map[string]bool)
	for i, r := range results {
		index := get(t, r, "ruleIndex").(float64)
		if id := get(t, doc, "runs", 0, "tool", "driver", "rules", int(index), "id"); id != get(t, r, "ruleId") {
			t.Errorf("result %d: rule %v has the index of %v", i, get(t, r, "ruleId"), id)
		}
		uri := get(t, r, "locations", 0, "physicalLocation", "artifactLocation", "uri").(string)
		key := fmt.Sprint(get(t, r, "ruleId"), uri, get(t, r, "partialFingerprints", "primaryLocationLineHash").(string))
		if seen[key] {
			t.Errorf("result %d: not the only one of fingerprint %s", i, key)
		}
		seen[key] = true
		region := get(t, r, "locations", 0, "physicalLocation", "region").(map[string]any)
		if region["startLine"] != 1.0 || region["byteOffset"] != nil || get(t, region, "properties", "byteOffset") != 37.0 {
			t.Errorf("result %d: region %v", i, region)
		}
		message := get(t, r, "message", "text").(string)
		if strings.Contains(strings.ReplaceAll(message, `\[`, ""), "[") || len([]rune(message)) > 4100 {
			t.Errorf("result %d: message %q", i, message)
		}
		if length := get(t, region, "properties", "byteLength"); length != 40.0 {
			t.Errorf("result %d: %v bytes", i, length)
		}
		related := list(t, r, "relatedLocations")
		if n := len(related); n > 20 {
			t.Errorf("result %d: %d related locations", i, n)
		}
		for k := range related {
			if id := get(t, related[k], "id"); id != float64(k+1) {
				t.Errorf("result %d: related location %d has the ID %v", i, k+1, id)
			}
		}
	}
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "##") {
		t.Error("hostile text reaches the log")
	}
	long := results[3]
	if got := get(t, long, "locations", 0, "logicalLocations", 0, "fullyQualifiedName").(string); !strings.HasPrefix(got, "models/long.pt!/archive/data.pkl!/a b/") {
		t.Errorf("logical location: got %q", got)
	}
	if got := get(t, results[0], "message", "text"); got != "Loading runs posix.system(\\[\"echo poc\"\\]).\n0x00000025 GLOBAL posix.system\n0x0000003c \\[link\\](1) REDUCE" {
		t.Errorf("message: got %q", got)
	}
}

// TestClaim: of two messages that tell the same of other places the claim is one.
func TestClaim(t *testing.T) {
	message := func(offset int64, line int, text string) string {
		f := at(executes, "a.pkl")
		f.Evidence = []finding.Step{{Offset: offset, Text: "GLOBAL os"}, {Offset: offset + 1, Line: line, Text: text}}
		return sarif.Message(&f)
	}
	first := sarif.Claim(message(2, 0, "0x00000001 [x]"))
	for _, c := range []struct {
		name, message string
		same          bool
	}{
		{"another offset", message(1<<40, 0, "0x00000001 [x]"), true},
		{"lines", message(2, 7, "0x00000001 [x]"), true},
		{"links not escaped", strings.ReplaceAll(message(2, 0, "0x00000001 [x]"), `\`, ""), true},
		{"a text that looks like a place", message(2, 0, "0x00000002 [x]"), false},
		{"another text", message(2, 0, "0x00000001 [y]"), false},
	} {
		if got := sarif.Claim(c.message); (got == first) != c.same {
			t.Errorf("%s: got %q beside %q", c.name, got, first)
		}
	}
}

func TestNotifications(t *testing.T) {
	_, doc := write(t, everything(), sarif.Options{Rules: rules})
	var got []string
	for _, n := range list(t, doc, "runs", 0, "invocations", 0, "toolExecutionNotifications") {
		got = append(got, get(t, n, "level").(string)+" "+get(t, n, "message", "text").(string))
	}
	want := []string{
		`warning Not fully read: models/long.pt: truncated \[at\] byte 3.`,
		"error Not scanned: c:/lfs.pt: a Git LFS pointer.",
		"warning Suppressed by the project's policy: 1 finding, listed in the properties of this run.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	config := list(t, doc, "runs", 0, "invocations", 0, "toolConfigurationNotifications")
	if len(config) != 1 || get(t, config[0], "message", "text") != `policy.yml:3: there is no rule \[x\]` {
		t.Errorf("configuration: got %v", config)
	}
	if got := get(t, doc, "runs", 0, "properties", "suppressed", 0, "reason"); got != `looked\x1b at` {
		t.Errorf("suppressed: got %v", got)
	}
}

// TestSuppressedBeyondTheList: a list that is cut is not said to be whole.
func TestSuppressedBeyondTheList(t *testing.T) {
	o := outcome()
	for range sarif.MaxResults + 1 {
		o.Suppressed = append(o.Suppressed, policy.Suppressed{Finding: at(look, "a.pkl"), By: policy.ByBaseline})
	}
	_, doc := write(t, o, sarif.Options{Rules: rules})
	const want = "Suppressed by the project's policy: 5,001 findings, the worst 5000 of them listed in the properties of this run."
	if got := get(t, doc, "runs", 0, "invocations", 0, "toolExecutionNotifications", 0, "message", "text"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(list(t, doc, "runs", 0, "properties", "suppressed")); n != sarif.MaxResults {
		t.Errorf("%d are listed, want %d", n, sarif.MaxResults)
	}
}

func TestWorstFirstAndNoMoreThanAreKept(t *testing.T) {
	f := audit.File{Path: "a.pkl", Status: audit.Findings}
	for range sarif.MaxResults {
		f.Findings = append(f.Findings, at(look, f.Path))
	}
	f.Findings = append(f.Findings, at(executes, f.Path))
	text, doc := write(t, outcome(f), sarif.Options{Rules: rules})
	results := list(t, doc, "runs", 0, "results")
	if len(results) != sarif.MaxResults || get(t, results[0], "ruleId") != executes.ID {
		t.Errorf("got %d results, the first of %v", len(results), get(t, results[0], "ruleId"))
	}
	got := get(t, doc, "runs", 0, "invocations", 0, "toolExecutionNotifications", 0, "message", "text").(string)
	if !strings.HasPrefix(got, "Left out of this document: the mildest 1 finding,") {
		t.Errorf("notification: got %q", got)
	}
	// No more are kept of parts that are merged either.
	other, _ := write(t, outcome(audit.File{Path: "b.pkl", Status: audit.Findings, Findings: []finding.Finding{at(executes, "b.pkl")}}), sarif.Options{Rules: rules})
	all, err := merged(t, text, other)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(all, `"primaryLocationLineHash"`); n != sarif.MaxResults || strings.Count(all, `"ruleId": "`+executes.ID) != 2 ||
		strings.Count(all, "Left out of this document: the mildest 1 finding") != 2 {
		t.Errorf("merged: got %d results, without the worst or without what is left out", n)
	}
}

// TestBrokenPipe: a document that was not written is an error.
func TestBrokenPipe(t *testing.T) {
	read, broken := io.Pipe()
	read.Close()
	one, _ := write(t, outcome(), sarif.Options{})
	if err := sarif.Write(broken, outcome(), sarif.Options{}); err == nil {
		t.Error("nobody says that nothing was written")
	}
	if err := sarif.Merge(broken, sarif.Part{Content: []byte(one)}); err == nil {
		t.Error("nobody says that nothing was merged")
	}
}

func TestPlaces(t *testing.T) {
	o := outcome(
		audit.File{Path: "lfs.pt", Status: audit.Findings, Findings: []finding.Finding{at(executes, "lfs.pt")}},
		audit.File{Path: "x.pt", Status: audit.NotScanned},
	)
	_, doc := write(t, o, sarif.Options{
		Rules:   rules,
		URI:     func(path string) string { return "models/" + path },
		Pointer: func(path string) bool { return path == "lfs.pt" },
	})
	if got := get(t, doc, "runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", "startLine"); got != 2.0 {
		t.Errorf("line: got %v, want that of the oid", got)
	}
	for want, place := range map[string]any{
		"models/lfs.pt": get(t, doc, "runs", 0, "results", 0, "locations", 0),
		"models/x.pt":   get(t, doc, "runs", 0, "invocations", 0, "toolExecutionNotifications", 0, "locations", 0),
	} {
		if got := get(t, place, "physicalLocation", "artifactLocation", "uri"); got != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"models/a.pkl", "models/a.pkl"},
		{"a b#c?d%.pkl", "a%20b%23c%3Fd%25.pkl"},
		{"c:/x.pkl", "c%3A/x.pkl"},
		{"é\xff\n.pkl", "%C3%A9%FF%0A.pkl"},
		{"[x].pkl", "%5Bx%5D.pkl"},
		{"*", "*"},
	} {
		got := sarif.RelativeURI(c.path)
		if got != c.want {
			t.Errorf("%q: got %s, want %s", c.path, got, c.want)
		}
		if u, err := url.Parse(got); err != nil || u.Path != c.path || u.IsAbs() {
			t.Errorf("%q: %s comes back as %+v, %v", c.path, got, u, err)
		}
	}
	for path, want := range map[string]string{"/a b/c": "file:///a%20b/c", "C:/a b/c": "file:///C:/a%20b/c"} {
		if got := sarif.FileURI(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
