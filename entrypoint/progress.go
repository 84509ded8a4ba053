package entrypoint

import (
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/modelaudit/modelaudit/internal/audit"
)

// patience is how long a scan goes on before a bar is shown.
const patience = 300 * time.Millisecond

// progress shows on a terminal how many of the files that were found are done. It returns
// what is to be called after each, nil if nobody is to see it, and at the end.
func (w World) progress(found func() int, wanted bool) (done func(*audit.File), end func()) {
	if !wanted || !terminal(w.Stderr) || w.Getenv("TERM") == "dumb" {
		return nil, func() {}
	}
	started := time.Now()
	n := 0
	var bar *progressbar.ProgressBar
	done = func(*audit.File) {
		n++
		if bar == nil && time.Since(started) > patience {
			bar = progressbar.NewOptions(found(),
				progressbar.OptionSetWriter(w.Stderr), progressbar.OptionSetDescription("scanning"),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(65*time.Millisecond))
		}
		if bar != nil {
			bar.ChangeMax(found())
			bar.Set(n) // a bar that cannot be drawn is no reason to stop
		}
	}
	return done, func() {
		if bar != nil {
			bar.Finish()
		}
	}
}
