// Package runnertest reads what a step prints and writes the way the Actions
// runner does, so that tests see the commands a runner would obey.
// Source: ActionCommand.cs, ActionCommandManager.cs, FileCommandManager.cs and
// CreateStepSummaryCommand.cs of github.com/actions/runner.
package runnertest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// A Command is one line that the runner takes for a command.
type Command struct {
	Name       string
	Properties map[string]string
	Data       string
	Old        bool // the form ##[name]data, which counts anywhere in a line
}

// A Log is a step's output as the runner reads it.
type Log struct {
	Commands []Command
	Lines    []string // those that are not commands
	Stopped  bool     // commands were stopped and not resumed
}

var registered = map[string]bool{
	"add-mask": true, "add-matcher": true, "add-path": true, "debug": true, "echo": true, "endgroup": true,
	"error": true, "group": true, "notice": true, "remove-matcher": true, "save-state": true, "set-env": true,
	"set-output": true, "stop-commands": true, "warning": true, "internal-set-repo-path": true,
}

// ends of lines: .NET's ReadLine takes a carriage return for one.
var ends = regexp.MustCompile(`\r\n|\n|\r`)

// Read reads one stream.
func Read(stream string) Log {
	var log Log
	token := ""
	for _, line := range ends.Split(stream, -1) {
		c, ok := parse(line, token)
		switch {
		case !ok, token != "" && c.Name != token:
			log.Lines = append(log.Lines, line)
		case token != "":
			token = ""
		case c.Name == "stop-commands":
			token = c.Data
		default:
			log.Commands = append(log.Commands, c)
		}
	}
	log.Stopped = token != ""
	return log
}

// Annotations returns the commands of one kind that the runner keeps: ten.
func (l Log) Annotations(kind string) []Command {
	var out []Command
	for _, c := range l.Commands {
		if c.Name == kind && len(out) < 10 {
			out = append(out, c)
		}
	}
	return out
}

// Obeyed returns the commands that do more than show text.
func (l Log) Obeyed() []Command {
	var out []Command
	for _, c := range l.Commands {
		switch c.Name {
		case "error", "warning", "notice", "debug", "group", "endgroup":
		default:
			out = append(out, c)
		}
	}
	return out
}

func parse(line, token string) (Command, bool) {
	if c, ok := parseNew(line, token); ok {
		return c, true
	}
	return parseOld(line, token)
}

func parseNew(line, token string) (Command, bool) {
	line = strings.TrimLeft(line, " \t\v\f\u0085\u00a0\u2028\u2029\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u1680")
	rest, ok := strings.CutPrefix(line, "::")
	if !ok {
		return Command{}, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return Command{}, false
	}
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	c, ok := command(info, ",", token, unescape)
	c.Data = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(data)
	return c, ok
}

func parseOld(line, token string) (Command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return Command{}, false
	}
	info, data, ok := strings.Cut(rest, "]")
	if !ok {
		return Command{}, false
	}
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3B", ";", "%5D", "]", "%25", "%")
	c, ok := command(info, ";", token, unescape)
	c.Old, c.Data = true, unescape.Replace(data)
	return c, ok
}

func command(info, separator, token string, unescape *strings.Replacer) (Command, bool) {
	name, properties, _ := strings.Cut(info, " ")
	c := Command{Name: name, Properties: map[string]string{}}
	for p := range strings.SplitSeq(strings.TrimSpace(properties), separator) {
		if k, v, ok := strings.Cut(p, "="); ok {
			c.Properties[k] = unescape.Replace(v)
		}
	}
	return c, registered[name] || name != "" && name == token
}

// Outputs reads a file of outputs.
func Outputs(file string) (map[string]string, error) {
	p, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string)
	lines := strings.Split(strings.TrimSuffix(string(p), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case line == "":
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			out[line[:equals]] = line[equals+1:]
		case heredoc > 0:
			name, end := line[:heredoc], line[heredoc+2:]
			var value []string
			for i++; i < len(lines) && lines[i] != end; i++ {
				value = append(value, lines[i])
			}
			if i == len(lines) || end == "" {
				return nil, fmt.Errorf("output %q: matching delimiter not found", name)
			}
			out[name] = strings.Join(value, "\n")
		default:
			return nil, fmt.Errorf("invalid format %q", line)
		}
	}
	return out, nil
}

// maxSummary is where the runner drops a step's summary.
const maxSummary = 1024 << 10

// Summary reads a job summary, and refuses one that the runner would drop.
func Summary(file string) (string, error) {
	p, err := os.ReadFile(file)
	if err == nil && len(p) > maxSummary {
		err = fmt.Errorf("upload aborted, supports content up to a size of 1024k, got %dk", len(p)>>10)
	}
	return string(p), err
}
