package entrypoint

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/glob"
	"github.com/modelaudit/modelaudit/internal/runner"
	"github.com/modelaudit/modelaudit/internal/settings"
	"github.com/modelaudit/modelaudit/internal/shard"
)

// inputs are what the workflow's author set, checked.
type inputs struct {
	paths, ignore       []string // globs
	mode                string   // auto, changed, full
	shard               shard.Shard
	newOnly, dismissals bool
	config              string // "" for the usual places
	baseline            string // "" for what the policy file says
	settings            overrides
	lfs                 string // fetch, require, skip
	lfsEach, lfsTotal   int64
	upload              string // auto, always, never
	category            string
	wait                bool
	comment             string // on-findings, always, never
	fileComments        bool
	annotations         bool
	summary             bool
	sarifFile, jsonFile string
	baseRef             string // "" for what the event says
	ref, sha            string // "" for what the event says
	token               string
}

// An input is one line of action.yml with what reads it.
type input struct {
	name, standard, usage string
	read                  func(in *inputs, value string) error
}

// inputTable returns every input of the Action that is not also a flag of the
// command. An empty value is the default.
func inputTable() []input {
	return []input{
		{"paths", "", "globs of what to scan, one a line; everything if empty", globs(func(in *inputs) *[]string { return &in.paths })},
		{"paths-ignore", "", "globs of what not to scan, one a line", globs(func(in *inputs) *[]string { return &in.ignore })},
		{"scan-mode", "auto", "full scans everything, changed what the event changes; auto is changed on a pull request and in a merge queue, and full otherwise", oneOf(func(in *inputs) *string { return &in.mode }, "auto", "changed", "full")},
		{"fail-on-new-only", "true", "on a pull request, or with base-ref, what was there before does not fail the check", boolean(func(in *inputs) *bool { return &in.newOnly })},
		{"respect-dismissals", "true", "findings whose alerts were dismissed in code scanning do not fail the check", boolean(func(in *inputs) *bool { return &in.dismissals })},
		{"shard", "", "scan this part of the files, such as ${{ matrix.shard }} from modelaudit plan; its results are merged, not uploaded or commented", readShard},
		{"config", "", "policy file, .github/modelaudit.yml if empty; on a pull request it is read from the base branch", text(func(in *inputs) *string { return &in.config })},
		{"baseline", "", "file of known findings, read from the same place as the policy file", text(func(in *inputs) *string { return &in.baseline })},
		{"lfs", "fetch", "Git LFS pointers: fetch the objects that are to be scanned, require them in the checkout, or skip", oneOf(func(in *inputs) *string { return &in.lfs }, "fetch", "require", "skip")},
		{"lfs-max-bytes", "5GiB", "do not fetch larger objects", size(func(in *inputs) *int64 { return &in.lfsEach })},
		{"lfs-max-total", "20GiB", "do not fetch more than this in one run", size(func(in *inputs) *int64 { return &in.lfsTotal })},
		{"upload", "auto", "send results to code scanning: auto where it is possible; always from a merge queue too, and with an error where it fails; never", oneOf(func(in *inputs) *string { return &in.upload }, "auto", "always", "never")},
		{"category", "", "tells several uses of the Action in one repository apart", readCategory},
		{"wait-for-processing", "true", "wait until GitHub has read the upload, and show its errors", boolean(func(in *inputs) *bool { return &in.wait })},
		{"comment", "on-findings", "comment on pull requests: on-findings, always, never", oneOf(func(in *inputs) *string { return &in.comment }, "on-findings", "always", "never")},
		{"file-comments", "true", "comment at the worst files of a pull request, at most ten", boolean(func(in *inputs) *bool { return &in.fileComments })},
		{"annotations", "true", "annotate the files of findings", boolean(func(in *inputs) *bool { return &in.annotations })},
		{"summary", "true", "write the job summary", boolean(func(in *inputs) *bool { return &in.summary })},
		{"sarif-file", "modelaudit.sarif", "where the SARIF report is written", place(func(in *inputs) *string { return &in.sarifFile })},
		{"json-file", "modelaudit.json", "where the JSON report is written", place(func(in *inputs) *string { return &in.jsonFile })},
		{"base-ref", "", "branch, tag or commit to compare with, where the event has no base", text(func(in *inputs) *string { return &in.baseRef })},
		{"ref", "", "ref that the results belong to, where the event does not say", text(func(in *inputs) *string { return &in.ref })},
		{"sha", "", "commit that the results belong to, where the event does not say", text(func(in *inputs) *string { return &in.sha })},
		{"token", "${{ github.token }}", "token for GitHub's API", text(func(in *inputs) *string { return &in.token })},
	}
}

// readInputs reads every input. The error names the input, its value and what
// is allowed.
func readInputs(getenv func(string) string) (inputs, error) {
	var in inputs
	for _, i := range inputTable() {
		value := runner.Input(getenv, i.name)
		// The default of the token is an expression, which only the runner can
		// evaluate.
		if value == "" && i.name != "token" {
			value = i.standard
		}
		if err := i.read(&in, value); err != nil {
			return in, inputError(i.name, err)
		}
	}
	if in.token == "" {
		in.token = strings.TrimSpace(getenv("GITHUB_TOKEN"))
	}
	// A ref of the one and a commit of the other would file alerts under a
	// state that never was.
	if (in.ref == "") != (in.sha == "") {
		return in, inputError("ref", errors.New("ref and sha are set together or not at all"))
	}
	return in, in.readSettings(getenv)
}

// readSettings reads the inputs that are flags of the command too.
func (in *inputs) readSettings(getenv func(string) string) error {
	for _, o := range settings.Options() {
		value := runner.Input(getenv, o.Name)
		if value == "" {
			continue
		}
		if err := in.settings.keep(o, value); err != nil {
			return inputError(o.Name, err)
		}
	}
	return nil
}

// inputError names the input. Its value is the author's own, yet quoted: it can
// come from an expression over a title or a branch, and the log obeys commands.
func inputError(name string, err error) error {
	return usageError{fmt.Errorf("input %s: %s", name, finding.Quote(err.Error()))}
}

// text reads one line. More would let a value break out of the places where
// lines count: the log, the outputs, HTML comments.
func text(field func(*inputs) *string) func(*inputs, string) error {
	return func(in *inputs, value string) error {
		if strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("%q is more than one line", value)
		}
		*field(in) = value
		return nil
	}
}

// place reads where a report is written.
func place(field func(*inputs) *string) func(*inputs, string) error {
	return func(in *inputs, value string) error {
		if clean := path.Clean(value); clean == "." || clean == ".." || strings.HasPrefix(clean, "../") {
			return fmt.Errorf("%q leads out of the workspace", value)
		}
		return text(field)(in, value)
	}
}

// oneOf reads a word out of a few, in lower case alone as action.yml spells
// them.
func oneOf(field func(*inputs) *string, allowed ...string) func(*inputs, string) error {
	return func(in *inputs, value string) error {
		if !slices.Contains(allowed, value) {
			return fmt.Errorf("%q is not one of %s", value, strings.Join(allowed, ", "))
		}
		*field(in) = value
		return nil
	}
}

// size reads a number of bytes with a unit, as flags take it.
func size(field func(*inputs) *int64) func(*inputs, string) error {
	return func(in *inputs, value string) (err error) {
		*field(in), err = settings.Size(value)
		return err
	}
}

// boolean reads true or false as GitHub's own toolkit does: see runner.Bool.
func boolean(field func(*inputs) *bool) func(*inputs, string) error {
	return func(in *inputs, value string) (err error) {
		*field(in), err = runner.Bool(value)
		return err
	}
}

// globs reads patterns relative to the workspace; "." is everything.
func globs(field func(*inputs) *[]string) func(*inputs, string) error {
	return func(in *inputs, value string) error {
		for _, line := range runner.List(value) {
			p := path.Clean(line)
			if p == ".." || strings.HasPrefix(p, "../") {
				return fmt.Errorf("%q leads out of the workspace", line)
			}
			if p == "." || p == "/" {
				p = "**"
			}
			*field(in) = append(*field(in), p)
		}
		return glob.Check(*field(in)...)
	}
}

// readCategory: a category is part of automationDetails.id, where a slash ends it.
func readCategory(in *inputs, value string) error {
	for _, c := range value {
		if c != '-' && c != '_' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return fmt.Errorf("%q holds other characters than letters, digits, hyphens, underscores and full stops", value)
		}
	}
	in.category = value
	return nil
}

// readShard reads INDEX/OF as plan prints it; empty is the whole.
func readShard(in *inputs, value string) (err error) {
	if value != "" {
		in.shard, err = shard.Parse(value)
	}
	return err
}
