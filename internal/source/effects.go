package source

import (
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/shell"
)

// decodes reports whether a command undoes an encoding rather than make one.
func decodes(name string, args []shell.Word) bool {
	switch name {
	case "base64", "base32", "basenc", "openssl", "gzip", "gpg":
		return slices.ContainsFunc(args, func(w shell.Word) bool {
			return strings.HasPrefix(w.Text, "-d") || strings.HasPrefix(w.Text, "--d") || w.Text == "-D" || strings.HasPrefix(w.Text, "-") && len(w.Text) < 5 && strings.Contains(w.Text, "d")
		})
	case "xxd":
		return slices.ContainsFunc(args, func(w shell.Word) bool { return strings.HasPrefix(w.Text, "-r") })
	}
	return true
}

// connects judges a command that connects to the network.
func (s *scriptJudge) connects(c *shell.Command, name string, args []shell.Word) {
	runs := func(w shell.Word) bool {
		lower := strings.ToLower(w.Text)
		if name == "socat" {
			return strings.HasPrefix(lower, "exec:") || strings.HasPrefix(lower, "system:")
		}
		return lower == "--exec" || lower == "--sh-exec" || strings.HasPrefix(lower, "-") && !strings.HasPrefix(lower, "--") && strings.ContainsAny(lower, "ec")
	}
	if slices.ContainsFunc(args, runs) || s.upstream(c.From, ofClass("interpret")) {
		s.found(c, name, "gives a shell to the network")
	}
}

// fetches judges a command of the network: what it sends, and where what it
// fetches goes.
func (s *scriptJudge) fetches(c *shell.Command, name string, args []shell.Word) {
	sends := func(w shell.Word) bool { return private().MatchString(w.Text) || s.upstream(w.Output, readsPrivate) }
	if slices.ContainsFunc(args, sends) || s.upstream(c.From, readsPrivate) {
		s.found(c, name, "sends private files to the network")
	}
	if last := len(args) - 1; name == "scp" && last > 0 {
		s.fetched[clean(args[last].Text)] = name
	}
	for i, w := range args {
		switch {
		case i > 0 && namesOutput(args[i-1].Text):
			s.fetched[clean(w.Text)] = name
		case strings.Contains(w.Text, "://"): // wget, and curl -O
			s.fetched[path.Base(w.Text)] = name
		}
	}
	for _, r := range c.Redirects {
		if r.Writes {
			s.fetched[clean(r.Target.Text)] = name
		}
	}
}

// namesOutput reports whether the argument behind an argument is a file to write:
// behind -o, -qO, --output.
func namesOutput(arg string) bool {
	group := len(arg) > 1 && len(arg) < 6 && arg[0] == '-' && arg[1] != '-'
	return arg == "--output" || arg == "--output-document" || group && strings.ContainsAny(arg[len(arg)-1:], "oO")
}

// readsPrivate reports whether a command puts private files or the environment
// out.
func readsPrivate(c *shell.Command) bool {
	if len(c.Words) == 1 && (c.Words[0].Text == "env" || c.Words[0].Text == "printenv") {
		return true
	}
	return slices.ContainsFunc(c.Words, func(w shell.Word) bool { return private().MatchString(w.Text) })
}

// redirects judges the files that a command reads and writes.
func (s *scriptJudge) redirects(c *shell.Command) {
	for _, r := range c.Redirects {
		switch {
		case networked(r) && probes(c, r):
		case networked(r):
			s.found(c, r.Target.Text, "connects to the network")
		case r.Writes && !s.sources && startFiles().MatchString(r.Target.Text):
			s.found(c, r.Target.Text, "writes to a file that is run or trusted later")
		}
	}
}

// networked reports whether a redirection is a connection of bash.
func networked(r shell.Redirect) bool {
	return strings.HasPrefix(r.Target.Text, "/dev/tcp/") || strings.HasPrefix(r.Target.Text, "/dev/udp/")
}

// probes reports whether a command that writes to a connection sends nothing, as
// scripts do that wait until a service answers: echo -n > /dev/tcp/db/5432.
func probes(c *shell.Command, connection shell.Redirect) bool {
	if !connection.Writes {
		return false
	}
	if len(c.Words) == 0 {
		return len(c.Redirects) == 1
	}
	for _, w := range c.Words[1:] {
		if len(w.Output)+len(w.Values) > 0 || w.Text != "" && w.Text != "-n" && w.Text != "-e" {
			return false
		}
	}
	switch c.Words[0].Text {
	case "echo", "printf", ":", "true":
		return len(c.Words[0].Output) == 0
	case "cat":
		return slices.ContainsFunc(c.Redirects, func(r shell.Redirect) bool { return !r.Writes && r.Target.Text == "/dev/null" })
	}
	return false
}

// destroys reports whether a command deletes what no script may.
func destroys(name string, args []shell.Word) bool {
	recursive := name != "rm"
	for _, w := range args {
		if strings.HasPrefix(w.Text, "-") && strings.ContainsAny(w.Text, "rR") || w.Text == "--recursive" {
			recursive = true
		}
	}
	for _, w := range args {
		target := strings.TrimPrefix(w.Text, "of=")
		switch {
		case w.Text == "--no-preserve-root":
			return true
		case recursive && (target == "/" || target == "/*" || target == "~" || target == "~/" || target == "~/*" || target == "/home" || target == "/etc"):
			return true
		case name != "rm" && strings.HasPrefix(target, "/dev/") && target != "/dev/null" && (name != "dd" || target != w.Text):
			return true
		}
	}
	return false
}
