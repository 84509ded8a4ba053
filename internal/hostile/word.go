package hostile

// Text formats that C writes with printf and reads with scanf have words, with
// white space between them.

// Blanks moves behind the white space at the cursor, of which there may be any
// amount.
func (r *Reader) Blanks() {
	const piece = 64
	for r.Left() > 0 && r.Step() {
		p := r.Peek(piece)
		n := 0
		for n < len(p) && blank(p[n]) {
			n++
		}
		if r.Skip(uint64(n)); n < len(p) {
			return
		}
	}
}

// Word moves behind white space and the word that follows, and returns the word.
// Where there is none, or one of more than limit bytes, is a fault. limit is less
// than bufferSize.
func (r *Reader) Word(limit int) string {
	r.Blanks()
	p := r.Peek(limit + 1)
	n := 0
	for n < len(p) && !blank(p[n]) {
		n++
	}
	if n == 0 || n > limit {
		r.Fail(Malformed, "no word of up to %d bytes", limit)
		return ""
	}
	word := string(p[:n])
	r.Skip(uint64(n))
	return word
}

// blank reports whether a byte is white space to C's isspace.
func blank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
