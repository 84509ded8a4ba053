package supply

import "testing"

// TestAlike: one slip that is not seen makes a name another's, and what is short, or
// known to be somebody, is nobody's.
func TestAlike(t *testing.T) {
	list := parseNames("Requests\nnumpy\nnumba\nnumpi-x\nabcd\nsci_kit.learn\nred-torch\nred.torck\n!requestss\n!Numpi\n")
	for name, want := range map[string]string{
		"requests": "", "REQUESTS": "", "requestss": "", "NumPi": "", "numby": "",
		"rrequests": "Requests", "reqquests": "Requests", "requesst": "Requests", "re_quests": "Requests", "requestz": "",
		"rquests": "Requests", "requets": "Requests", "equests": "", "request": "", "xrequests": "",
		"erquests": "Requests", "reuqests": "Requests", "requetss": "Requests", "reuqesst": "", "ruqeests": "", "rezqests": "", "reuzests": "", "requxests": "", "reqxuests": "", "reqxests": "", "requtess": "",
		"abbcd": "", "abcd": "", "abdc": "", "ab-cd": "",
		"numpv": "", "nunpy": "", "nurnpy": "numpy", "nump": "", "nmpy": "", "nummpy": "numpy",
		"sci-kit-learn": "", "scikitlearn": "sci_kit.learn", "scl-kit-leam": "",
		"redtorch": "red-torch", "red-torcch": "red-torch", "red-torh": "red-torch", "": "",
	} {
		if got := list.alike(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
