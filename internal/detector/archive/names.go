package archive

import (
	"fmt"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
)

// escapes says how a path leads out of the directory that it is relative to, or
// "" if it does not. Either slash separates: extractors on Windows and several
// libraries take both.
func escapes(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	switch {
	case strings.HasPrefix(name, "/"):
		return "it is absolute"
	case len(name) >= 2 && name[1] == ':' && isLetter(name[0]):
		return "it names a drive"
	}
	depth := 0
	for part := range strings.SplitSeq(name, "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return "it climbs above its start"
			}
		default:
			depth++
		}
	}
	return ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// linkEscapesFrom says how a link leads out of the archive's directory, or "".
// A symbolic link's target is relative to the link's own directory.
func linkEscapesFrom(name, target string) string {
	if how := escapes(target); how == "" || !strings.Contains(how, "climbs") {
		return how
	}
	dir := strings.ReplaceAll(name, `\`, "/")
	dir = dir[:strings.LastIndexByte(dir, '/')+1]
	return escapes(dir + target)
}

// checkName reports a member's name that leads out of the archive's directory.
func checkName(p *detector.Pass, name string, offset int64) {
	how := escapes(name)
	if how == "" {
		return
	}
	p.Report(finding.Finding{
		Rule: pathEscapes, Key: name, Location: finding.Location{Offset: offset},
		Message:  fmt.Sprintf("Unpacking writes %s outside of the chosen directory: %s.", finding.Quote(name), how),
		Evidence: []finding.Step{{Offset: offset, Text: "member name " + finding.Quote(name)}},
	})
}

// checkLink reports a symbolic link that leads out of the archive's directory.
func checkLink(p *detector.Pass, name, target string, offset int64) {
	reportLink(p, name, target, linkEscapesFrom(name, target), offset)
}

// checkHardLink reports a hard link that leads out of the archive's directory,
// to which its target is relative.
func checkHardLink(p *detector.Pass, name, target string, offset int64) {
	reportLink(p, name, target, escapes(target), offset)
}

func reportLink(p *detector.Pass, name, target, how string, offset int64) {
	if how == "" {
		return
	}
	p.Report(finding.Finding{
		Rule: linkEscapes, Key: name, Location: finding.Location{Offset: offset},
		Message: fmt.Sprintf("The link %s leads out of the directory that the archive is unpacked to, to %s: %s.",
			finding.Quote(name), finding.Quote(target), how),
		Evidence: []finding.Step{{Offset: offset, Text: "link " + finding.Quote(name) + " to " + finding.Quote(target)}},
	})
}
