package executorch

import (
	"github.com/modelaudit/modelaudit/internal/format/flatbuffers"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// bundleProgram is the program among the fields of a bundle
// (bundled_program_schema.fbs).
const bundleProgram = 2

// LooksBundled reports whether a file that starts with first has the identifier of a
// program with its test cases.
func LooksBundled(first []byte) bool { return identified(first, "BP") }

// LooksData reports whether a file that starts with first has the identifier of a
// program's data (flat_tensor.fbs).
func LooksData(first []byte) bool { return identified(first, "FT") }

// identified reports whether there is an identifier of two letters and two digits.
func identified(first []byte, letters string) bool {
	return len(first) >= 8 && string(first[4:6]) == letters && digit(first[6]) && digit(first[7])
}

// Bundled says where in a bundle the program lies.
func Bundled(r *hostile.Reader) (offset, size int64, err error) {
	root, _ := flatbuffers.Root(r)
	w, n := root.Vector(bundleProgram, 1)
	if n == 0 && r.Err() == nil {
		r.Fail(hostile.Malformed, "a bundle without a program")
	}
	return w.Offset(), int64(n), r.Err()
}
