package pytorch

import (
	"errors"
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/python"
	"github.com/modelaudit/modelaudit/internal/format/zip"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/source"
)

// An archive is a zip file seen as PyTorch's reader sees it: records in one
// directory, looked up without regard to case.
type archive struct {
	*detector.Pass
	records []record
	roots   map[string]*root // by their name
	native  bool             // the name of the file says that machine code is expected

	uses    map[string]*use // of operators, by their name or namespace
	modules []finding.Step  // sources of a package in which nothing was found
}

// A root is a directory of the archive with the names of the records below it.
// PyTorch's writers make one.
type root struct {
	names   map[string]bool
	tensors bool // there is a record below data/
}

// A record is a member of the archive.
type record struct {
	entry *zip.Entry
	full  string // name in the archive
	root  *root  // first directory of the name
	name  string // the rest, in lower case
}

// recordCost is what keeping a record takes beside its names, in bytes.
const recordCost = 512

// open lists the members that are sound: whoever opens the archive for the scan
// tells what is wrong with the others. It returns nil if the file is no zip
// archive.
func open(p *detector.Pass) (*archive, error) {
	held := p.Budget.Held()
	if zip.Series(p.Reader()) != nil {
		p.Budget.Release(held)
		return nil, p.Budget.Spent() // each part comes back by itself
	}
	z, _ := zip.Decode(p.Reader())
	if z.Len() == 0 {
		return nil, p.Budget.Spent()
	}
	a := &archive{Pass: p, roots: make(map[string]*root), uses: make(map[string]*use), native: artifact.Extension(p.File.Name()) == ".pt2"}
	for e, err := range z.Entries() {
		if spent := p.Budget.Spent(); spent != nil {
			return nil, spent
		}
		if err != nil || e.Header() == nil || e.Header().Directory() {
			continue
		}
		if err := p.Budget.Hold(uint64(recordCost + 3*len(e.Name()))); err != nil {
			return nil, err
		}
		a.add(e)
	}
	return a, nil
}

// add keeps a record under the directory that its name starts with. Case is
// folded, as miniz does when PyTorch looks a record up.
func (a *archive) add(e *zip.Entry) {
	clean := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(e.Name(), `\`, "/"), "./"))
	directory, name, inside := strings.Cut(clean, "/")
	if !inside {
		directory, name = "", clean
	}
	r := a.roots[directory]
	if r == nil {
		r = &root{names: make(map[string]bool)}
		a.roots[directory] = r
	}
	r.names[name] = true
	r.tensors = r.tensors || under(name, "data/")
	a.records = append(a.records, record{entry: e, full: e.Name(), root: r, name: name})
}

// torch reports whether the archive is one of PyTorch's.
func (a *archive) torch() bool {
	for _, r := range a.roots {
		if r.torch() {
			return true
		}
	}
	return false
}

// has reports whether there is a record of the name.
func (r *root) has(name string) bool { return r.names[name] }

// torch reports whether the records below the root are those of an archive of
// PyTorch.
func (r *root) torch() bool {
	// torch.save writes data.pkl, and by version one or more of the others
	// beside it.
	object := r.has("data.pkl") && (r.has("version") || r.has("byteorder") || r.tensors || r.has(".data/serialization_id"))
	script := r.has("constants.pkl") && r.has("version")
	return object || script || r.packaged() || r.compiled()
}

// packaged reports whether it is one of torch.package.
func (r *root) packaged() bool { return r.has(".data/python_version") || r.has(".data/extern_modules") }

// compiled reports whether it is one of torch.export or AOTInductor.
func (r *root) compiled() bool { return r.has("archive_format") && r.has("archive_version") }

// source reports whether the record is Python by its name.
func (r *record) source() bool { return strings.HasSuffix(r.name, ".py") }

// under reports whether a name lies below a directory, which ends in a slash.
func under(name, directory string) bool { return strings.HasPrefix(name, directory) }

// contents shows the content of a record to look, in every reading of its
// headers, and tells what could not be read. The error is the end of the budget.
func (a *archive) contents(r *record, look func(content io.ReaderAt, size int64) error) error {
	r.entry.Look(a.File.Content, a.File.Size, a.Budget, look, a.Incomplete)
	return a.Budget.Spent()
}

// analyse reads a record as Python and hands its analysis to judge. What is no
// Python is told, and judged as far as it was read.
func (a *archive) analyse(r *record, judge func(text string, s *python.Source)) error {
	return a.contents(r, func(content io.ReaderAt, size int64) error {
		text, s, err := source.Read(content, size, a.Budget)
		if s != nil {
			judge(text, s)
		}
		var f *hostile.Fault
		if errors.As(err, &f) && f.Kind == hostile.Malformed {
			return hostile.Faultf(hostile.Malformed, r.entry.Data, "%s: %s", finding.Quote(r.full), f.Detail)
		}
		return err
	})
}
