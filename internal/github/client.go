// Package github speaks to GitHub's API for the Action: what a pull request
// changes, code scanning, comments. The token goes to the hosts of this GitHub
// alone and into no message.
package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	gh "github.com/google/go-github/v60/github"
)

// A Config says which GitHub to speak to, and how patiently.
type Config struct {
	APIURL     string // GITHUB_API_URL, used verbatim: https://api.github.com, https://host/api/v3, https://api.tenant.ghe.com
	GraphQLURL string // GITHUB_GRAPHQL_URL; "" for what belongs to APIURL
	ServerURL  string // GITHUB_SERVER_URL
	Repository string // owner/name
	Token      string // may be empty
	Agent      string // for the User-Agent header
	Net        Net
}

// Net is how requests reach the network. Its zero value is the real one.
type Net struct {
	Transport http.RoundTripper                                // nil: HTTPS with the proxies of the environment
	Sleep     func(ctx context.Context, d time.Duration) error // nil: the clock
	Timeout   time.Duration                                    // of one attempt; 0: defaultTimeout
}

// A Client speaks to one repository.
type Client struct {
	api         *gh.Client
	http        *http.Client
	owner, name string
	server      *url.URL
	graphqlURL  string
	net         Net
	token       string
}

// repositoryParts: go-github formats owner and name into paths as they are.
var repositoryParts = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z0-9_.-]+)/([A-Za-z0-9_.-]+)$`) })

// New returns a client, or an error that names what in the configuration is
// not usable.
func New(c Config) (*Client, error) {
	parts := repositoryParts().FindStringSubmatch(c.Repository)
	if parts == nil || parts[1] == ".." || parts[2] == ".." || parts[1] == "." || parts[2] == "." {
		return nil, fmt.Errorf("repository %q is not of the form owner/name", c.Repository)
	}
	base, err := hostURL("GITHUB_API_URL", c.APIURL)
	if err != nil {
		return nil, err
	}
	server, err := hostURL("GITHUB_SERVER_URL", c.ServerURL)
	if err != nil {
		return nil, err
	}
	graphql, err := graphqlAddress(c.GraphQLURL, base)
	if err != nil {
		return nil, err
	}
	net := c.Net.withDefaults()
	// Redirects are the transport's: net/http would drop the body, and follow
	// to any host.
	client := &http.Client{
		Transport:     &transport{net: net, token: c.Token, trusted: []*url.URL{base, server}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	api := gh.NewClient(client)
	api.BaseURL = base
	api.UserAgent = c.Agent
	return &Client{
		api: api, http: client, owner: parts[1], name: parts[2],
		server: server, graphqlURL: graphql, net: net, token: c.Token,
	}, nil
}

// hostURL reads an address of this GitHub and gives it the trailing slash that
// go-github wants.
func hostURL(name, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil {
		return nil, fmt.Errorf("%s is not an http or https address", name)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

// withDefaults fills in the real network, which tests replace piece by piece.
func (n Net) withDefaults() Net {
	if n.Transport == nil {
		n.Transport = http.DefaultTransport
	}
	if n.Sleep == nil {
		n.Sleep = sleep
	}
	if n.Timeout == 0 {
		n.Timeout = defaultTimeout
	}
	return n
}

// path returns an API path below the repository.
func (c *Client) path(format string, args ...any) string {
	return "repos/" + c.owner + "/" + c.name + "/" + fmt.Sprintf(format, args...)
}

// call sends one request with go-github and decodes the answer into out, where
// out is not nil.
func (c *Client) call(ctx context.Context, method, path string, body, out any) error {
	req, err := c.api.NewRequest(method, path, body)
	if err != nil {
		return err
	}
	_, err = c.api.Do(ctx, req, out)
	return err
}

// Web returns the address of a page of the repository.
func (c *Client) Web(path string) string {
	return c.server.String() + c.owner + "/" + c.name + "/" + path
}
