package arrow

import (
	"bytes"
	"encoding/base64"

	"github.com/modelaudit/modelaudit/internal/hostile"
)

// schemaKey is the key under which Parquet keeps Arrow's schema, as a message in
// base64 (parquet/arrow/schema_internal.h).
const schemaKey = "ARROW:schema"

// Embedded calls visit with each schema that metadata of Parquet holds, unpacked, and
// with its place in the file, until visit returns an error. What is not read for want
// of memory is a fault.
func (m Metadata) Embedded(visit func(offset int64, message []byte) error) error {
	if m.schema != nil {
		return nil
	}
	r := m.Reader()
	text := r.Bytes(uint64(m.Size()))
	if !bytes.Contains(text, []byte(schemaKey)) {
		return r.Err()
	}
	// Fields of Thrift stand in any order: the value may be in front of its key.
	for at := 0; at < len(text) && r.Step(); at++ {
		n := digits(text[at:])
		if n < least {
			at += n
			continue
		}
		if err := unpacked(r, text[at:at+n], m.Offset()+int64(at), visit); err != nil {
			return err
		}
		at += n
	}
	return r.Err()
}

// least is how many digits of base64 a schema has at least.
const least = 64

// unpacked calls visit with what digits of base64 stand for: the header of a field and
// its length come first, and may look like digits, which would shift all of it. Each
// place is tried.
func unpacked(r *hostile.Reader, text []byte, at int64, visit func(int64, []byte) error) error {
	const before = 6 // bytes of header and length
	n, held := len(text), r.Budget().Held()
	for i := range min(before, n-least+1) {
		size := base64.RawStdEncoding.DecodedLen(n - i)
		if r.Hold(uint64(size)) != nil {
			return r.Err()
		}
		out := make([]byte, size)
		got, _ := base64.RawStdEncoding.Decode(out, bytes.TrimRight(text[i:n], "=")) // as far as it goes
		if err := visit(at+int64(i), out[:got]); err != nil {
			return err
		}
		r.Budget().Release(held)
	}
	return nil
}

// digits returns how many digits of base64 a text starts with.
func digits(text []byte) int {
	for n, c := range text {
		if !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=') {
			return n
		}
	}
	return len(text)
}
