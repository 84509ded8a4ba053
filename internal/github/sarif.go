package github

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	gh "github.com/google/go-github/v60/github"
	"github.com/klauspost/compress/gzip"

	"github.com/modelaudit/modelaudit/internal/finding"
)

// MaxUpload is the largest compressed SARIF file that GitHub takes, in bytes.
const MaxUpload = 10_000_000

// ToolName is what uploads are listed under, the name of the SARIF driver.
const ToolName = "modelaudit"

// An Upload is a SARIF document with the place it belongs to.
type Upload struct {
	SARIF   []byte
	To      Destination
	Started time.Time
}

// body is the request that delivers an upload.
func (u Upload) body() (*gh.SarifAnalysis, error) {
	if err := u.To.check(); err != nil {
		return nil, &Trouble{Kind: Rejected, Message: finding.Quote(err.Error()), cause: err}
	}
	packed, err := pack(u.SARIF)
	if err != nil {
		return nil, err
	}
	if len(packed) > MaxUpload {
		return nil, &Trouble{Kind: TooLarge, Message: fmt.Sprintf(
			"the SARIF file has %d bytes when compressed, GitHub takes %d", len(packed), MaxUpload)}
	}
	started := gh.Timestamp{Time: u.Started.UTC().Truncate(time.Second)}
	return &gh.SarifAnalysis{
		CommitSHA: &u.To.SHA, Ref: &u.To.Ref, StartedAt: &started,
		Sarif:    gh.String(base64.StdEncoding.EncodeToString(packed)),
		ToolName: gh.String(ToolName),
	}, nil
}

// pack compresses reproducibly: the header has no time.
func pack(p []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(p); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Deliver uploads a SARIF document and returns the delivery's ID. Sending it
// twice does no harm: the second replaces the first.
func (c *Client) Deliver(ctx context.Context, u Upload) (string, error) {
	body, err := u.body()
	if err != nil {
		return "", err
	}
	id, resp, err := c.api.CodeScanning.UploadSarif(mayRepeat(ctx), c.owner, c.name, body)
	switch {
	case err != nil:
		return "", trouble(err)
	case id == nil || id.GetID() == "":
		// go-github decodes the ID of a 202 only.
		return "", &Trouble{Kind: Rejected, Status: statusOf(resp), Message: "GitHub answered the upload without an ID"}
	default:
		return id.GetID(), nil
	}
}

// statusOf is the status of an answer, 0 if there was none.
func statusOf(resp *gh.Response) int {
	if resp == nil || resp.Response == nil {
		return 0
	}
	return resp.StatusCode
}

// Processing is what became of a delivery.
type Processing struct {
	Status string   // pending, complete or failed
	Errors []string // GitHub's own words, quoted
}

// The statuses of a delivery.
const (
	ProcessingPending  = "pending"
	ProcessingComplete = "complete"
	ProcessingFailed   = "failed"
)

// pauses between two looks at a delivery: about two minutes in all.
var pauses = [...]time.Duration{
	time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second, 60 * time.Second,
}

// Await looks at a delivery until GitHub has processed it, or for about two
// minutes. An error says that its status could not be learned.
func (c *Client) Await(ctx context.Context, id string) (Processing, error) {
	var state Processing
	for _, pause := range pauses {
		if err := c.net.Sleep(ctx, pause); err != nil {
			return state, trouble(err)
		}
		var err error
		if state, err = c.processing(ctx, id); err != nil {
			return state, err
		}
		if state.Status != ProcessingPending {
			return state, nil
		}
	}
	return state, nil
}

// processing asks once. go-github's own type has no errors.
func (c *Client) processing(ctx context.Context, id string) (Processing, error) {
	var answer struct {
		Status string   `json:"processing_status"`
		Errors []string `json:"errors"`
	}
	if !deliveryID().MatchString(id) {
		return Processing{}, &Trouble{Kind: Rejected, Message: "GitHub answered the upload with an ID that is none"}
	}
	if err := c.call(ctx, http.MethodGet, c.path("code-scanning/sarifs/%s", id), nil, &answer); err != nil {
		return Processing{}, trouble(err)
	}
	out := Processing{Status: answer.Status}
	for _, e := range answer.Errors {
		out.Errors = append(out.Errors, finding.Quote(e))
	}
	return out, nil
}
