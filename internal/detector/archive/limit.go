package archive

import (
	"fmt"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// maxFindings is how many findings of one rule an archive gets. Its author
// decides how many members it has, and the first ones prove the point.
const maxFindings = 20

// A limit counts the findings of one archive.
type limit struct {
	report func(finding.Finding)
	counts map[*rule.Rule]int
	order  []*rule.Rule // in which they first came
}

// limited returns a pass whose findings of one rule end at maxFindings, and the
// function that reports how many more there were.
func limited(p *detector.Pass) (*detector.Pass, func()) {
	l := &limit{report: p.Report, counts: make(map[*rule.Rule]int)}
	out := *p
	out.Report = l.add
	return &out, l.flush
}

// add reports a finding, as long as its rule has not had enough of them.
func (l *limit) add(f finding.Finding) {
	if l.counts[f.Rule] == 0 {
		l.order = append(l.order, f.Rule)
	}
	if l.counts[f.Rule]++; l.counts[f.Rule] <= maxFindings {
		l.report(f)
	}
}

// flush says of each rule how many findings were not listed.
func (l *limit) flush() {
	for _, r := range l.order {
		if n := l.counts[r] - maxFindings; n > 0 {
			l.report(finding.Finding{Rule: r, Key: "more", Message: fmt.Sprintf("The same goes for %d more members of the archive.", n)})
		}
	}
}
