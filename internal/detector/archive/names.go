package archive

import (
	"fmt"
	"path"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/location"
)

// escapes says how a path leads out of the directory that an archive is unpacked
// to, or "". To a file system, two slashes are one, and so no URL is meant; a
// NUL ends the path.
func escapes(name string) string {
	name, _, _ = strings.Cut(name, "\x00")
	return location.Leaves(strings.ReplaceAll(name, "://", ":/"))
}

// symlinkEscapes is escapes for the target of a symbolic link, which is relative
// to the link's own directory.
func symlinkEscapes(name, target string) string {
	slashed := strings.ReplaceAll(target, `\`, "/")
	if clean := path.Clean(slashed); clean != ".." && !strings.HasPrefix(clean, "../") {
		return escapes(target)
	}
	return escapes(path.Dir(strings.ReplaceAll(name, `\`, "/")) + "/" + slashed)
}

// checkName reports a member's name that leads out of the archive's directory.
func checkName(p *detector.Pass, name string, offset int64) {
	how := escapes(name)
	if how == "" {
		return
	}
	p.Report(finding.Finding{
		Rule: pathEscapes, Key: name, Location: finding.Location{Offset: offset},
		Message:  fmt.Sprintf("Unpacking the archive writes to %s, %s.", finding.Quote(name), how),
		Evidence: []finding.Step{{Offset: offset, Text: "member name " + finding.Quote(name)}},
	})
}

// reportOtherName reports that a member is something else to other readers, and
// where that leads.
func reportOtherName(p *detector.Pass, name, other string, offset int64) {
	checkName(p, other, offset)
	shown, shownOther := finding.Quote(name), finding.Quote(other)
	p.Report(finding.Finding{
		Rule: ambiguousName, Key: name, Location: finding.Location{Offset: offset},
		Message:  fmt.Sprintf("The member %s is %s to other readers.", shown, shownOther),
		Evidence: []finding.Step{{Offset: offset, Text: "names " + shown + " and " + shownOther}},
	})
}

// reportContent reports in what the content of a member differs from what the
// header at an offset says of it.
func reportContent(p *detector.Pass, name string, offset int64, differs string) {
	p.Report(finding.Finding{
		Rule: contentDiffers, Key: name, Location: finding.Location{Offset: offset},
		Message:  fmt.Sprintf("The content of member %s is not what its header says: %s.", finding.Quote(name), differs),
		Evidence: []finding.Step{{Offset: offset, Text: differs}},
	})
}
