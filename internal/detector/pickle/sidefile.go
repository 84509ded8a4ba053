package pickle

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/pickle"
	"github.com/modelaudit/modelaudit/internal/location"
)

// joblib before 0.10 wrote each array to a file of its own, beside the pickle,
// which holds an NDArrayWrapper or a ZNDArrayWrapper with the file's name
// (joblib/numpy_pickle_compat.py). Today's joblib still reads such files, with
// allow_pickle.

// sideFile judges where the array is read from that a wrapper stands for.
func (j *judge) sideFile(e pickle.Effect, u *use) {
	if !wrapsFile(u.at) || len(e.Args) != 1 {
		return
	}
	j.s.alone = false
	v, ok := j.m.Field(e.Args[0], "filename")
	if !ok {
		if _, all := j.m.Items(e.Args[0]); !all {
			j.unread()
		}
		return
	}
	name, ok := j.m.Str(v)
	if !ok {
		j.add(unresolved, e, "filename", func() string {
			return "Loading this file with joblib reads an array from a file whose name is computed in a way that only running it would tell: " + j.python(v) + "."
		})
		return
	}
	quoted := finding.Quote(name)
	if why := location.Leaves(name); why != "" {
		j.add(sideEscapes, e, name, func() string {
			return "Loading this file with joblib reads an array from " + quoted + ", " + why + "; an array of objects is a pickle, and is run."
		})
		return
	}
	if name == "" || j.s.absent(name) {
		j.add(sideMissing, e, cmp.Or(name, "unnamed"), func() string {
			return "The array that joblib reads from " + quoted + " is not beside this file: what will be loaded in its place was not checked."
		})
		return
	}
	if j.s.p.File.Open != nil {
		j.s.p.Loads(name)
	}
}

// wrapsFile reports whether instances of a class name a file with an array.
func wrapsFile(n *pickle.Name) bool {
	return strings.HasSuffix(n.Name, "NDArrayWrapper") && strings.Contains("."+n.Module, ".joblib.numpy_pickle")
}

// absent reports whether nothing lies at a path beside the file on disk.
func (s *session) absent(name string) bool {
	if s.p.File.Open == nil {
		return false
	}
	_, err := s.p.File.Open(path.Clean(strings.ReplaceAll(name, `\`, "/")))
	return errors.Is(err, fs.ErrNotExist)
}

// wraps looks at the class that an array in the file is of, by its wrapper.
func (j *judge) wraps(e pickle.Effect, u *use) {
	if u.at.Name != "NumpyArrayWrapper" || !strings.Contains("."+u.at.Module, ".joblib.numpy_pickle") || len(e.Args) != 1 {
		return
	}
	if class, ok := j.m.Field(e.Args[0], "subclass"); ok {
		j.arrayOf(e, class)
	}
}

// arrayOf notes the class of an array that is filled from the file itself: it is
// not one that the file carries for others to call.
func (j *judge) arrayOf(e pickle.Effect, class pickle.Value) {
	n := j.m.Name(class)
	if n == nil {
		return
	}
	if u := j.use(n, e); u.array {
		u.called = true
	}
}
