package hostile

import "bytes"

// Line returns the bytes up to the next newline, without it, and moves behind
// it. A line longer than limit, or a window that ends first, is a fault. limit
// is at most bufferSize-1; the bytes are valid until the next call.
func (r *Reader) Line(limit int) []byte {
	const first = 128
	for n := first; r.err == nil; n *= 4 {
		n = min(n, limit+1)
		p := r.Peek(n)
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			r.pos += int64(i) + 1
			return p[:i]
		}
		if len(p) < n {
			r.Fail(Truncated, "a line is not ended within the %d bytes left", r.end-r.pos)
		} else if n == limit+1 {
			r.Fail(OverBudget, "a line is longer than %d bytes", limit)
		}
	}
	return nil
}

// SkipLine moves behind the next newline, or to the window's end if there is
// none, and returns how many bytes of the line lie before it and whether it is
// ended. A line may be of any length.
func (r *Reader) SkipLine() (n int64, ended bool) {
	start := r.pos
	for n := 128; r.pos < r.end && r.Step(); n = bufferSize {
		p := r.Peek(n)
		if i := bytes.IndexByte(p, '\n'); i >= 0 {
			r.pos += int64(i) + 1
			return r.pos - 1 - start, true
		}
		r.pos += int64(len(p))
	}
	return r.pos - start, false
}
