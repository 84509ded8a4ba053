package github

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"

	gh "github.com/google/go-github/v60/github"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// A Kind says why GitHub did not do what it was asked.
type Kind uint8

// The kinds of trouble that differ in what a user can do about them.
const (
	Unreachable  Kind = iota + 1 // no answer: network, time, a cut line, a 5xx
	BadToken                     // 401
	NoPermission                 // 403: the token may not
	FeatureOff                   // 403: code scanning is not enabled
	Archived                     // 403: the repository is read-only
	Locked                       // 403: the conversation is locked
	RateLimited                  // 403 or 429, longer than we wait
	Missing                      // 404: not there, or the token may not see it
	TooLarge                     // 413, a 422 that says so, or our own check of the same limit
	Rejected                     // 400, 422 and what else is new
)

// Trouble is an answer of GitHub's that is not the one we hoped for.
type Trouble struct {
	Kind    Kind
	Status  int    // of HTTP; 0 if there was no answer
	Message string // GitHub's own words, quoted
	cause   error
}

// Error is what GitHub said.
func (t *Trouble) Error() string { return t.Message }

// Unwrap returns the error below.
func (t *Trouble) Unwrap() error { return t.cause }

// featureOff: the wordings of before and after Advanced Security was split.
var featureOff = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(advanced security|code security|code scanning).{0,40}(must be|is not|not been) enabled`)
})

// trouble classifies an error of an API call; nil stays nil.
func trouble(err error) error {
	if err == nil {
		return nil
	}
	var known *Trouble
	if errors.As(err, &known) {
		return known
	}
	status, message := answer(err)
	return &Trouble{Kind: kind(status, message), Status: status, Message: finding.Quote(message), cause: err}
}

// answer returns the status and the sentence of GitHub's answer.
func answer(err error) (int, string) {
	var refused *gh.ErrorResponse
	var rate *gh.RateLimitError
	var abuse *gh.AbuseRateLimitError
	var mfa *gh.TwoFactorAuthError
	switch {
	// go-github makes up this error before it asks, once it has seen that the
	// limit is reached.
	case errors.As(err, &rate):
		return http.StatusTooManyRequests, rate.Message
	case errors.As(err, &abuse):
		return http.StatusTooManyRequests, abuse.Message
	case errors.As(err, &mfa):
		return http.StatusUnauthorized, mfa.Message
	case errors.As(err, &refused) && refused.Response != nil:
		return refused.Response.StatusCode, sentence(refused)
	default:
		return 0, err.Error()
	}
}

// sentence joins GitHub's message with the details of its errors.
func sentence(e *gh.ErrorResponse) string {
	parts := []string{e.Message}
	if e.Message == "" {
		parts[0] = http.StatusText(e.Response.StatusCode)
	}
	for _, d := range e.Errors {
		switch {
		case d.Message != "":
			parts = append(parts, d.Message)
		case d.Field != "":
			parts = append(parts, d.Field+": "+d.Code)
		}
	}
	return strings.Join(parts, "; ")
}

// kind sorts an answer by its status, and by its words where one status stands
// for several things.
func kind(status int, message string) Kind {
	low := strings.ToLower(message)
	switch {
	case status == 0 || status >= 500:
		return Unreachable
	case status == http.StatusUnauthorized:
		return BadToken
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && strings.Contains(low, "rate limit"):
		return RateLimited
	case status == http.StatusForbidden && featureOff().MatchString(message):
		return FeatureOff
	case status == http.StatusForbidden && strings.Contains(low, "archived"):
		return Archived
	case status == http.StatusForbidden && strings.Contains(low, "locked"):
		return Locked
	case status == http.StatusForbidden:
		return NoPermission
	case status == http.StatusNotFound:
		return Missing
	case status == http.StatusRequestEntityTooLarge, status == http.StatusUnprocessableEntity && strings.Contains(low, "too long"):
		return TooLarge
	default:
		return Rejected
	}
}

// Gone reports whether what was to be changed is not there any more.
func Gone(err error) bool {
	var t *Trouble
	return errors.As(err, &t) && t.Kind == Missing
}

// IsTooLarge reports whether GitHub takes less than it was sent.
func IsTooLarge(err error) bool {
	var t *Trouble
	return errors.As(err, &t) && t.Kind == TooLarge
}

// Hopeless reports whether the next request of the kind would end like this one:
// nobody answers, or the token may not.
func Hopeless(err error) bool {
	var t *Trouble
	if !errors.As(err, &t) {
		return false
	}
	switch t.Kind {
	case Unreachable, BadToken, NoPermission, RateLimited:
		return true
	default:
		return false
	}
}
