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
// fetched, and its Python and machine code loaded.
func (j *judge) kernel(i config.Item) {
	name := i.Value[strings.LastIndexByte(i.Value, '|')+1:] // "paged|owner/name"
	if i.Kind != config.Text || !repository().MatchString(name) || strings.HasPrefix(name, ownKernels) {
		return
	}
	j.known = true
	message := fmt.Sprintf("Making the model fetches kernels from %s and loads their code.", finding.Quote(name))
	j.causes.At(remote, "kernels "+finding.Quote(name), message).Add(i.Offset, "%s: %s", j.where(i), finding.Quote(i.Value))
}
