package torchserve

import "testing"

// TestNearTo: one slip is enough to be taken for another package, two are not, and
// honest names that are near to each other are none.
func TestNearTo(t *testing.T) {
	for name, want := range map[string]string{
		"requests": "", "request": "", "numpi": "numpy", "requestss": "requests", "xrequests": "requests", "equests": "requests",
		"reqests": "requests", "rexuests": "requests", "xequests": "requests", "requestx": "requests",
		"reqeusts": "requests", "erquests": "requests", "requesst": "requests", "requetss": "requests",
		"qerxests": "", "rezqests": "", "reuzests": "", "reuqxsts": "", "ruqeests": "", "requ": "", "requestsabc": "", "rexxests": "", "reqestt": "", "xrequestsx": "", "sequestr": "",
		"accelerated": "", "boto": "", "fastai": "", "jupyter-lab": "",
		"trans-forrners": "transformers", "huggingfacehub": "huggingface-hub", "hugging-face-hub": "huggingface-hub",
		"flasx": "flask", "flas": "", "flaskk": "flask", "": "", "h5p": "", "h5pyy": "", "tqdn": "",
	} {
		if got := nearTo(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
