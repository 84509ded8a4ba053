package python

// softKeywords are names that start some statements, the operand of which
// follows without an operator; print and exec do in Python 2.
var softKeywords = map[string]bool{"match": true, "case": true, "type": true, "print": true, "exec": true}

// Plausible reports whether tokens could be those of a program, which tells
// Python from prose and from other languages: no operand follows another without
// an operator between them, and no operator is one that Python does not have.
func Plausible(tokens []Token) bool {
	operand, soft := false, false // what the token before is
	for i, t := range tokens {
		switch {
		case t.Kind == Op && len(t.Text) == 1 && (t.Text == "?" || t.Text == "$" || t.Text == "`"):
			return false
		case t.Kind == Name && !keywords[t.Text], t.Kind == Number, t.Kind == Text:
			joined := t.Kind == Text && i > 0 && (tokens[i-1].Kind == Text || tokens[i-1].Text == ")") // of a formatted string
			if operand && !soft && !joined {
				return false
			}
			operand, soft = true, t.Kind == Name && softKeywords[t.Text]
		case t.Kind == Op:
			operand = closes(t.Text)
			soft = false
		default:
			operand, soft = false, false
		}
	}
	return true
}

// closes reports whether an operator is a bracket that ends an operand.
func closes(op string) bool { return op == ")" || op == "]" || op == "}" }
