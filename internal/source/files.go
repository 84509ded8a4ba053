package source

import (
	_ "embed"
	"regexp"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed files.txt
var filesFile string

var (
	// private are files whose content is nobody else's.
	private = table.Once(filesFile, func(text string) *regexp.Regexp { return matching(text, `(^|[=@/~])`, "private") })
	// implants are files by which one stays on a machine. Those of shells are
	// changed by whatever is installed.
	implants = table.Once(filesFile, func(text string) *regexp.Regexp { return matching(text, "", "trusted") })
	// startFiles are files that something runs at a later time.
	startFiles = table.Once(filesFile, func(text string) *regexp.Regexp { return matching(text, "", "trusted", "start") })
)

// matching returns what matches the files of some kinds behind a prefix.
func matching(text, prefix string, kinds ...string) *regexp.Regexp {
	var all []string
	for _, kind := range kinds {
		all = append(all, table.Lists(text)[kind]...)
	}
	return regexp.MustCompile(prefix + "(" + strings.Join(all, "|") + ")")
}
