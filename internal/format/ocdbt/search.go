package ocdbt

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// dataFile is how data files are named. Records may stand anywhere in them.
var dataFile = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|[/\\])d[/\\][0-9a-f]{32}$`) })

// DataFile reports whether a file bears the name of one that holds data of a
// database.
func DataFile(name string) bool {
	const digits = 32 // most names are told by where the last slash is
	return strings.LastIndexAny(name, `/\`) == len(name)-digits-1 && dataFile().MatchString(name)
}

// Mentions reports whether a record may begin anywhere in text.
func Mentions(text []byte) bool {
	for {
		i := bytes.Index(text, []byte(sign))
		if i < 0 {
			return false
		}
		if KindOf(text[i:]) != 0 {
			return true
		}
		text = text[i+1:]
	}
}

// window is how much of a file is searched at once.
const window = 32 << 10

// Next moves to the next whole record, or to the end of the window, and reports
// whether there is one. Data files hold values besides records.
func Next(r *hostile.Reader) bool {
	for r.Left() > 0 && r.Step() {
		text := r.Peek(window)
		i := bytes.Index(text, []byte(sign))
		switch {
		case i >= 0:
			r.Skip(uint64(i))
			if whole(r) {
				return true
			}
			r.Skip(1)
		case int64(len(text)) == r.Left():
			r.Skip(uint64(len(text)))
		default:
			r.Skip(uint64(len(text) - len(sign) + 1))
		}
	}
	return false
}
