package pickle

// ForgetPrecedents forgets what was remembered.
func ForgetPrecedents() { precedents.Clear() }

// Precedents is how many are remembered.
func Precedents() int { return precedents.Held() }
