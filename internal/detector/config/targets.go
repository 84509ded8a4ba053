package config

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/modelaudit/modelaudit/internal/globals"
)

//go:embed targets.txt
var targetsFile string

// targets says whose callables a configuration may name, by module or path.
var targets = sync.OnceValue(func() map[string]string {
	table := make(map[string]string, 500)
	for line := range strings.Lines(targetsFile) {
		if kind, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && kind != "#" {
			table[name] = kind
		}
	}
	return table
})

// A grade says how bad it is that a configuration names a callable.
type grade uint8

const (
	fine grade = iota
	odd
	bad
)

// assess grades a callable by what it does and by whose it is: the verdicts on
// names are about files that are unpickled, where anything a library offers is
// too much; configuration exists to name what libraries offer.
func assess(called string, v globals.Verdict) grade {
	if v.Class < globals.Suspicious || owner(called) == "" || owner(called) == "plain" {
		return fine
	}
	if v.Class == globals.Suspicious {
		return odd
	}
	switch v.Effect {
	case globals.Read, globals.Network, globals.Indirect:
		return odd
	}
	return bad
}

// owner returns the kind of the longest path that leads to a callable.
func owner(called string) string {
	for p := called; p != ""; {
		if kind, ok := targets()[p]; ok {
			return kind
		}
		i := strings.LastIndexByte(p, '.')
		if i < 0 {
			return ""
		}
		p = p[:i]
	}
	return ""
}
