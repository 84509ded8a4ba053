package tar

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// records are the pax records that readers act on.
type records struct {
	path, link       string
	hasPath, hasLink bool
	size             int64
	hasSize          bool
	sparse           paxSparse
	others           []Segment // values of keys that are not read here
}

// A paxSparse is what pax headers say about a sparse file (GNU tar manual,
// "Sparse Formats").
type paxSparse struct {
	major     int
	versioned bool
	name      string
	real      int64
	numbers   []int64 // formats 0.0 and 0.1: offset and length in turn
	present   bool
}

// extensions are the headers in front of a main header.
type extensions struct {
	offset   int64 // of the first of them
	pax      records
	longName string
	longLink string
	hasName  bool
	hasLink  bool
}

// extend reads an extension header, if h is one.
func (w *Walker) extend(x *extensions, h *header) (bool, error) {
	switch h.typ {
	case typePax, typePaxSun, typePaxGlobal, typeLongName, typeLongLink:
	default:
		return false, nil
	}
	held := w.r.Budget().Held()
	defer w.r.Budget().Release(held)
	body, err := w.extension(h)
	if err != nil {
		return true, err
	}
	switch h.typ {
	case typePaxGlobal:
		err := w.global.read(body, h.at+blockSize)
		x.pax.others, w.global.others = append(x.pax.others, w.global.others...), nil
		return true, err
	case typeLongName:
		x.longName, x.hasName = text(body), true
	case typeLongLink:
		x.longLink, x.hasLink = text(body), true
	default:
		return true, x.pax.read(body, h.at+blockSize)
	}
	return true, nil
}

// extension reads the body of an extension header and moves behind it.
func (w *Walker) extension(h *header) ([]byte, error) {
	if h.size > maxExtension {
		w.skipData(h.size)
		return nil, hostile.Faultf(hostile.Unsupported, h.at, "a tar extension of %d bytes; more than %d are not read", h.size, maxExtension)
	}
	body := w.r.Bytes(uint64(h.size))
	w.r.Skip(uint64(min(padding(h.size), w.r.Left())))
	return body, w.r.Err()
}

// padding is how many bytes fill size up to whole blocks.
func padding(size int64) int64 { return -size & (blockSize - 1) }

// skipData moves behind data and its padding. The archive may end inside the
// padding of its last entry.
func (w *Walker) skipData(size int64) {
	w.r.Skip(uint64(size))
	w.r.Skip(uint64(min(padding(size), w.r.Left())))
}

// read parses pax records: "length key=value\n", the length counting all of it.
func (p *records) read(body []byte, at int64) error {
	for start := 0; start < len(body); {
		rest := body[start:]
		if isZero(rest) {
			return nil // padding that some writers count
		}
		space := bytes.IndexByte(rest, ' ')
		n, err := strconv.Atoi(string(rest[:max(space, 0)]))
		// A record that is not what it says ends them all: the next one would
		// start anywhere.
		if err != nil || n <= space+1 || n > len(rest) || rest[n-1] != '\n' {
			return hostile.Faultf(hostile.Malformed, at+int64(start), "a pax record has no valid length")
		}
		key, value, ok := strings.Cut(string(rest[space+1:n-1]), "=")
		if !ok || !p.set(key, value) {
			return hostile.Faultf(hostile.Malformed, at+int64(start), "a pax record is not what its key demands")
		}
		if value := int64(len(value)); value > 0 && !acted[key] {
			p.others = append(p.others, Segment{Length: value, Data: at + int64(start+n) - 1 - value})
		}
		start += n
	}
	return nil
}

// acted are the keys that readers act on.
var acted = map[string]bool{"path": true, "linkpath": true, "size": true}

// set takes one record. It reports whether the value is of the key's kind.
func (p *records) set(key, value string) bool {
	var err error
	switch key {
	case "path":
		p.path, p.hasPath = value, value != ""
	case "linkpath":
		p.link, p.hasLink = value, value != ""
	case "size":
		p.size, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		p.hasSize = err == nil
		return err == nil && p.size >= 0
	default:
		if after, ok := strings.CutPrefix(key, "GNU.sparse."); ok {
			return p.sparse.set(after, value)
		}
	}
	return true
}

// set takes a GNU.sparse record. Formats 0.0 and 0.1 and 1.0 have different
// ones, and a file may mix them.
func (s *paxSparse) set(key, value string) bool {
	var n int64
	var err error
	if key != "map" && key != "name" {
		if n, err = strconv.ParseInt(value, 10, 64); err != nil || n < 0 {
			return false
		}
	}
	s.present = true
	switch key {
	case "major":
		s.major, s.versioned = int(min(n, 100)), true
	case "minor": // major alone tells the layouts apart
	case "name":
		s.name = value
	// GNU.sparse.size is of 0.0 and 0.1, realsize of 1.0.
	case "size", "realsize":
		s.real = n
	case "offset", "numbytes":
		s.numbers = append(s.numbers, n)
	case "map":
		for field := range strings.SplitSeq(value, ",") {
			if n, err = strconv.ParseInt(field, 10, 64); err != nil || n < 0 {
				return false
			}
			s.numbers = append(s.numbers, n)
		}
	}
	return true
}
