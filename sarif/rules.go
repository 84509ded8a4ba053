package sarif

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Limits of code scanning on what describes a rule.
const (
	maxTags        = 10   // displayed; 20 are accepted
	maxName        = 255  // characters
	maxDescription = 1024 // characters, of the short and of the full one
)

// driver describes the tool with every rule that it may report, so that a
// document also says what was looked for.
func (d *document) driver(o policy.Outcome) *sarif.ToolComponent {
	driver := sarif.NewDriver(toolName).WithGUID(toolGUID).WithInformationURI(project).WithVersion(d.Version)
	driver.Rules = []*sarif.ReportingDescriptor{}
	add := func(r *rule.Rule) {
		if _, ok := d.index[r]; !ok {
			d.index[r] = len(driver.Rules)
			driver.Rules = append(driver.Rules, descriptor(r))
		}
	}
	for _, r := range d.Rules {
		add(r)
	}
	for _, f := range o.Report.Findings() {
		add(f.Rule)
	}
	return driver
}

// descriptor is a rule as code scanning shows it. Texts beyond its limits are
// cut, since it refuses the document otherwise.
func descriptor(r *rule.Rule) *sarif.ReportingDescriptor {
	short := sarif.NewMultiformatMessageString(cut(r.Title+".", maxDescription))
	full := sarif.NewMultiformatMessageString(cut(summary(r), maxDescription))
	return sarif.NewRule(r.ID).
		WithName(cut(pascal(r.ID), maxName)).
		WithShortDescription(short).
		WithFullDescription(full).
		WithHelpURI(project + "/blob/main/RULES.md#" + r.ID).
		WithTextHelp(help(r)).
		WithMarkdownHelp(help(r)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(r.Severity))).
		WithProperties(properties(r))
}

// properties are those that code scanning reads: tags, precision, and a
// severity between 0.0 and 10.0.
func properties(r *rule.Rule) sarif.Properties {
	p := sarif.Properties{"tags": tags(r), "precision": precision(r.Precision)}
	if s := securitySeverity(r.Severity); s != "" {
		p["security-severity"] = s
	} else {
		p["problem.severity"] = "recommendation"
	}
	return p
}

// tags puts weaknesses before vulnerabilities, which are also in the help.
func tags(r *rule.Rule) []string {
	out := []string{"security"}
	for _, n := range r.CWE {
		out = append(out, fmt.Sprintf("external/cwe/cwe-%03d", n))
	}
	out = append(out, r.CVE...)
	return out[:min(len(out), maxTags)]
}

// securitySeverity is the score that code scanning turns into its word, away
// from the bounds at 4, 7 and 9; it has no word for info.
func securitySeverity(s rule.Severity) string {
	switch s {
	case rule.Critical:
		return "9.5"
	case rule.High:
		return "8.0"
	case rule.Medium:
		return "5.5"
	case rule.Low:
		return "2.0"
	default:
		return ""
	}
}

// level is a severity in the words of SARIF (section 3.27.10).
func level(s rule.Severity) string {
	switch s {
	case rule.Critical, rule.High:
		return "error"
	case rule.Medium:
		return "warning"
	default:
		return "note"
	}
}

// precision is a certainty in the words of CodeQL's metadata, which code
// scanning sorts by.
func precision(p rule.Precision) string {
	switch p {
	case rule.Certain:
		return "very-high"
	case rule.Likely:
		return "high"
	default:
		return "medium"
	}
}

// help is never empty: a rule without one is refused by code scanning, which
// shows no fingerprints.
func help(r *rule.Rule) string {
	switch {
	case r.Help() == "":
		return r.Title + "."
	case strings.Contains(r.Help(), "fingerprint"):
		return r.Help() + "\n\nTo the Action, dismissing the alert in code scanning says the same."
	default:
		return r.Help()
	}
}

// summary is the first paragraph of the help, on one line.
func summary(r *rule.Rule) string {
	first, _, _ := strings.Cut(help(r), "\n\n")
	return strings.Join(strings.Fields(strings.NewReplacer("`", "", "**", "").Replace(first)), " ")
}

// pascal turns an ID in words into the form that names of rules have in SARIF.
func pascal(id string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(id, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
