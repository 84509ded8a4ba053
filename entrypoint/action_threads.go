package entrypoint

import (
	"context"

	"github.com/modelaudit/modelaudit/internal/github"
)

// conversations closes the ones that our comments at files start, and opens them
// again. Only a token may that writes to the repository's contents, which no one
// should grant for this: where it may not, the comment itself says what is the
// case, and a reader closes the conversation.
type conversations struct {
	action *action
	all    map[string]github.Thread // read when the first is needed
	futile bool                     // the last one was refused, and so will be the next
}

// settle reports whether the conversation is now as it should be.
func (c *conversations) settle(ctx context.Context, m github.FileComment, resolved bool) bool {
	var err error
	if c.all == nil && !c.futile {
		c.all, err = c.action.client.Threads(ctx, c.action.event.Pull.Number)
	}
	thread, known := c.all[m.Node]
	if c.futile = c.futile || err != nil; c.futile || !known {
		return false
	}
	err = c.action.client.Settle(ctx, thread, resolved)
	c.futile = err != nil
	return err == nil
}
