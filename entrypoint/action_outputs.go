package entrypoint

import (
	"strconv"

	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/runner"
)

// An output is one line of action.yml with what fills it.
type output struct {
	name, usage string
	value       func(a *action) string
}

// outputTable holds counts, words and paths that the workflow's author chose:
// nothing that comes from a file, because shells expand outputs.
var outputTable = [...]output{
	{"verdict", "pass, fail, incomplete, or error where there is none", func(a *action) string { return string(a.outcome.Verdict) }},
	{"findings", "number of findings that count", func(a *action) string { return strconv.Itoa(len(a.outcome.Report.Findings())) }},
	{"critical", "number of critical findings", counted(rule.Critical)},
	{"high", "number of high findings", counted(rule.High)},
	{"medium", "number of medium findings", counted(rule.Medium)},
	{"low", "number of low findings", counted(rule.Low)},
	{"info", "number of findings for information", counted(rule.Info)},
	{"new-findings", "number of findings that the change brings; all, where nothing was compared", func(a *action) string { return strconv.Itoa(a.newFindings()) }},
	{"fixed-findings", "number of findings that the change removes", func(a *action) string { return strconv.Itoa(a.outcome.Policy.Compared.Count()[compare.Fixed]) }},
	{"scanned", "number of model files that were opened", func(a *action) string { return strconv.Itoa(a.scanned()) }},
	{"unscanned", "number of files of which something was not inspected", func(a *action) string { return strconv.Itoa(len(a.outcome.Report.Unread())) }},
	{"sarif-file", "path of the SARIF report", func(a *action) string { return a.in.sarifFile }},
	{"json-file", "path of the JSON report", func(a *action) string { return a.in.jsonFile }},
	{"sarif-id", "ID of the upload to code scanning", func(a *action) string { return a.delivered.sarifID }},
	{"upload-status", "uploaded, failed, or skipped-never, -fork, -permission, -disabled, -merge-queue, -commit, -shard, -event", func(a *action) string { return a.delivered.uploadStatus }},
	{"comment-url", "address of the comment on the pull request", func(a *action) string { return a.delivered.commentURL }},
}

// counted counts the findings of a severity.
func counted(s rule.Severity) func(*action) string {
	return func(a *action) string { return strconv.Itoa(a.outcome.Report.Count()[s]) }
}

// outputs fills the table once the run is over. A run without a verdict sets
// verdict alone: see fail.
func (a *action) outputs() []runner.Output {
	var out []runner.Output
	for _, o := range outputTable {
		out = append(out, runner.Output{Name: o.name, Value: o.value(a)})
	}
	return out
}

// newFindings counts what counts and was not there before.
func (a *action) newFindings() int {
	n := 0
	for _, f := range a.outcome.Report.Findings() {
		if a.outcome.Policy.Compared.State(&f) == compare.New {
			n++
		}
	}
	return n
}
