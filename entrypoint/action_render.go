package entrypoint

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/github"
	"github.com/modelaudit/modelaudit/internal/report"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/report/review"
	"github.com/modelaudit/modelaudit/internal/report/workflow"
	"github.com/modelaudit/modelaudit/internal/runner"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/sarif"
)

// writeFiles writes the SARIF and JSON reports, also when there is nothing to
// report, and returns the SARIF document.
func (a *action) writeFiles() []byte {
	doc, err := a.sarif(a.sarifOptions())
	a.writeFile(a.in.sarifFile, doc, err)
	json, err := buffer(func(b *bytes.Buffer) error { return report.JSON(b, version(), a.outcome) })
	a.writeFile(a.in.jsonFile, json, err)
	return doc
}

// sarif renders the report, at whatever length the options allow.
func (a *action) sarif(opts sarif.Options) ([]byte, error) {
	return buffer(func(b *bytes.Buffer) error { return sarif.Write(b, a.outcome, opts) })
}

// sarifOptions describe a document about files of the workspace, of which the
// repository may hold a pointer of Git LFS.
func (a *action) sarifOptions() sarif.Options {
	detectors := catalog.Detectors()
	return sarif.Options{
		Version:  version(),
		Rules:    catalog.Rules(detectors, scan.Rules...),
		Category: a.in.category,
		Pointer:  func(path string) bool { return a.pointers[path] },
	}
}

// writeFile writes a report into the workspace, unless it could not be
// rendered. Neither failure changes the verdict.
func (a *action) writeFile(name string, content []byte, err error) {
	if err == nil {
		err = runner.Write(a.workspace, name, content)
	}
	if err != nil {
		a.note(workflow.Error, "%s was not written: %v.", name, err)
	}
}

// commentBody is the text of the one comment on the pull request; before says
// whether there was one, limit how many bytes it may have.
func (a *action) commentBody(before bool, limit int) string {
	return review.Write(&a.outcome, review.Options{
		First: a.marker(), Scope: a.scope(), Policy: a.policyName(), Before: before, Link: a.alerts(), Limit: limit,
	})
}

// writeSummary appends the job summary, where there is a runner.
func (a *action) writeSummary() {
	file := a.Getenv("GITHUB_STEP_SUMMARY")
	if file == "" || !a.in.summary {
		return
	}
	opts := review.Options{Scope: a.scope(), Policy: a.policyName(), Link: a.alerts(), Picture: true, Limit: runner.MaxSummary}
	for _, n := range a.notes {
		opts.Notes = append(opts.Notes, n.Message)
	}
	if err := runner.WriteSummary(file, review.Write(&a.outcome, opts)); err != nil {
		a.note(workflow.Warning, "The job summary was not written: %v.", err)
	}
}

// alerts is the address of what was uploaded, "" if nothing was.
func (a *action) alerts() string {
	if a.delivered.uploadStatus != github.Uploaded {
		return ""
	}
	// The filters of the page itself, as its search field shows them.
	query := "is:open tool:" + github.ToolName
	if a.event.Pull != nil {
		query += fmt.Sprintf(" pr:%d", a.event.Pull.Number)
	} else if branch, ok := strings.CutPrefix(a.event.Ref, "refs/heads/"); ok {
		query += " branch:" + branch
	}
	return a.client.Web("security/code-scanning?query=" + url.QueryEscape(query))
}

// policyName is the file into which findings are accepted.
func (a *action) policyName() string { return cmp.Or(a.in.config, usual) }

// scope says what was scanned.
func (a *action) scope() string {
	models := plain.Count(a.scanned(), "model file")
	switch {
	case a.event.Deleted:
		return "Nothing was scanned."
	case a.set.Whole == "" && a.event.Pull != nil:
		return fmt.Sprintf("Scanned %s of the %s that this pull request changes.", models, plain.Count(len(a.set.Files), "file"))
	case a.set.Whole == "":
		return fmt.Sprintf("Scanned %s of the %s that were changed.", models, plain.Count(len(a.set.Files), "file"))
	default:
		return fmt.Sprintf("Scanned %s among all %s of the workspace.", models, plain.Count(len(a.outcome.Report.Files), "file"))
	}
}

// scanned counts the files that a model loader takes and that were opened.
func (a *action) scanned() int {
	n := 0
	for i := range a.outcome.Report.Files {
		switch a.outcome.Report.Files[i].Status {
		case audit.Clean, audit.Findings, audit.Incomplete:
			n++
		}
	}
	return n
}
