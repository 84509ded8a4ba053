package github

import (
	"encoding/json"
	"fmt"
	"strings"
)

// An Event is what made the workflow run, as far as the Action needs it.
type Event struct {
	Name  string // GITHUB_EVENT_NAME
	Ref   string // GITHUB_REF
	SHA   string // GITHUB_SHA
	Actor string // GITHUB_ACTOR

	Before, After string // of a push; a side that does not exist is all zeros
	Deleted       bool   // the push deletes its branch or tag
	Pull          *Pull  // of pull_request and pull_request_target
	Queue         *Range // of merge_group
}

// A Pull is the pull request that an event is about.
type Pull struct {
	Number       int
	ChangedFiles int // as GitHub counts them; 0 if the event does not say
	Head, Base   Side
}

// A Side is one of the two branches of a pull request.
type Side struct {
	SHA        string
	Repository string // owner/name; "" if the repository is gone
}

// A Range is two commits of which the second is to be merged onto the first.
type Range struct{ Base, Head string }

// Fork reports whether the pull request comes from another repository. A head
// repository that was deleted was one.
func (p *Pull) Fork() bool { return p.Head.Repository != p.Base.Repository }

// dependabot reports whether the run has the read-only token that Dependabot's
// runs get.
func (e *Event) dependabot() bool { return e.Actor == "dependabot[bot]" }

// ReadOnly says why the run cannot be given a token that writes, or "".
func (e *Event) ReadOnly() string {
	switch {
	case e.Pull != nil && e.Pull.Fork() && e.Name == "pull_request":
		return "a pull request from a fork"
	case e.dependabot() && e.Name != "pull_request_target":
		return "a run started by Dependabot"
	default:
		return ""
	}
}

// A payload is the event file, as far as it is read (docs.github.com, "Webhook
// events and payloads").
type payload struct {
	Number      int          `json:"number"`
	Before      string       `json:"before"`
	After       string       `json:"after"`
	Deleted     bool         `json:"deleted"`
	Repository  repository   `json:"repository"`
	PullRequest *pullRequest `json:"pull_request"`
	MergeGroup  *struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
}

// A repository as payloads have it.
type repository struct {
	FullName string `json:"full_name"`
}

// A pullRequest as payloads have it.
type pullRequest struct {
	Number       int  `json:"number"`
	ChangedFiles int  `json:"changed_files"`
	Head         side `json:"head"`
	Base         side `json:"base"`
}

// A side has no repository once a fork was deleted.
type side struct {
	SHA  string      `json:"sha"`
	Repo *repository `json:"repo"`
}

// side drops what is missing.
func (s side) side() Side {
	out := Side{SHA: s.SHA}
	if s.Repo != nil {
		out.Repository = s.Repo.FullName
	}
	return out
}

// ParseEvent completes e, which holds what the environment says, with the
// content of the event file.
func ParseEvent(e Event, file []byte) (*Event, error) {
	var p payload
	if len(file) > 0 {
		if err := json.Unmarshal(file, &p); err != nil {
			return nil, fmt.Errorf("the event file: %w", err)
		}
	}
	e.Before, e.After, e.Deleted = p.Before, p.After, p.Deleted
	if q := p.MergeGroup; q != nil && e.Name == "merge_group" {
		e.Queue = &Range{Base: q.BaseSHA, Head: q.HeadSHA}
	}
	if !strings.HasPrefix(e.Name, "pull_request") {
		return &e, nil
	}
	if p.PullRequest == nil {
		return nil, fmt.Errorf("the event file has no pull_request, though the event is %s", e.Name)
	}
	e.Pull = p.pull()
	return &e, nil
}

// pull returns the pull request. Some fields are missing in the payloads of
// older GitHub Enterprise Servers, and stand elsewhere in them.
func (p *payload) pull() *Pull {
	out := &Pull{
		Number: p.PullRequest.Number, ChangedFiles: p.PullRequest.ChangedFiles,
		Head: p.PullRequest.Head.side(), Base: p.PullRequest.Base.side(),
	}
	if out.Number == 0 {
		out.Number = p.Number
	}
	if out.Base.Repository == "" {
		out.Base.Repository = p.Repository.FullName
	}
	return out
}
