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
	for at := 0; r.Step(); {
		i := bytes.Index(text[at:], []byte(schemaKey))
		if i < 0 {
			break
		}
		at += i + len(schemaKey)
		if err := unpacked(r, text[at:], m.Offset()+int64(at), visit); err != nil {
			return err
		}
	}
	return r.Err()
}

// unpacked calls visit with what stands behind the key in base64, an offset from it:
// a field's header and its length come first, and may look like digits, which would
// shift all of it. Each place is tried.
func unpacked(r *hostile.Reader, text []byte, at int64, visit func(int64, []byte) error) error {
	const before = 6 // bytes of header and length
	const least = 64 // digits of a schema
	n := digits(text)
	for i := range min(before, len(text)) {
		if i > n {
			n = i + digits(text[i:])
		}
		if n-i < least {
			continue
		}
		size := base64.RawStdEncoding.DecodedLen(n - i)
		if r.Hold(uint64(size)) != nil {
			return r.Err()
		}
		out := make([]byte, size)
		got, _ := base64.RawStdEncoding.Decode(out, bytes.TrimRight(text[i:n], "=")) // as far as it goes
		if err := visit(at+int64(i), out[:got]); err != nil {
			return err
		}
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
