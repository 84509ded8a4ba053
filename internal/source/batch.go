package source

import (
	_ "embed"
	"strings"

	"github.com/modelaudit/modelaudit/internal/table"
)

// Batch judges a script of Windows by the files that it fetches and runs. Commands
// are told apart by lines and ampersands; variables are not followed.
func Batch(text string) *Program {
	b := batch{fetched: make(map[string]string)}
	at := 0
	for l := range strings.Lines(text) {
		for c := range strings.SplitSeq(l, "&") {
			b.command(c, at)
		}
		at += len(l)
	}
	return b.out
}

// A batch is a script that is followed.
type batch struct {
	fetched map[string]string // files, by what fetched them
	out     *Program
}

//go:embed batch.txt
var batchFile string

// windows is what commands of such scripts do, by their names.
var windows = table.Once(batchFile, table.Kinds)

// command judges one command at an offset of the text.
func (b *batch) command(text string, at int) {
	words := strings.Fields(strings.ToLower(text))
	for i := range words {
		words[i] = strings.Trim(words[i], `"'@()`)
	}
	for len(words) > 0 && (words[0] == "" || windows()[strings.TrimSuffix(words[0], ".exe")] == "prefix") {
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	name, args := fileOf(words[0]), words[1:]
	command := strings.TrimSuffix(name, ".exe")
	does, addressed := windows()[command], strings.Contains(text, "://")
	switch {
	case does == "fetch" && addressed && len(args) > 0:
		b.fetched[fileOf(target(args))] = command
	case does == "load" && addressed:
		b.found(command, "runs what it fetches", text, at)
	case b.fetched[name] != "":
		b.found(name, "is a file that it has fetched", text, at)
	case does == "run" || does == "load":
		for _, a := range args {
			if b.fetched[fileOf(a)] != "" {
				b.found(command, "runs a file that it has fetched", text, at)
				return
			}
		}
	}
}

// target returns the file that a command which fetches writes: behind its option,
// else the last argument, of which an address has a name as well.
func target(args []string) string {
	for i, a := range args {
		if i > 0 && namesOutput(args[i-1]) {
			return a
		}
	}
	return args[len(args)-1]
}

// fileOf returns the last part of a path of Windows, or of an address.
func fileOf(path string) string {
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// found notes a command that runs what was fetched.
func (b *batch) found(name, does, text string, at int) {
	if b.out == nil {
		b.out = &Program{Language: "batch", Name: name, Does: does, Fetches: true}
	}
	if len(b.out.Steps) < maxSteps {
		b.out.Steps = append(b.out.Steps, Step{at, strings.TrimSpace(text)})
	}
}
