package entrypoint

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/report/plain"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// rulesCommand explains rules from the texts that the program carries: no
// network is asked.
func rulesCommand(w World) *cobra.Command {
	return &cobra.Command{
		Use:   "rules [ID]",
		Short: "List the rules, or explain one and how to fix what it finds",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("one rule at a time, not %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			rules := catalog.Rules(catalog.Detectors(), scan.Rules...)
			if len(args) == 0 {
				return listRules(w, rules)
			}
			var like []string
			for _, r := range rules {
				if r.ID == args[0] {
					return explainRule(w, r)
				}
				if strings.Contains(r.ID, args[0]) {
					like = append(like, r.ID)
				}
			}
			return usageError{fmt.Errorf("there is no rule %q%s (modelaudit rules lists them)", args[0], meant(like))}
		},
	}
}

// listRules prints one rule a line: its ID, severity and title.
func listRules(w World, rules []*rule.Rule) error {
	width := 0
	for _, r := range rules {
		width = max(width, len(r.ID))
	}
	p := plain.New(w.Stdout, false)
	for _, r := range rules {
		p.Line(0, plain.Textf("%-*s  %-8s  %s", width, r.ID, r.Severity, r.Title))
	}
	return p.Flush()
}

// explainRule prints what a rule is about. Its help is ours and printed as it
// is written.
func explainRule(w World, r *rule.Rule) error {
	facts := []string{r.Severity.String(), r.Precision.String(), "since " + r.Since}
	for _, n := range r.CWE {
		facts = append(facts, fmt.Sprintf("CWE-%d", n))
	}
	facts = append(facts, r.CVE...)
	_, err := fmt.Fprintf(w.Stdout, "%s: %s\n(%s)\n\n%s\n", r.ID, r.Title, strings.Join(facts, ", "), r.Help())
	if how := catalog.Accepting(r); how != "" && err == nil {
		_, err = fmt.Fprintf(w.Stdout, "\n%s", how)
	}
	return err
}
