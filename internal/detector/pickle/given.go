package pickle

import (
	"hash/maphash"
	"regexp"
	"sync"

	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/globals"
	"github.com/modelaudit/modelaudit/internal/source"
)

// What an unknown function is given tells what it is for: no honest pickle gives a
// command, a program or a dangerous pickle to a function.

// address is a text that is the address of something in a network.
var address = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(https?|ftps?|sftp|wss?|tcp|ldaps?|rmi|smb|gopher)://[^\s/]+`)
})

// given says what harmful thing the arguments of a call are, or "".
func (j *judge) given(e pickle.Effect, u *use) string {
	values := append([]pickle.Value(nil), e.Args...)
	if e.Kw != 0 {
		values = append(values, e.Kw)
	}
	if object, _, ok := j.m.Attribute(e.Fn); ok {
		values = append(values, object)
	}
	if what := j.givenIn(values, 3); what != "" {
		return what
	}
	if globals.ClassLike(u.at.Name) {
		return "" // addresses are made instances of classes
	}
	return j.addressIn(e.Args, 0)
}

// givenIn looks at values, at what they are as the words of one command, and at
// what is in them, as deep as depth.
func (j *judge) givenIn(values []pickle.Value, depth int) string {
	var words []string
	for _, v := range values {
		text, ok := j.m.Str(v)
		if !ok {
			text, ok = j.m.Bytes(v)
		}
		if !ok {
			if what := j.givenInside(v, depth); what != "" {
				return what
			}
			continue
		}
		if what := j.payload(text); what != "" {
			return what
		}
		words = append(words, text)
	}
	if len(words) == len(values) && source.Words(words) {
		return "a command"
	}
	return ""
}

// givenInside looks at a function, at what a container holds, and what an object was
// made with and filled with.
func (j *judge) givenInside(v pickle.Value, depth int) string {
	if n := j.m.Name(v); n != nil && findsObjects(n) {
		return "a function that finds others by their names"
	}
	if depth == 0 {
		return ""
	}
	if items, _ := j.items(v); len(items) > 0 {
		if what := j.givenIn(items, depth-1); what != "" {
			return what
		}
	}
	if state := j.m.State(v); state != 0 {
		return j.givenIn([]pickle.Value{state}, depth-1)
	}
	return ""
}

// payload says what harmful thing a text is, or "". A file can give one text to any
// number of calls: it is judged once.
func (j *judge) payload(text string) string {
	if !j.pays(text) {
		return ""
	}
	h := maphash.String(seed, text)
	if what, known := j.payloads[h]; known {
		return what
	}
	what := ""
	if program, err := source.Judge(text, j.s.p.Budget); err == nil && program != nil {
		what = "a program in " + program.Language
	}
	switch {
	case what != "":
	case source.Command(text):
		what = "a command"
	case j.holdsPickle(h):
		what = "a dangerous pickle"
	}
	if j.payloads == nil {
		j.payloads = make(map[uint64]string)
	}
	j.payloads[h] = what
	return what
}

// holdsPickle reports whether the constant with a hash holds a dangerous pickle.
func (j *judge) holdsPickle(h uint64) bool {
	for _, p := range j.inert {
		if p.constant == h {
			return true
		}
	}
	return false
}
