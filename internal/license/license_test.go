package license_test

import (
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/license"
)

func TestOf(t *testing.T) {
	mit := "Copyright (c) 2024 Somebody\n\nPermission is hereby granted, free of charge, to any person\nobtaining a copy of this software" +
		" and so on.\n\nThe above copyright notice and this permission notice shall be included in all\ncopies of it. " + strings.Repeat("As is. ", 20)
	for _, c := range []struct{ name, declared, want string }{
		{name: "identifier", declared: " apache-2.0\n", want: "Apache-2.0"},
		{name: "expression", declared: "MIT OR GPL-2.0-only", want: "MIT OR GPL-2.0-only"},
		{name: "text", declared: mit, want: "MIT"},
		{name: "own words", declared: "ask us", want: "ask us"},
		{name: "long words of its own", declared: strings.Repeat("ask us ", 40), want: strings.TrimSpace(strings.Repeat("ask us ", 40))},
	} {
		if got := license.Of(c.declared); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDenied(t *testing.T) {
	for _, c := range []struct {
		declared string
		denied   []string
		want     bool
	}{
		{"AGPL-3.0-only", []string{"AGPL-3.0-only"}, true},
		{"agpl-3.0", []string{"AGPL-3.0-only"}, true},
		{"AGPL-3.0-or-later", []string{"AGPL-3.0-only"}, true},
		{"AGPL-3.0+", []string{"agpl-3.0"}, true},
		{"GPL-3.0", []string{"AGPL-3.0", "LGPL-3.0"}, false},
		{"CC-BY-NC-4.0", []string{"CC-BY-NC-*"}, true},
		{"CC-BY-4.0", []string{"CC-BY-NC-*"}, false},
		{"MIT OR AGPL-3.0-only", []string{"AGPL-3.0-only"}, false},
		{"AGPL-3.0-only OR AGPL-1.0", []string{"AGPL-*"}, true},
		{"(MIT AND AGPL-3.0-only)", []string{"AGPL-3.0-only"}, true},
		{"GPL-2.0-only WITH Classpath-exception-2.0", []string{"GPL-2.0"}, true},
		{"", []string{"MIT"}, false},
		{"MIT", nil, false},
		{"the MIT licence", []string{"MIT"}, false},
	} {
		if got := license.Denied(c.declared, c.denied); got != c.want {
			t.Errorf("%q against %v: got %v, want %v", c.declared, c.denied, got, c.want)
		}
	}
}
