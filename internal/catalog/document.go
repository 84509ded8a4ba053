package catalog

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/rule"
)

// Document describes the given rules as one page of Markdown, sorted as they
// are given. The section of a rule has its ID for a heading, so that #ID leads
// to it.
func Document(rules []*rule.Rule) string {
	var b strings.Builder
	b.WriteString("# Rules\n\n" +
		"What ModelAudit can say about a file. This page is made from the program by `go test ./internal/catalog -update`;\n" +
		"`modelaudit rules` prints the same.\n\n" +
		"**critical**: loading the file runs code of an attacker's choice or overwrites a file. " +
		"**high**: it hands code to a runtime that may run it, escapes its directory, or hides from readers on purpose. " +
		"**medium**: it can do so in a setting that the file does not show. " +
		"**low**: worth a look. **info**: context.\n\n" +
		byFingerprint + "\n\n```yaml\n" + acceptance(rules[0].ID) + "```\n\n")
	fmt.Fprintf(&b, "| Rule | Severity | Certainty | What it says |\n|---|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, r.ID, r.Severity, r.Precision, r.Title)
	}
	for _, r := range rules {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n*%s*\n\n%s\n", r.ID, r.Title, facts(r), r.Help())
	}
	return b.String()
}

// byFingerprint says where a fingerprint is found and where it goes.
const byFingerprint = "A finding is accepted by its fingerprint in the policy file. `modelaudit scan --verbose`, the JSON report and the comment on a pull\n" +
	"request give it:"

// Accepting says how to accept one finding of a rule whose help leaves it at that,
// or returns "".
func Accepting(r *rule.Rule) string {
	if !strings.Contains(r.Help(), "fingerprint") {
		return ""
	}
	return byFingerprint + "\n\n    " + strings.ReplaceAll(strings.TrimSpace(acceptance(r.ID)), "\n", "\n    ") + "\n"
}

// acceptance is an entry of the policy file.
func acceptance(id string) string {
	return "accept:\n  - rule: " + id + "\n    path: models/model.pt\n    fingerprint: \"0123456789abcdef:1\"\n    reason: why this is safe\n"
}

// facts is what there is to know of a rule on one line.
func facts(r *rule.Rule) string {
	out := fmt.Sprintf("%s, %s, since %s", r.Severity, r.Precision, r.Since)
	for _, n := range r.CWE {
		out += fmt.Sprintf(", [CWE-%d](https://cwe.mitre.org/data/definitions/%d.html)", n, n)
	}
	for _, id := range r.CVE {
		out += fmt.Sprintf(", [%s](https://www.cve.org/CVERecord?id=%s)", id, id)
	}
	return out
}
