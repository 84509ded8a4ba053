package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// JUnit's XML, as Jenkins, GitLab, Azure and others show it: what fails, what was
// skipped and what passed. The schema is that of the Ant task junitreport, of
// which every reader knows these elements.
type (
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"` // the file
		Name    string     `xml:"name,attr"`
		File    string     `xml:"file,attr"`
		Failure *junitText `xml:"failure"`
		Error   *junitText `xml:"error"`
		Skipped *junitText `xml:"skipped"`
		Out     string     `xml:"system-out,omitempty"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes the outcome as a suite of tests: one for each finding, which fails
// if the policy says so, one for each file that was not read, and one for each
// model in which nothing was found.
func JUnit(w io.Writer, o policy.Outcome) error {
	s := junitSuite{Name: "modelaudit"}
	for i := range o.Report.Files {
		s.file(&o, &o.Report.Files[i])
	}
	s.Tests = len(s.Cases)
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	root := struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}{Suite: s}
	if err := enc.Encode(root); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// file adds what became of a file. What is no model is no test.
func (s *junitSuite) file(o *policy.Outcome, f *audit.File) {
	for i := range f.Findings {
		if found := &f.Findings[i]; !found.Rule.Unread {
			s.finding(o, found)
		}
	}
	c := junitCase{Class: plain.Safe(f.Path), File: plain.Safe(f.Path)}
	switch {
	case o.Policy.Opens(f):
		c.Name, c.Error = "read to its end", &junitText{Message: plain.Safe(f.Reason), Type: string(f.Status)}
		s.Errors++
	case f.Unread():
		c.Name, c.Skipped = "read to its end", &junitText{Message: plain.Safe(f.Reason)}
		s.Skipped++
	case f.Status == audit.Clean:
		c.Name = "nothing found"
	default:
		return
	}
	s.Cases = append(s.Cases, c)
}

// finding adds a finding, which passes if the policy lets it.
func (s *junitSuite) finding(o *policy.Outcome, f *finding.Finding) {
	path := plain.Safe(f.Location.Path)
	c := junitCase{Class: path, File: path, Name: f.Rule.ID}
	if len(f.Location.Inside) > 0 {
		c.Name += " in " + plain.Safe(strings.Join(f.Location.Inside, " › "))
	}
	c.Name += " (" + f.Fingerprint() + ")" // two of one name would be one test
	var lines strings.Builder
	for i := range f.Evidence {
		fmt.Fprintf(&lines, "%s  %s\n", f.Evidence[i].Place(), plain.Safe(f.Evidence[i].Text))
	}
	message := plain.Safe(f.Message)
	if o.Policy.Fails(f) {
		c.Failure = &junitText{Message: message, Type: f.Rule.Severity.String(), Text: lines.String()}
		s.Failures++
	} else {
		c.Out = f.Rule.Severity.String() + ": " + message + "\n" + lines.String()
	}
	s.Cases = append(s.Cases, c)
}
