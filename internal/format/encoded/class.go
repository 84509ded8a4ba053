package encoded

// The classes of characters that the forms of content are written in.
const (
	inBase64 uint8 = 1 << iota // of RFC 4648, sections 4 and 5, and so of base32 and hexadecimal
	inBase85                   // of RFC 1924, which Python's base64.b85encode has
	inZ85                      // of ZeroMQ's https://rfc.zeromq.org/spec/32/
	inWord                     // visible, and no double quotation mark
	inNumber                   // of bytes as numbers, and what stands between them
	inURL                      // of a percent-encoded text
)

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	base85  = digits + letters + "!#$%&()*+-;<=>?@^_`{|}~"
	z85     = digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
)

// class holds the classes of each character.
var class = func() (of [256]uint8) {
	for bit, set := range map[uint8]string{
		inBase64: digits + letters + "+/-_=",
		inBase85: base85,
		inZ85:    z85,
		inNumber: digits + "abcdefABCDEFxX ,;:-\n\r\t",
		inURL:    digits + letters + "%-_.~!*();:@&=+$,/?#[]'|",
	} {
		for _, c := range []byte(set) {
			of[c] |= bit
		}
	}
	for c := '!'; c <= '~'; c++ {
		of[c] |= inWord
	}
	of['"'] &^= inWord
	return of
}()

// next returns the first run of at least n characters of a class that starts at
// from or behind it, and the classes that all of them are of. Of a place where
// there is none it looks at a few characters, the last ones first.
func next(text []byte, from, n int, of uint8) (start, end int, all uint8) {
	for from+n <= len(text) {
		gap := lastOther(text[from:from+n], of)
		if gap >= 0 {
			from += gap + 1
			continue
		}
		end, all = from, 0xff
		for end < len(text) && class[text[end]]&of != 0 {
			all &= class[text[end]]
			end++
		}
		return from, end, all
	}
	return len(text), len(text), 0
}

// lastOther returns the place of a character that is not of a class, or -1: one
// far behind where it can.
func lastOther(text []byte, of uint8) int {
	// A run that is too short is mostly so by more than one character.
	const step = 5
	for i := len(text) - 1; i >= 0; i -= step {
		if class[text[i]]&of == 0 {
			return i
		}
	}
	for i := len(text) - 1; i >= 0; i-- {
		if class[text[i]]&of == 0 {
			return i
		}
	}
	return -1
}
