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
// from or behind it, and the classes that all of them are of. It looks at one
// character in n where there is none.
func next(text []byte, from, n int, of uint8) (start, end int, all uint8) {
	for at := from + n - 1; at < len(text); {
		all = class[text[at]]
		if all&of == 0 {
			from, at = at+1, at+n
			continue
		}
		start, end = at, len(text)
		for start > from && class[text[start-1]]&of != 0 {
			start--
			all &= class[text[start]]
		}
		for i, c := range text[at:] {
			if class[c]&of == 0 {
				end = at + i
				break
			}
			all &= class[c]
		}
		if end-start >= n {
			return start, end, all
		}
		from, at = end, end+n
	}
	return len(text), len(text), 0
}

// parts calls visit with each part of text[start:end] that has at least n
// characters of a class and no other, and with all classes of the part.
func parts(text []byte, start, end, n int, of uint8, visit func(start, end int, all uint8)) {
	for start < end {
		from, to, all := next(text[:end], start, n, of)
		if from >= end {
			return
		}
		visit(from, to, all)
		start = to
	}
}
