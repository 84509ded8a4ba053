package githubtest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// lfs answers what a Git LFS server is asked, and reports whether it was.
func (s *Server) lfs(w http.ResponseWriter, r *http.Request) bool {
	if oid, ok := strings.CutPrefix(r.URL.Path, "/lfs-storage/"); ok {
		s.object(w, r, oid)
		return true
	}
	// Git appends .git to the address of a repository that has none, and git-
	// lfs finds the server below that (docs/api/server-discovery.md).
	repository, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".git/info/lfs/objects/batch")
	if r.Method != http.MethodPost || !ok || repository != Repository && repository != s.Fork {
		return false
	}
	has := s.Objects
	if repository == s.Fork {
		has = s.ForkObjects
	}
	// A batch request carries the job's token as a password with a fixed user
	// name, as actions/checkout configures git.
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("x-access-token:"+s.Accepts))
	if r.Header.Get("Authorization") != want {
		refuse(w, http.StatusUnauthorized, "Credentials needed")
		return true
	}
	if !strings.HasPrefix(r.Header.Get("Accept"), lfsType) || !strings.HasPrefix(r.Header.Get("Content-Type"), lfsType) {
		refuse(w, http.StatusNotAcceptable, "not "+lfsType)
		return true
	}
	s.batch(w, r, has)
	return true
}

// lfsType is the media type that the batch API of Git LFS asks for in both
// directions (git-lfs, docs/api/batch.md).
const lfsType = "application/vnd.git-lfs+json"

// An lfsObject is one object of a batch request and of the answer to it: there
// it has either actions or an error.
type lfsObject struct {
	OID     string         `json:"oid"`
	Size    int64          `json:"size"`
	Actions map[string]any `json:"actions,omitempty"`
	Error   map[string]any `json:"error,omitempty"`
}

// batch answers which objects there are and where their content is. A missing
// object is an error of its own, with code 404, and fails none of the others.
func (s *Server) batch(w http.ResponseWriter, r *http.Request, has map[string][]byte) {
	var in struct {
		Operation string            `json:"operation"`
		Transfers []string          `json:"transfers"`
		HashAlgo  string            `json:"hash_algo"`
		Ref       map[string]string `json:"ref"`
		Objects   []lfsObject       `json:"objects"`
	}
	if !decode(w, r, &in) {
		return
	}
	// Only git-lfs itself uploads, in tests that run it.
	if in.Operation == "upload" {
		s.uploads(w, in.Objects)
		return
	}
	for i := range in.Objects {
		o := &in.Objects[i]
		if _, ok := has[o.OID]; !ok {
			o.Error = map[string]any{"code": 404, "message": "Object does not exist"}
			continue
		}
		// The address is signed and asks for a header of its own: a client that
		// forgets the header, or sends the job's token along, is found out.
		o.Actions = map[string]any{"download": map[string]any{
			"href":   s.URL + "/lfs-storage/" + o.OID + "?signature=secret",
			"header": map[string]string{"X-Storage-Key": "granted"},
		}}
	}
	w.Header().Set("Content-Type", lfsType)
	answer(w, http.StatusOK, map[string]any{"transfer": "basic", "objects": in.Objects})
}

// uploads answers a client that pushes.
func (s *Server) uploads(w http.ResponseWriter, objects []lfsObject) {
	for i := range objects {
		// An object that the server has gets no action, which tells a client
		// not to send it.
		if _, ok := s.Objects[objects[i].OID]; !ok {
			objects[i].Actions = map[string]any{"upload": map[string]any{
				"href": s.URL + "/lfs-storage/" + objects[i].OID, "header": map[string]string{"X-Storage-Key": "granted"},
			}}
		}
	}
	w.Header().Set("Content-Type", lfsType)
	answer(w, http.StatusOK, map[string]any{"transfer": "basic", "objects": objects})
}

// store keeps an object that a client pushes, if it is what it is called.
func (s *Server) store(w http.ResponseWriter, r *http.Request, oid string) {
	p, err := io.ReadAll(r.Body)
	if err != nil || fmt.Sprintf("%x", sha256.Sum256(p)) != oid {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.Objects[oid] = p
}

// object serves content to who has the signed address, and refuses the job's
// token, which has no business there.
func (s *Server) object(w http.ResponseWriter, r *http.Request, oid string) {
	p, ok := s.Objects[oid]
	if !ok {
		p, ok = s.ForkObjects[oid]
	}
	switch {
	case r.Header.Get("Authorization") != "" || r.Header.Get("X-Storage-Key") != "granted":
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodPut:
		s.store(w, r, oid)
	case !ok:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Write(p)
	}
}
