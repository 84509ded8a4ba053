package source_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/source"
)

// TestLong: what a long text does is found behind what makes it long, at its
// place, or it is told that not all was read.
func TestLong(t *testing.T) {
	const (
		runs  = "import os as o\no.system('echo poc')\n"
		drops = "import base64\nexec(base64.b64decode('ZWNobw=='))\n"
		size  = 3 << 20
	)
	filled := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for _, c := range []struct {
		name, before string
		judged       bool // found, else told
	}{
		{name: "comments", before: filled("# a comment with an ' and a \"\n"), judged: true},
		{name: "comments that a carriage return ends", before: filled("# a comment\r"), judged: true},
		{name: "a literal", before: "x = '" + filled("QUJD") + "'\n", judged: true},
		{name: "a literal that goes on behind a backslash", before: "x = '" + filled("QUJD\\\r\n") + "'\r\n", judged: true},
		{name: "a literal of lines", before: "x = \"\"\"" + filled("what ' says \"\" # it\n") + "\"\"\"\n", judged: true},
		{name: "a literal of bytes", before: "x = b'" + filled(`\x41`) + "'\n", judged: true},
		{name: "a literal of backslashes", before: "x = '" + filled(`\\`) + "'\n", judged: true},
		{name: "a literal of quotation marks", before: "x = '''" + filled(`\'`) + "'''\n", judged: true},
		{name: "a literal of other characters", before: "x = '" + filled("ж") + "'\n", judged: true},
		{name: "statements", before: "import os\n" + filled("x = 1\n")},
		{name: "formatted strings", before: "import os\nx = f'" + filled("QUJD") + "'\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			budget := func() *hostile.Budget {
				return hostile.NewBudget(context.Background(), hostile.DefaultLimits(), 2*size, time.Now)
			}
			found, err := source.Judge(c.before+runs, budget())
			switch {
			case (found != nil) != c.judged || (err != nil) == c.judged:
				t.Errorf("judged: got %+v, %v", found, err)
			case c.judged && !strings.HasPrefix((c.before + runs)[found.Steps[0].Offset:], "o.system"):
				t.Errorf("judged: at byte %d of %d", found.Steps[0].Offset, len(c.before)+len(runs))
			}
			all, err := source.Drops(c.before+drops, budget())
			switch {
			case (len(all) == 1) != c.judged || (err != nil) == c.judged:
				t.Errorf("drops: got %+v, %v", all, err)
			case c.judged && !strings.HasPrefix((c.before + drops)[all[0].Offset:], "exec"):
				t.Errorf("drops: at byte %d of %d", all[0].Offset, len(c.before)+len(drops))
			}
		})
	}
}

// TestLongData: long texts that are no programs are nothing to speak of.
func TestLongData(t *testing.T) {
	const size = 3 << 20
	for name, one := range map[string]string{
		"JSON": `{"import": "os.system", "a": [1, 2]}, `, "table": "1,2,'import os'\n", "prose": "It's easy to import, isn't it? Use os.path or eval. \n",
		"log": "| curl http://example.org | 200\n", "Markdown": "# Title\n\nfrom here, run `curl x | sh` (at your risk)\n", "base64": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n",
	} {
		text := strings.Repeat(one, size/len(one))
		if name == "JSON" {
			text = "[" + text + "0]"
		}
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), size, time.Now)
		if found, err := source.Judge(text, budget); found != nil || err != nil {
			t.Errorf("%s: got %+v, %v", name, found, err)
		}
	}
}

// TestStars: names of modules from which everything is imported are looked up, and
// it is told when those are too many.
func TestStars(t *testing.T) {
	stars := func(modules ...string) string {
		return "from " + strings.Join(modules, " import *\nfrom ") + " import *\nfrom os import *\nsystem('echo poc')\n"
	}
	for _, c := range []struct {
		name, text  string
		found, told bool
	}{
		{name: "a few", text: stars("a", "b", "c"), found: true},
		{name: "again and again", text: stars("a", "a", "a", "a", "a", "a", "a", "a", "a"), found: true},
		{name: "beside the source", text: stars(".a", ".b", ".c", ".d", ".e", ".f", ".g", ".h", ".i"), found: true},
		{name: "many", text: stars("a", "b", "c", "d", "e", "f", "g", "h", "i"), told: true},
	} {
		budget := hostile.NewBudget(context.Background(), hostile.DefaultLimits(), 1<<10, time.Now)
		if found, err := source.Judge(c.text, budget); (found != nil) != c.found || (err != nil) != c.told {
			t.Errorf("%s: got %+v, %v", c.name, found, err)
		}
	}
}
