package github

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// An Object is content that Git LFS keeps, by what it contains.
type Object struct {
	SHA256 string // 64 lower-case hexadecimal digits
	Size   int64  // bytes
}

// A Source is where an object can be fetched, for a while.
type Source struct {
	Object  Object
	Problem string // why it cannot be fetched, quoted; "" if it can
	address *url.URL
	header  map[string]string
}

// MaxBatch is how many objects one request may ask for; GitHub takes no more.
const MaxBatch = 100

// lfsType is the media type of requests and answers (docs/api/batch.md).
const lfsType = "application/vnd.git-lfs+json"

// The batch API's messages, as far as they are used here. Source: the Git LFS
// specification, docs/api/batch.md.
type (
	batchRequest struct {
		Operation string        `json:"operation"`
		Transfers []string      `json:"transfers"`
		Objects   []batchObject `json:"objects"`
	}
	batchObject struct {
		OID     string `json:"oid"`
		Size    int64  `json:"size"`
		Actions struct {
			Download *struct {
				Href   string            `json:"href"`
				Header map[string]string `json:"header"`
			} `json:"download"`
		} `json:"actions,omitzero"`
		Error *struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"error,omitempty"`
	}
)

// Locate asks the Git LFS server of a repository of this GitHub where objects
// are. What the repository itself says about its server (.lfsconfig) is not
// read: it is part of what is being judged.
func (c *Client) Locate(ctx context.Context, repository string, objects []Object) ([]Source, error) {
	if !repositoryParts().MatchString(repository) {
		return nil, &Trouble{Kind: Rejected, Message: "a repository's name that is none"}
	}
	if len(objects) > MaxBatch {
		return nil, fmt.Errorf("%d objects at once, the limit is %d", len(objects), MaxBatch)
	}
	ask := batchRequest{Operation: "download", Transfers: []string{"basic"}}
	for _, o := range objects {
		ask.Objects = append(ask.Objects, batchObject{OID: o.SHA256, Size: o.Size})
	}
	var answer struct {
		Objects []batchObject `json:"objects"`
	}
	if err := c.batch(ctx, repository, ask, &answer); err != nil {
		return nil, err
	}
	found := make(map[string]*batchObject)
	for i := range answer.Objects {
		found[answer.Objects[i].OID] = &answer.Objects[i]
	}
	var out []Source
	for _, o := range objects {
		out = append(out, c.source(o, found[o.SHA256]))
	}
	return out, nil
}

// batch sends one request of the batch API. It only asks, so that it may be
// repeated, and carries the job's token as git does: as a password.
func (c *Client) batch(ctx context.Context, repository string, ask, answer any) error {
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	address := c.server.String() + repository + ".git/info/lfs/objects/batch"
	req, err := http.NewRequestWithContext(mayRepeat(ctx), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", lfsType)
	req.Header.Set("Content-Type", lfsType)
	req.Header.Set("User-Agent", c.api.UserAgent)
	if c.token != "" {
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("x-access-token:"+c.token)))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return trouble(withoutAddress(err))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return refusal(res)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// refusal is the Trouble of an answer of the Git LFS server.
func refusal(res *http.Response) error {
	var said struct {
		Message string `json:"message"`
	}
	if json.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&said); said.Message == "" {
		said.Message = http.StatusText(res.StatusCode)
	}
	return &Trouble{Kind: kind(res.StatusCode, said.Message), Status: res.StatusCode, Message: finding.Quote(said.Message)}
}

// source reads what the server says of one object.
func (c *Client) source(o Object, said *batchObject) Source {
	s := Source{Object: o}
	switch {
	case said == nil:
		s.Problem = "the Git LFS server says nothing of the object"
	case said.Error != nil:
		s.Problem = fmt.Sprintf("the Git LFS server says: %s (%d)", finding.Quote(said.Error.Message), said.Error.Code)
	case said.Actions.Download == nil:
		s.Problem = "the Git LFS server does not have the object"
	default:
		u, err := url.Parse(said.Actions.Download.Href)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != c.server.Scheme {
			s.Problem = "the Git LFS server gives an address that is not used"
			return s
		}
		s.address, s.header = u, said.Actions.Download.Header
	}
	return s
}

// Fetch writes an object to w and returns how many bytes it had; no more than
// its size are read. Our token is not shown to where it is stored.
func (c *Client) Fetch(ctx context.Context, s Source, w io.Writer) (int64, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	idle := time.AfterFunc(c.net.Timeout, func() { stop(errIdle) })
	defer idle.Stop()
	res, err := c.get(ctx, s)
	if err != nil {
		return 0, trouble(withoutAddress(errors.Join(context.Cause(ctx), err)))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, refusal(res)
	}
	// One byte more than was promised tells an object that is too long.
	n, err := io.Copy(w, io.LimitReader(&lively{res.Body, idle, c.net.Timeout}, s.Object.Size+1))
	if err != nil {
		return n, trouble(withoutAddress(errors.Join(context.Cause(ctx), err)))
	}
	return n, nil
}

// errIdle is the cause of a download that stalled: large objects may take long,
// but not in silence.
var errIdle = errors.New("no data came for too long")

// get asks for an object. A redirect is followed by net/http, which has nothing
// of ours to lose.
func (c *Client) get(ctx context.Context, s Source) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.address.String(), nil)
	if err != nil {
		return nil, err
	}
	for k, v := range s.header {
		req.Header.Set(k, v)
	}
	// Without our transport: it would buffer the object, and the storage has an
	// authorisation of its own.
	client := http.Client{Transport: c.net.Transport}
	return client.Do(req)
}

// lively is a reader that a pause of more than limit ends.
type lively struct {
	r     io.Reader
	idle  *time.Timer
	limit time.Duration
}

// Read implements io.Reader. Whatever arrives is a sign of life.
func (l *lively) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.idle.Reset(l.limit)
	return n, err
}

// withoutAddress drops the address from an error: the ones that objects are
// stored at are signed, and open to whoever reads them in a log.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("%s: %w", strings.ToLower(u.Op), u.Err)
	}
	return err
}
