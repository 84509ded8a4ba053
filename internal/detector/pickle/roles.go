package pickle

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed roles.txt
var rolesText string

// roles says what single classes and functions do: roles.txt.
var roles = table.Once(rolesText, table.Lists)

// hasRole reports whether a name stands under a role.
func hasRole(role, name string) bool { return slices.Contains(roles()[role], name) }

// underRole reports whether a name, or what it is part of, stands under a role.
func underRole(role, name string) bool {
	return slices.ContainsFunc(roles()[role], func(of string) bool {
		rest, ok := strings.CutPrefix(name, of)
		return ok && (rest == "" || rest[0] == '.')
	})
}
