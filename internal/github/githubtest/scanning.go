package githubtest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Delivery is one accepted upload.
type Delivery struct {
	ID, Ref, Commit, Category string
	SARIF                     Log
	Raw                       []byte // the document, unpacked
}

// A Log is what code scanning reads of a SARIF document.
type Log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []Run  `json:"runs"`
}

// A Run is one run of a Log.
type Run struct {
	Tool struct {
		Driver struct {
			Name  string `json:"name"`
			Rules []Rule `json:"rules"`
		} `json:"driver"`
	} `json:"tool"`
	AutomationDetails struct {
		ID string `json:"id"`
	} `json:"automationDetails"`
	Results *[]Result `json:"results"`
}

// A Rule is one descriptor of a Run.
type Rule struct {
	ID               string         `json:"id"`
	ShortDescription text           `json:"shortDescription"`
	FullDescription  text           `json:"fullDescription"`
	Help             text           `json:"help"`
	Properties       map[string]any `json:"properties"`
}

// text is a message of SARIF, of which code scanning shows the plain form.
type text struct {
	Text string `json:"text"`
}

// A Result is one alert.
type Result struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Message   text   `json:"message"`
	Locations []struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	} `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

// Last returns the latest delivery, or nil.
func (s *Server) Last() *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.Deliveries) == 0 {
		return nil
	}
	return s.Deliveries[len(s.Deliveries)-1]
}

// Patterns and limits of GitHub's published API description.
var (
	sha40 = regexp.MustCompile(`^[0-9a-fA-F]{40}([0-9a-fA-F]{24})?$`)
	refOK = regexp.MustCompile(`^refs/(heads|tags|pull)/.*$`)
)

// upload takes a SARIF document as code scanning does: what is wrong with the
// request is refused at once. Unlike GitHub it refuses at once also what
// processing would find later.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, s.Permissions.SecurityEvents, "write") {
		return
	}
	if s.CodeScanning != "" {
		refuse(w, http.StatusForbidden, s.CodeScanning)
		return
	}
	var in struct {
		CommitSHA   string `json:"commit_sha"`
		Ref         string `json:"ref"`
		SARIF       string `json:"sarif"`
		CheckoutURI string `json:"checkout_uri"`
		StartedAt   string `json:"started_at"`
		ToolName    string `json:"tool_name"`
	}
	if !decode(w, r, &in) {
		return
	}
	raw, err := unpack(in.SARIF, s.MaxSARIF)
	switch {
	case !sha40.MatchString(in.CommitSHA):
		refuse(w, http.StatusBadRequest, "commit_sha is not a full SHA")
		return
	case !refOK.MatchString(in.Ref):
		refuse(w, http.StatusBadRequest, "ref is not a fully qualified ref")
		return
	case errors.Is(err, errTooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "Payload Too Large")
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, "the sarif field is invalid: "+err.Error())
		return
	}
	if _, err := time.Parse(time.RFC3339, in.StartedAt); in.StartedAt != "" && err != nil {
		refuse(w, http.StatusBadRequest, "started_at is not a date")
		return
	}
	d := &Delivery{ID: fmt.Sprintf("47177e22-5596-11eb-80a1-%012d", s.id()), Ref: in.Ref, Commit: in.CommitSHA, Raw: raw}
	if err := d.read(); err != nil {
		refuse(w, http.StatusBadRequest, "rejecting SARIF: "+err.Error())
		return
	}
	s.Deliveries = append(s.Deliveries, d)
	answer(w, http.StatusAccepted, map[string]string{"id": d.ID, "url": s.URL + r.URL.Path + "/" + d.ID})
}

// errTooLarge is answered with status 413, by which the Action knows to leave
// something out.
var errTooLarge = errors.New("too large")

// unpack undoes gzip and base64. The limit is on the compressed document, as
// GitHub states it.
func unpack(field string, most int) ([]byte, error) {
	packed, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		return nil, err
	}
	if len(packed) > most {
		return nil, errTooLarge
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// read decodes the document and refuses what processing refuses.
func (d *Delivery) read() error {
	if err := json.Unmarshal(d.Raw, &d.SARIF); err != nil {
		return err
	}
	if d.SARIF.Version != "2.1.0" || d.SARIF.Schema == "" {
		return fmt.Errorf("version %q, $schema %q", d.SARIF.Version, d.SARIF.Schema)
	}
	if len(d.SARIF.Runs) != 1 {
		return fmt.Errorf("%d runs", len(d.SARIF.Runs))
	}
	run := d.SARIF.Runs[0]
	if run.Results == nil {
		return errors.New("missing 'results' array in run")
	}
	// The category of an analysis is the run's id up to the last slash; what
	// follows names the single run.
	if i := strings.LastIndex(run.AutomationDetails.ID, "/"); i > 0 {
		d.Category = run.AutomationDetails.ID[:i]
	}
	return run.check()
}

// check refuses what the processing of uploads refuses, and what leaves an alert
// without text or identity: GitHub takes that and shows something useless.
func (r *Run) check() error {
	rules := make(map[string]bool)
	for _, rule := range r.Tool.Driver.Rules {
		rules[rule.ID] = true
		severity, has := rule.Properties["security-severity"]
		text, isText := severity.(string)
		if _, err := strconv.ParseFloat(text, 64); has && (!isText || err != nil) {
			return fmt.Errorf("could not convert rules: invalid security severity value, is not a number: %v", severity)
		}
		if rule.ShortDescription.Text == "" || rule.FullDescription.Text == "" || rule.Help.Text == "" {
			return fmt.Errorf("rule %s lacks a description or help", rule.ID)
		}
	}
	for i, result := range *r.Results {
		switch {
		case !rules[result.RuleID]:
			return fmt.Errorf("result %d: no rule %q", i, result.RuleID)
		case result.RuleIndex != nil && (*result.RuleIndex < 0 || *result.RuleIndex >= len(r.Tool.Driver.Rules)):
			return fmt.Errorf("result %d: ruleIndex %d", i, *result.RuleIndex)
		case len(result.Locations) == 0:
			return errors.New("locationFromSarifResult: expected at least one location")
		case strings.HasPrefix(result.Locations[0].Physical.Artifact.URI, "/"), result.Locations[0].Physical.Artifact.URI == "":
			return fmt.Errorf("an invalid URI was provided as a SARIF location: %q", result.Locations[0].Physical.Artifact.URI)
		case result.Message.Text == "" || result.Fingerprints["primaryLocationLineHash"] == "":
			return fmt.Errorf("result %d lacks a message or a fingerprint", i)
		}
	}
	return nil
}

// processing answers "pending" once for each delivery, then the end of it.
func (s *Server) processing(w http.ResponseWriter, id string) {
	if !allowed(w, s.Permissions.SecurityEvents, "read") {
		return
	}
	for _, d := range s.Deliveries {
		if d.ID != id {
			continue
		}
		if len(s.Processing) > 0 {
			answer(w, http.StatusOK, map[string]any{"processing_status": "failed", "errors": s.Processing})
			return
		}
		answer(w, http.StatusOK, map[string]any{"processing_status": "complete", "analyses_url": s.URL + "/analyses"})
		return
	}
	refuse(w, http.StatusNotFound, "Not Found")
}

// An Alert is one of code scanning's.
type Alert struct {
	Number           int    `json:"number"`
	State            string `json:"state"`
	DismissedReason  string `json:"dismissed_reason,omitempty"`
	DismissedComment string `json:"dismissed_comment,omitempty"`
	Rule             struct {
		ID string `json:"id"`
	} `json:"rule"`
	Tool struct {
		Name string `json:"name"`
	} `json:"tool"`
	Instance struct {
		Ref      string `json:"ref"`
		Category string `json:"category"`
		Location struct {
			Path string `json:"path"`
		} `json:"location"`
		Message text `json:"message"`
	} `json:"most_recent_instance"`
}

// alerts lists the alerts in a state, or all of them, of the ref that is asked
// for. What has none is on the default branch.
func (s *Server) alerts(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, s.Permissions.SecurityEvents, "read") {
		return
	}
	var out []Alert
	for _, a := range s.Alerts {
		if state := r.URL.Query().Get("state"); (state == "" || a.State == state) && a.Instance.Ref == r.URL.Query().Get("ref") {
			out = append(out, a)
		}
	}
	answer(w, http.StatusOK, page(w, r, s.URL, out))
}
