package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/compare"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/report/plain"
)

// Closing is the outcome on one line: the verdict and every number that belongs
// to it. It holds no text from files but the name of what they were compared with.
func Closing(o *policy.Outcome) string {
	if len(o.Report.Files) == 0 {
		return title(o.Verdict) + ": there is no file to scan" + compared(o.Policy.Compared) + "."
	}
	t := count(&o.Report)
	parts := []string{fmt.Sprintf("%s: %s in %s%s", title(o.Verdict), cmp.Or(o.Report.Severities(), "nothing found"), share(t.found, len(o.Report.Files)), plain.Count(len(o.Report.Files), "file"))}
	add := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	// Of files that no detector knows nothing was checked; the number keeps
	// "nothing found in 40 files" from sounding better than it is.
	switch {
	case t.recognised == 0:
		parts[0] += " (none of a known format)"
	case t.recognised < len(o.Report.Files):
		parts[0] += fmt.Sprintf(" (%d of a known format)", t.recognised)
	}
	add(t.incomplete, "%d not fully read")
	add(t.notScanned, "%d not scanned")
	add(t.binaries, "%d binary and of no known format")
	add(len(o.Suppressed), "%d suppressed")
	return strings.Join(parts, "; ") + compared(o.Policy.Compared) + "."
}

// compared says what a comparison came to, if there was one.
func compared(c *compare.Comparison) string {
	if c == nil {
		return ""
	}
	n := c.Count()
	return fmt.Sprintf("; compared with %s: %d new, %d there before, %d fixed", c.Against, n[compare.New], n[compare.Known], n[compare.Fixed])
}

// title is the first word of the report.
func title(v policy.Verdict) string {
	switch v {
	case policy.Fail:
		return "Failed"
	case policy.Open:
		return "Incomplete"
	default:
		return "Passed"
	}
}

// share is how many of the files have findings, where that is not all of them.
func share(found, files int) string {
	if found == 0 || found == files {
		return ""
	}
	return fmt.Sprintf("%d of ", found)
}

// A tally is how many files there are of a kind.
type tally struct{ found, recognised, incomplete, notScanned, binaries int }

// count sorts the files by what became of them.
func count(r *audit.Report) tally {
	var t tally
	for i := range r.Files {
		f := &r.Files[i]
		t.found += min(1, len(f.Findings))
		switch {
		case f.Status == audit.Incomplete:
			t.incomplete++
		case f.Status == audit.NotScanned:
			t.notScanned++
		// A text that nobody recognises is no model. Bytes may be one of a
		// format that is not known here.
		case f.Status == audit.NotAModel && f.Binary:
			t.binaries++
		}
		if len(f.Formats) > 0 {
			t.recognised++
		}
	}
	return t
}
