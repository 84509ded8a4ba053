package archive

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/table"
)

// links judges the symbolic links of one archive that lead out of it. In the
// root file system of a container, such links are how it is made, and they are
// resolved inside it; there they are reported only if a member is written through
// one of them. Everywhere else each of them is.
type links struct {
	p       *detector.Pass
	out     []finding.Finding // up to maxFindings, and one that counts the rest
	more    int
	targets map[string]bool // cleaned names of those links, as many as there is memory for
	lost    error           // why one of them was not kept
	held    int64           // of the budget before the first
	through []finding.Step  // members written through one of them
	roots   map[string]bool // directories of a root file system that were seen
}

const (
	// linkCost is what a link is charged beside its name, in bytes.
	linkCost = 64
	// hashPerStep is how many bytes of a name are looked up in a step.
	hashPerStep = 64
	// enoughRoots is how many directories of a root file system make one.
	enoughRoots = 4
)

//go:embed roots.txt
var rootsFile string

// rootDirectories are those of a file system: roots.txt.
var rootDirectories = table.Once(rootsFile, table.Set)

// newLinks returns what is known of an archive's links before its first member.
func newLinks(p *detector.Pass) *links {
	return &links{p: p, held: p.Budget.Held(), targets: make(map[string]bool), roots: make(map[string]bool)}
}

// member looks at the name of a member that is no symbolic link.
func (l *links) member(name string, offset int64) {
	name = artifact.Clean(name)
	top, _, below := strings.Cut(name, "/")
	if below && rootDirectories()[top] {
		l.roots[top] = true
	}
	if len(l.targets) == 0 {
		return
	}
	// Any directory on the way to the member may be the link.
	for dir, end := name, len(name); end > 0; end = strings.LastIndexByte(dir, '/') {
		dir = dir[:end]
		if l.p.Budget.Steps(int64(end/hashPerStep)) != nil {
			return
		}
		if l.targets[dir] && len(l.through) < maxFindings {
			l.through = append(l.through, finding.Step{Offset: offset, Text: finding.Quote(name) + " is written through the link " + finding.Quote(dir)})
			return
		}
	}
}

// symlink looks at a symbolic link.
func (l *links) symlink(name, target string, offset int64) {
	how := symlinkEscapes(name, target)
	if how == "" {
		return
	}
	l.keep(artifact.Clean(name))
	if len(l.out) == maxFindings {
		l.more++
		return
	}
	l.out = append(l.out, linkFinding(name, target, how, offset))
}

// keep remembers the name of a link.
func (l *links) keep(name string) {
	if l.lost == nil && !l.targets[name] {
		l.lost = l.p.Budget.Hold(uint64(len(name)) + linkCost)
	}
	if l.lost == nil {
		l.targets[name] = true
	}
}

// report says what the links do, once all members were seen.
func (l *links) report() {
	l.p.Budget.Release(l.held)
	if l.lost != nil {
		l.p.Incomplete(l.lost)
	}
	if len(l.out) == 0 || len(l.roots) >= enoughRoots && len(l.through) == 0 {
		return
	}
	if len(l.through) > 0 {
		first := &l.out[0]
		first.Evidence = append(first.Evidence, l.through...)
		first.Message += " Members of the archive are written through such a link."
	}
	for _, f := range l.out {
		l.p.Report(f)
	}
	if l.more > 0 {
		l.p.Report(finding.Finding{Rule: linkEscapes, Key: "more", Message: fmt.Sprintf("The same goes for %d more links of the archive.", l.more)})
	}
}

// checkHardLink reports a hard link that leads out of the archive's directory,
// to which its target is relative.
func checkHardLink(p *detector.Pass, name, target string, offset int64) {
	if how := escapes(target); how != "" {
		p.Report(linkFinding(name, target, how, offset))
	}
}

// linkFinding is the finding of a link that leads where it must not.
func linkFinding(name, target, how string, offset int64) finding.Finding {
	return finding.Finding{
		Rule: linkEscapes, Key: name, Location: finding.Location{Offset: offset},
		Message:  fmt.Sprintf("The link %s in the archive leads to %s, %s.", finding.Quote(name), finding.Quote(target), how),
		Evidence: []finding.Step{{Offset: offset, Text: "link " + finding.Quote(name) + " to " + finding.Quote(target)}},
	}
}
