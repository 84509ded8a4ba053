package sarif_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/sarif"
)

func merged(t *testing.T, docs ...string) (string, error) {
	t.Helper()
	var in []sarif.Part
	for i, d := range docs {
		in = append(in, sarif.Part{Name: fmt.Sprint(i), Content: []byte(d)})
	}
	var b bytes.Buffer
	err := sarif.Merge(&b, in...)
	return b.String(), err
}

// The parts of a scan, merged, are the scan.
func TestMergeIsTheWhole(t *testing.T) {
	opts := sarif.Options{Version: "1", Rules: rules}
	var parts []string
	var files []audit.File
	for i := range 7 {
		path := fmt.Sprintf("m/%d.pt", i)
		f := audit.File{Path: path, Status: audit.Findings, Findings: []finding.Finding{at(look, path), at(executes, path)}}
		if i == 3 {
			f = audit.File{Path: path, Status: audit.NotScanned, Reason: "encrypted"}
		}
		files = append(files, f)
		part, _ := write(t, outcome(f), opts)
		parts = append(parts, part)
	}
	_, whole := write(t, outcome(files...), opts)
	got, err := merged(t, parts...)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(got), &doc); err != nil {
		t.Fatal(err)
	}
	for _, path := range [][]any{{"runs", 0, "tool"}, {"runs", 0, "results"}, {"runs", 0, "automationDetails"}, {"runs", 0, "invocations"}} {
		a, _ := json.Marshal(get(t, doc, path...))
		b, _ := json.Marshal(get(t, whole, path...))
		if !bytes.Equal(a, b) {
			t.Errorf("%v:\n got %s\nwant %s", path, a, b)
		}
	}
	noNull(t, "", doc)
	failed, err := merged(t, append(parts, strings.Replace(parts[0], `"executionSuccessful": true`, `"executionSuccessful": false`, 1))...)
	if err != nil || !strings.Contains(failed, `"executionSuccessful": false`) {
		t.Errorf("a part that failed is passed over: %v", err)
	}
	twice, err := merged(t, append(parts, parts...)...)
	if err != nil || strings.Count(twice, "primaryLocationLineHash") != strings.Count(got, "primaryLocationLineHash") {
		t.Errorf("files that two parts had are there twice: %v", err)
	}
}

// What does not fit is counted: parts tell of more unread files than a document
// names.
func TestMergeCountsWhatItLeavesOut(t *testing.T) {
	var parts []string
	for part := range 2 {
		var files []audit.File
		for i := range 600 {
			files = append(files, audit.File{Path: fmt.Sprintf("%d/%d.pt", part, i), Status: audit.NotScanned, Reason: "encrypted"})
		}
		text, _ := write(t, outcome(files...), sarif.Options{Version: "1", Rules: rules})
		parts = append(parts, text)
	}
	got, err := merged(t, parts...)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(got), &doc); err != nil {
		t.Fatal(err)
	}
	all := list(t, doc, "runs", 0, "invocations", 0, "toolExecutionNotifications")
	if last := get(t, all[len(all)-1], "message", "text"); len(all) != 1001 || last != "Left out of this document: 200 more notifications." {
		t.Errorf("%d notifications, the last %q", len(all), last)
	}
}

func TestMergeRefuses(t *testing.T) {
	one, _ := write(t, outcome(), sarif.Options{Version: "1", Rules: rules})
	for name, other := range map[string]string{
		"another version":         strings.Replace(one, `"version": "1"`, `"version": "2"`, 1),
		"another category":        strings.Replace(one, `"modelaudit/"`, `"modelaudit/x/"`, 1),
		"another tool":            strings.Replace(one, `"name": "modelaudit"`, `"name": "other"`, 1),
		"another SARIF":           strings.Replace(one, `"version": "2.1.0"`, `"version": "2.2.0"`, 1),
		"two runs":                strings.Replace(one, `"runs": [`, `"runs": [{}, `, 1),
		"no run":                  `{"version":"2.1.0","runs":[]}`,
		"no JSON":                 `{`,
		"an array":                `[]`,
		"null":                    `null`,
		"a result without a rule": strings.Replace(one, `"results": []`, `"results": [{"ruleId":"nobody"}]`, 1),
		"results that are none":   strings.Replace(one, `"results": []`, `"results": [1]`, 1),
	} {
		if got, err := merged(t, one, other); err == nil || other == one {
			t.Errorf("%s: no error, got %s", name, got)
		}
	}
	if _, err := merged(t); err == nil {
		t.Error("nothing: no error")
	}
}
