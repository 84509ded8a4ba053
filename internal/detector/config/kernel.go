package config

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/config"
)

// repository matches what transformers takes for a repository of kernels rather
// than the name of an implementation that it has (is_kernel of
// integrations/hub_kernels.py).
var repository = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[^/:]+/[^/:]+(?:@[^/:]+)?(?::[^/:]+)?$`)
})

// ownKernels are the repositories that transformers names itself.
const ownKernels = "kernels-community/"

// kernel judges the attention of a model: one that is named like a repository is
// fetched, and its Python and machine code loaded. What stands around bars says how
// it is used, or is not looked at: "paged|owner/name".
func (j *judge) kernel(i config.Item) {
	if i.Kind != config.Text {
		return
	}
	for name := range strings.SplitSeq(i.Value, "|") {
		if name = strings.TrimSpace(name); !repository().MatchString(name) || strings.HasPrefix(name, ownKernels) {
			continue
		}
		j.known = true
		message := fmt.Sprintf("Making the model fetches kernels from %s and loads their code.", finding.Quote(name))
		j.causes.At(remote, "kernels "+finding.Quote(name), message).Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
	}
}
