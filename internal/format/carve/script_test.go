package carve_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/format/carve"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/hostile/hostiletest"
)

// TestScriptsInScripts: what follows the first line of a script is looked at once,
// however many lines in it could be first ones.
func TestScriptsInScripts(t *testing.T) {
	const line = "#!/bin/sh\n"
	data := "\x80" + strings.Repeat(line, 20_000) + "\x80"
	src := &hostiletest.Sparse{Head: []byte(data)}
	r := hostile.NewReader(src, int64(len(data)), hostiletest.Budget(len(data)))
	n, last := 0, int64(0)
	_, err := carve.Only(r, nil, func(f carve.File) bool {
		n, last = n+1, f.Offset+f.Size
		return false
	})
	// The last two lines are followed by too little.
	if err != nil || n != 20_000-2 || last != int64(len(data)-1) {
		t.Errorf("got %d scripts to %d, %v, want 19998 to %d", n, last, err, len(data)-1)
	}
	if most := int64(n) * 16 << 10; src.Read > most {
		t.Errorf("read %d bytes, want %d at most", src.Read, most)
	}
}
