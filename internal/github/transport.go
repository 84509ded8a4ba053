package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = 20 * time.Second
	// uploadRate is how slowly a request body may leave before an attempt is
	// given up, on top of the timeout: bytes per second.
	uploadRate = 256 << 10
	// impatience is by how much the timeout shrinks once GitHub seems to be down.
	impatience = 4
	// maxTries is how often one request is sent.
	maxTries = 3
	// maxWait is the longest pause that GitHub may ask for and get.
	maxWait = 60 * time.Second
	// maxRedirects is what one request may follow; a renamed repository needs one.
	maxRedirects = 5
	// maxAnswer bounds what is read of one answer.
	maxAnswer = 160 << 20
)

// A transport sends one request until it is answered: it retries what may be
// sent again, waits as long as GitHub asks, follows redirects with method and
// body kept, and shows the token to trusted hosts only. An answer is read whole
// within the attempt, so that a line cut in the middle is retried too.
type transport struct {
	net     Net
	token   string
	trusted []*url.URL
	// down is set when every try of a request failed: the next ones get one try
	// each, so that a dead GitHub costs a job seconds, not minutes.
	down atomic.Bool
}

// repeatable marks the context of a POST that does no harm when it arrives twice.
type repeatable struct{}

// mayRepeat marks the requests made in a context as repeatable.
func mayRepeat(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatable{}, true)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	for try := 1; ; try++ {
		res, err := t.follow(req)
		wait, again := t.again(req, res, err, try)
		if !again {
			return res, err
		}
		if err := t.net.Sleep(req.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// again decides whether a request is sent once more, and after what pause.
func (t *transport) again(req *http.Request, res *http.Response, err error, try int) (time.Duration, bool) {
	failed := err != nil || res.StatusCode >= 500
	tries := maxTries
	if t.down.Load() {
		tries = 1
	}
	if try >= tries || req.Context().Err() != nil {
		t.down.Store(failed)
		return 0, false
	}
	t.down.Store(t.down.Load() && failed)
	backoff := time.Second << (try - 1)
	// Jobs of a matrix start together and would come back together.
	backoff += rand.N(backoff / 2)
	var unsent *refusedRedirect
	switch {
	case errors.As(err, &unsent):
		return 0, false
	case err != nil:
		return backoff, idempotent(req)
	case limited(res):
		wait := asked(res, backoff)
		return wait, wait <= maxWait
	// A 503 comes from in front of the service: it did not arrive.
	case res.StatusCode >= 500:
		wait := asked(res, backoff)
		return wait, wait <= maxWait && (idempotent(req) || res.StatusCode == http.StatusServiceUnavailable)
	case res.StatusCode == http.StatusUnauthorized:
		// GitHub now and then refuses a fresh token for a moment.
		return backoff, try == 1
	default:
		return 0, false
	}
}

// idempotent reports whether a request may be sent again although it may have
// arrived.
func idempotent(req *http.Request) bool {
	return req.Method != http.MethodPost || req.Context().Value(repeatable{}) != nil
}

// limited reports whether an answer says "later": a primary or secondary rate limit.
func limited(res *http.Response) bool {
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return res.Header.Get("Retry-After") != "" || res.Header.Get("X-RateLimit-Remaining") == "0" ||
			strings.Contains(strings.ToLower(string(peek(res))), "secondary rate limit")
	default:
		return false
	}
}

// peek returns the body of an answer that follow has read whole.
func peek(res *http.Response) []byte {
	p, _ := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(p))
	return p
}

// asked returns the pause that an answer asks for, or the given one.
func asked(res *http.Response, otherwise time.Duration) time.Duration {
	after := res.Header.Get("Retry-After")
	if s, err := strconv.ParseInt(after, 10, 32); err == nil && s >= 0 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(after); err == nil {
		return max(0, time.Until(at))
	}
	if res.Header.Get("X-RateLimit-Remaining") == "0" {
		if s, err := strconv.ParseInt(res.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(0, time.Until(time.Unix(s, 0))) + time.Second
		}
	}
	return otherwise
}

// A refusedRedirect is a redirect that would carry what we send to a stranger.
type refusedRedirect struct{ from, to string }

// Error names both hosts and no path: paths may be signed.
func (e *refusedRedirect) Error() string {
	return fmt.Sprintf("%s redirects to %s, which is not this GitHub: not followed", e.from, e.to)
}

// follow sends a request once and follows redirects. Unlike net/http it keeps
// the method on 301 and 302, which GitHub sends for renamed repositories.
func (t *transport) follow(req *http.Request) (*http.Response, error) {
	target := req.URL
	for range maxRedirects {
		res, err := t.attempt(req, target)
		if err != nil {
			return nil, err
		}
		next := redirection(res, target)
		if next == nil {
			return res, nil
		}
		if req.Method != http.MethodGet && req.Method != http.MethodHead && !t.trusts(next) {
			return nil, &refusedRedirect{target.Host, next.Host}
		}
		target = next
	}
	return nil, fmt.Errorf("%s: more than %d redirects", req.URL.Host, maxRedirects)
}

// redirection returns where an answer leads, nil for one that leads nowhere. A
// 303 is none of GitHub's.
func redirection(res *http.Response, from *url.URL) *url.URL {
	switch res.StatusCode {
	case 301, 302, 307, 308:
	default:
		return nil
	}
	next, err := from.Parse(res.Header.Get("Location"))
	if err != nil || next.Host == "" || res.Header.Get("Location") == "" {
		return nil
	}
	return next
}

// attempt sends a request to one address and reads the whole answer.
func (t *transport) attempt(req *http.Request, target *url.URL) (*http.Response, error) {
	patience := t.net.Timeout
	if t.down.Load() {
		patience /= impatience
	}
	// Of a large upload the sending alone takes time.
	limit := patience + time.Duration(max(0, req.ContentLength)/uploadRate)*time.Second
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	out := req.Clone(ctx)
	out.URL, out.Host = target, target.Host
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	switch {
	// Redirects to storage are signed, and some storages refuse a second
	// authorisation.
	case !t.trusts(target):
		out.Header.Del("Authorization")
	case t.token != "" && out.Header.Get("Authorization") == "":
		out.Header.Set("Authorization", "Bearer "+t.token)
	}
	res, err := t.net.Transport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	p, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(p) > maxAnswer {
		err = fmt.Errorf("%s: an answer of more than %d bytes", target.Host, maxAnswer)
	}
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(p))
	res.Request = req
	return res, nil
}

// trusts reports whether the token may be shown to the host of u.
func (t *transport) trusts(u *url.URL) bool {
	for _, h := range t.trusted {
		if h.Scheme == u.Scheme && strings.EqualFold(h.Host, u.Host) {
			return true
		}
	}
	return false
}

// sleep waits on the clock.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
