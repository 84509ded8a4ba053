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
	version [2]string // major and minor
	name    string
	real    int64
	numbers []int64 // formats 0.0 and 0.1: offset and length in turn
	mapped  bool    // by the keys of 0.0 or 0.1
	present bool
}

// listed reports whether the map stands in front of the data, as in 1.0.
func (s *paxSparse) listed() bool { return s.version == [2]string{"1", "0"} }

// extensions are the headers in front of a main header.
type extensions struct {
	offset   int64 // of the first of them
	pax      records
	hasPax   bool
	fault    error // the first thing about them that is not read as every reader reads it
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
	body, err := w.extension(x, h)
	if err != nil {
		return true, err
	}
	switch h.typ {
	case typePaxGlobal:
		return true, w.readGlobal(x, body, h.at+blockSize)
	case typeLongName:
		x.longName, x.hasName = text(body), true
	case typeLongLink:
		x.longLink, x.hasLink = text(body), true
	default:
		x.hasPax = true
		return true, x.pax.read(body, h.at+blockSize)
	}
	return true, nil
}

// readGlobal reads records that hold for all later entries. A map of one file for
// all of them is what nobody writes, and each reader makes something else of it.
func (w *Walker) readGlobal(x *extensions, body []byte, at int64) error {
	err := w.global.read(body, at)
	x.pax.others, w.global.others = append(x.pax.others, w.global.others...), nil
	if w.global.sparse.present {
		w.global.sparse = paxSparse{}
		x.complain(hostile.Faultf(hostile.Unsupported, at, "a pax header says of all files that follow that they are sparse"))
	}
	return err
}

// complain keeps the first fault for the entry that is in front of.
func (x *extensions) complain(fault error) {
	if x.fault == nil {
		x.fault = fault
	}
}

// extension reads the body of an extension header and moves behind it. What stands
// in the padding is part of it, as it is to CPython; others end at the size.
func (w *Walker) extension(x *extensions, h *header) ([]byte, error) {
	if h.size > maxExtension {
		w.skipData(h.size)
		return nil, hostile.Faultf(hostile.Unsupported, h.at, "a tar extension of %d bytes; more than %d are not read", h.size, maxExtension)
	}
	body := w.r.Bytes(uint64(h.size))
	at := w.r.Offset()
	behind := w.r.Bytes(uint64(min(padding(h.size), w.r.Left())))
	if !isZero(behind) {
		x.complain(hostile.Faultf(hostile.Malformed, at, "behind a tar extension of %d bytes is more, which is part of it to some readers", h.size))
		body = append(body, behind...)
	}
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
		p.hasSize = err == nil && p.size >= 0 && !strings.Contains(value, "+") // which only some read
		return p.hasSize
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
		s.version[0] = value
	case "minor":
		s.version[1] = value
	case "name":
		s.name = value
	// GNU.sparse.size is of 0.0 and 0.1, realsize of 1.0.
	case "size":
		s.real, s.mapped = n, true
	case "realsize":
		s.real = n
	case "offset", "numbytes":
		s.numbers = append(s.numbers, n)
	case "map":
		s.mapped = true
		for field := range strings.SplitSeq(value, ",") {
			if n, err = strconv.ParseInt(field, 10, 64); err != nil || n < 0 {
				return false
			}
			s.numbers = append(s.numbers, n)
		}
	}
	return true
}
