package review

import (
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/report/gfm"
)

// acceptance is what a project adds to its policy file to live with a finding.
func acceptance(f *finding.Finding, file string) string {
	if file == "" {
		return ""
	}
	return "To live with it, add to `" + file + "` on the base branch:\n\n" + gfm.Paste("yaml", "accept:\n"+
		"  - rule: "+f.Rule.ID+"\n"+
		"    path: "+yamlString(literal(finding.UTF8(f.Location.Path)))+"\n"+
		"    fingerprint: "+yamlString(f.Fingerprint())+"\n"+
		"    reason: \"\" # say why this is safe; required\n"+
		"    until: 2030-12-31 # optional\n")
}

// literal escapes what has a meaning in a glob.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`).Replace("/" + path)
}

// yamlString: what Go escapes in ASCII, YAML reads back.
func yamlString(s string) string { return strconv.QuoteToASCII(s) }
