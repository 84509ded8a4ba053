package change

import (
	"github.com/modelaudit/modelaudit/internal/git"
	"github.com/modelaudit/modelaudit/internal/github"
)

// CheckedOut reads which commit a workspace holds, without running git. What
// cannot be read is unknown.
func CheckedOut(root string) github.Checkout {
	head := git.ReadHead(root)
	out := github.Checkout{SHA: head.Commit}
	if head.Remote != "" {
		out.Branch = head.Branch
	}
	return out
}
