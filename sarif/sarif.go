// Package sarif writes what a scan concluded as SARIF 2.1.0, in the shape that
// GitHub code scanning reads: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
package sarif

import (
	"fmt"
	"io"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// MaxResults is how many results are written, worst first. Code scanning keeps
// no more of one run, and not dependably the worst.
const MaxResults = 5000

// maxNotifications bounds how many files are named one by one as not read.
const maxNotifications = 1000

// indent keeps documents of thousands of results small.
const indent = " "

// The identity of the tool. Code scanning knows the alerts of a tool by its
// name; the guid tells it from another of the same name.
const (
	toolName = "modelaudit"
	toolGUID = "5f0c7d0e-6a0b-4f0e-9d4b-2f6e1a7c8b31"
	project  = "https://github.com/modelaudit/modelaudit"
)

// Options are what a document says beside the outcome.
type Options struct {
	Version  string
	Rules    []*rule.Rule // all that may be reported, sorted by ID
	Category string       // tells analyses of one commit apart; "" for the only one
	// URI gives the URI of a file that the scan names path; nil: RelativeURI.
	URI func(path string) string
	// Pointer reports whether the repository holds a Git LFS pointer in place of
	// the file; nil: no.
	Pointer func(path string) bool
	// Brief leaves out what code scanning can do without: rules by which nothing
	// was found, and the places of evidence that messages have too.
	Brief bool
	Most  int // results; 0 for MaxResults, which is never exceeded
}

// Write writes one document with one run, for the findings that count. What
// the policy suppressed is listed in the run's properties, because code
// scanning opens alerts for suppressed results as for others.
func Write(w io.Writer, o policy.Outcome, opts Options) error {
	if opts.Most <= 0 || opts.Most > MaxResults {
		opts.Most = MaxResults
	}
	if opts.Brief {
		opts.Rules = nil
	}
	if opts.URI == nil {
		opts.URI = RelativeURI
	}
	doc, err := sarif.New(sarif.Version210)
	if err != nil {
		return err
	}
	d := &document{Options: opts, index: make(map[*rule.Rule]int)}
	doc.AddRun(d.run(o))
	return plain.WriteJSON(w, doc, indent)
}

// A document is the state of writing one.
type document struct {
	Options
	index   map[*rule.Rule]int // in the driver's list of rules
	dropped int                // results beyond Most
}

// run is the one run of the document.
func (d *document) run(o policy.Outcome) *sarif.Run {
	run := sarif.NewRun(*sarif.NewTool(d.driver(o)))
	run.Results = d.results(o.Report.Findings())
	run.AutomationDetails = sarif.NewRunAutomationDetails().WithID(d.automationID())
	run.ColumnKind = "utf16CodeUnits"
	run.Invocations = []*sarif.Invocation{d.invocation(o)}
	if len(o.Suppressed) > 0 {
		run.PropertyBag = *sarif.NewPropertyBag()
		run.Add("suppressed", suppressed(o.Suppressed))
	}
	return run
}

// automationID ends in a slash: what follows the last one is the name of the
// run, not of the category.
func (d *document) automationID() string {
	if d.Category == "" {
		return toolName + "/"
	}
	return toolName + "/" + finding.UTF8(d.Category) + "/"
}

// suppression is an entry of the list of suppressed findings.
type suppression struct {
	Rule        string `json:"rule"`
	Path        string `json:"path"`
	Fingerprint string `json:"fingerprint"`
	By          string `json:"by"`
	Reason      string `json:"reason"`
}

// suppressed lists what the policy hides, as a property: code scanning would
// show a suppressed result as an alert.
func suppressed(all []policy.Suppressed) []suppression {
	out := make([]suppression, 0, min(len(all), MaxResults))
	for _, s := range all[:min(len(all), MaxResults)] {
		f := s.Finding
		out = append(out, suppression{
			f.Rule.ID, finding.UTF8(f.Location.Path), f.Fingerprint(), string(s.By), finding.Quote(s.Reason),
		})
	}
	return out
}

// invocation tells what was not read and what is not in the document.
func (d *document) invocation(o policy.Outcome) *sarif.Invocation {
	inv := sarif.NewInvocation().WithExecutionSuccess(true)
	for _, warning := range o.Warnings {
		inv.AddToolConfigurationNotification(notification("warning", plain.Safe(warning)))
	}
	unread := o.Report.Unread()
	for _, f := range unread[:min(len(unread), maxNotifications)] {
		inv.AddTToolExecutionNotification(d.unread(f, o.Policy.Opens(f)))
	}
	say := func(n int, format, noun string) {
		if n > 0 {
			inv.AddTToolExecutionNotification(notification("warning", fmt.Sprintf(format, plain.Count(n, noun))))
		}
	}
	say(len(unread)-maxNotifications, "Not or not fully read, beside these: %s.", "file")
	dropped := "Left out of this document: the mildest %s, of which code scanning would keep none."
	if d.Most < MaxResults {
		dropped = "Left out of this document, because code scanning did not take a larger one: the mildest %s."
	}
	say(d.dropped, dropped, "finding")
	listed := "listed"
	if len(o.Suppressed) > MaxResults {
		listed = fmt.Sprintf("the worst %d of them listed", MaxResults)
	}
	say(len(o.Suppressed), "Suppressed by the project's policy: %s, "+listed+" in the properties of this run.", "finding")
	return inv
}

// unread says of a file what was not read; opens that this fails the scan.
func (d *document) unread(f *audit.File, opens bool) *sarif.Notification {
	level, what := "warning", "Not fully read"
	if opens {
		level = "error"
	}
	if f.Status == audit.NotScanned {
		what = "Not scanned"
	}
	n := notification(level, fmt.Sprintf("%s: %s: %s.", what, plain.Safe(finding.Escape(f.Path)), plain.Safe(f.Reason)))
	n.AddLocation(sarif.NewLocationWithPhysicalLocation(d.physical(f.Path, d.URI(f.Path), 0)))
	return n
}

// notification is a message about the run.
func notification(level, text string) *sarif.Notification {
	return sarif.NewNotification().WithLevel(level).WithTextMessage(escapeLinks(text))
}
