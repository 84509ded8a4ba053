package globals

import "testing"

func TestPath(t *testing.T) {
	for _, c := range []struct {
		path      string
		imported  bool
		dangerous bool
	}{
		{path: "eval", dangerous: true},
		{path: "model.eval"},
		{path: "os.system", imported: true, dangerous: true},
		{path: "os.path.join", imported: true},
		{path: "subprocess.Popen.wait", imported: true, dangerous: true},
		{path: "numpy.os.system", imported: true, dangerous: true},
		{path: "re.compile", imported: true},
		{path: "self.compile"},
		{path: "self.__class__.__name__"},
		{path: ".__class__.__class__"},
		{path: ".__class__.__base__", dangerous: true},
		{path: "lipsum.__globals__", dangerous: true},
		{path: "subprocess.call", dangerous: true},
		{path: "torch.nn.Linear", imported: true},
	} {
		if v, got := Path(c.path, c.imported); got != c.dangerous {
			t.Errorf("Path(%s, %v) = %+v, %v, want %v", c.path, c.imported, v, got, c.dangerous)
		}
	}
}
