package source

import (
	"cmp"
	_ "embed"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/format/shell"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/table"
)

//go:embed programs.txt
var programsFile string

// programs is what commands do, by their names.
var programs = table.Once(programsFile, table.Kinds)

// maxStatement is the size of the longest statement that is parsed.
const maxStatement = 1 << 20

// maxDepth is how many scripts in each other (sh -c '…') are read.
const maxDepth = 4

// judgeShell judges a text as a shell script.
// If sources are expected where it stands, Python in it is judged as one of them
// (Drops).
func judgeShell(text string, budget *hostile.Budget, sources bool) (*Program, error) {
	if !holds(text, "shell") || strings.HasPrefix(strings.TrimSpace(text), "{\"") {
		return nil, nil
	}
	return judgeScript(text, &scriptJudge{budget: budget, sources: sources})
}

// judgeScript judges a text as a shell script, nil if it is none, by a fresh judge.
func judgeScript(text string, s *scriptJudge) (*Program, error) {
	budget := s.budget
	// Statements are parsed one by one; of what is longer than they may be, the
	// commands are kept.
	if err := budget.Hold(uint64(min(len(text), maxStatement))*cost + 2*uint64(len(text))); err != nil {
		return nil, err
	}
	if err := budget.Steps(int64(len(text))); err != nil {
		return nil, err
	}
	all, fault := shell.Parse(text)
	cut := errors.Is(fault, shell.ErrBounds)
	if !script(all) && !(cut && len(all) == 0) {
		return nil, nil
	}
	s.fetched = make(files)
	for _, c := range all {
		if err := cmp.Or(s.command(c), s.err); err != nil {
			return nil, err
		}
	}
	// A shell runs what stands before an error of its syntax. What was not read for
	// a limit is another matter.
	if s.out == nil && cut {
		return nil, hostile.Faultf(hostile.Unsupported, 0, "a shell script of %d bytes: %v", len(text), fault)
	}
	return s.out, nil
}

// script reports whether most of the commands are ones that there are: prose
// parses as commands, too.
func script(all []*shell.Command) bool {
	known, total := 0, 0
	for _, c := range all {
		if len(c.Words) > 0 {
			total++
		}
		if len(c.Words) > 0 && isCommand(c.Words[0].Text) {
			known++
		}
	}
	return len(all) > 0 && known*2 >= total
}

// isCommand reports whether a word may name a program.
func isCommand(name string) bool {
	return programs()[path.Base(name)] != "" || strings.ContainsAny(name, "/"+shell.Unknown)
}

// A scriptJudge looks for what a script does that no model needs.
type scriptJudge struct {
	budget *hostile.Budget
	// sources: scripts are expected where this one stands, which set machines up:
	// what they leave behind there says nothing, and Python is judged by what it
	// drops.
	sources bool
	depth   int // of scripts within scripts
	fetched files
	out     *Program
	err     error // of the budget
}

// found notes that a command does harm.
func (s *scriptJudge) found(c *shell.Command, name, does string) {
	if s.out == nil {
		s.out = &Program{Language: "shell", Name: name, Does: does}
	}
	if len(s.out.Steps) < maxSteps {
		s.out.Steps = append(s.out.Steps, Step{c.Offset, line(c)})
	}
}

// brought notes that a command runs what a command of a class has brought.
func (s *scriptJudge) brought(c *shell.Command, name, class, does string) {
	first := s.out == nil
	s.found(c, name, does)
	s.out.Fetches = first && class == "fetch" || s.out.Fetches
}

// line shows a command.
func line(c *shell.Command) string {
	var out []string
	for _, w := range c.Words {
		out = append(out, strings.ReplaceAll(w.Text, shell.Unknown, "…"))
	}
	for _, r := range c.Redirects {
		if r.Target.Text != "" {
			out = append(out, map[bool]string{true: ">", false: "<"}[r.Writes]+r.Target.Text)
		}
	}
	return strings.Join(out, " ")
}

// named returns the words of a command from its name on, behind those that only
// change how it runs, and what it does.
func named(c *shell.Command) (words []shell.Word, name, class string) {
	words = c.Words
	for len(words) > 0 {
		name = path.Base(words[0].Text)
		class = programs()[strings.TrimSuffix(name, ".exe")]
		if class == "" {
			class = programs()[strings.TrimRight(name, "0123456789.")] // python3.11
		}
		if class != "prefix" {
			break
		}
		words = words[1:]
		for len(words) > 0 && (strings.HasPrefix(words[0].Text, "-") || strings.Contains(words[0].Text, "=") || duration(words[0].Text)) {
			words = words[1:]
		}
	}
	return words, name, class
}

// duration reports whether a word is how long timeout waits, or how nice a command
// is: sh is neither.
func duration(word string) bool {
	return word == "" || word[0] >= '0' && word[0] <= '9' && strings.Trim(word, "0123456789.smhd") == ""
}

// ofClass returns a test for commands of a class.
func ofClass(class string) func(*shell.Command) bool {
	return func(c *shell.Command) bool {
		_, _, got := named(c)
		return got == class
	}
}

// command judges one command with what it reads.
func (s *scriptJudge) command(c *shell.Command) error {
	s.redirects(c)
	words, name, class := named(c)
	if len(words) == 0 {
		return nil
	}
	args := words[1:]
	switch class {
	case "interpret":
		return s.interpreter(c, name, args)
	case "evaluate":
		s.reads(c, name)
		s.holds(c, name, args)
		if s.fetched.any(args) {
			s.brought(c, name, "fetch", "runs a file that it has fetched")
		}
	case "connect":
		s.connects(c, name, args)
	case "fetch":
		s.fetches(c, name, args)
	case "destroy":
		if !s.sources && destroys(name, args) {
			s.found(c, name, "deletes what is not its own")
		}
	case "persist":
		if name == "crontab" && !s.sources && !slices.ContainsFunc(args, func(w shell.Word) bool { return w.Text == "-l" }) {
			s.found(c, name, "leaves a command that runs later")
		}
	}
	if err := s.later(c, name, args); err != nil {
		return err
	}
	switch {
	case s.fetched[clean(words[0].Text)] != "":
		s.brought(c, words[0].Text, "fetch", "is a file that it has fetched")
	case name == "chmod" && !s.sources && s.fetched.any(args):
		s.brought(c, name, "fetch", "makes a program of a file that it has fetched")
	}
	return nil
}

// clean returns a path as it is compared.
func clean(name string) string { return path.Clean(strings.TrimPrefix(name, "./")) }

// interpreter judges a command that runs what it reads.
func (s *scriptJudge) interpreter(c *shell.Command, name string, args []shell.Word) error {
	s.reads(c, name)
	from := s.origin(c.From)
	if fromStandardInput(args) {
		for _, f := range c.From {
			if err := s.inner(c, name, printed(f)); err != nil {
				return err
			}
		}
	}
	switch {
	case from != "" && path.Base(c.Words[0].Text) == "xargs":
		s.brought(c, from+" | xargs "+name, programs()[from], "runs what it reads from "+from)
	case fromStandardInput(args) && from != "":
		s.brought(c, from+" | "+name, programs()[from], "runs what it reads from "+from)
	case s.upstream(c.From, ofClass("connect")):
		s.found(c, name, "gives a shell to the network")
	case s.fetched.any(operand(args)):
		s.brought(c, name, "fetch", "runs a file that it has fetched")
	}
	for _, input := range c.Inputs {
		if err := s.inner(c, name, input); err != nil {
			return err
		}
	}
	for i, w := range args {
		if i > 0 && (codeFlag(args[i-1].Text) || name == "php" && args[i-1].Text == "-r") || i == 0 && strings.HasSuffix(name, "awk") {
			s.holds(c, name, args[i:i+1])
			if err := s.inner(c, name, w.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

// operand returns the first argument that is no flag, alone.
func operand(args []shell.Word) []shell.Word {
	for i, w := range args {
		if !strings.HasPrefix(w.Text, "-") {
			return args[i : i+1]
		}
	}
	return nil
}

// codeFlag reports whether what follows an argument is code: -c, -lc, -e.
func codeFlag(arg string) bool {
	return len(arg) > 1 && len(arg) < 5 && arg[0] == '-' && arg[1] != '-' && strings.ContainsAny(arg[len(arg)-1:], "ce")
}

// inner judges code that an interpreter is given.
func (s *scriptJudge) inner(c *shell.Command, name, code string) (err error) {
	if code == "" {
		return nil
	}
	if s.depth >= maxDepth {
		return hostile.Faultf(hostile.Unsupported, int64(c.Offset), "scripts in each other, more than %d deep", maxDepth)
	}
	var p *Program
	switch {
	case strings.HasPrefix(name, "py") && s.sources:
		p, err = judgeSource(code, s.budget)
	case strings.HasPrefix(name, "py"):
		p, err = judgePython(code, s.budget)
	case strings.HasSuffix(name, "sh"):
		p, err = judgeScript(code, &scriptJudge{budget: s.budget, sources: s.sources, depth: s.depth + 1})
	case !strings.HasSuffix(name, "awk") && socketShell(code), strings.Contains(code, "/inet/"):
		p = &Program{Name: name, Does: "gives a shell to the network"}
	default:
		p, err = s.quoted(code)
	}
	if p != nil {
		s.found(c, p.Name, p.Does)
	}
	return err
}

// socketShell reports whether code of Perl, Ruby, PHP or awk connects and starts
// a shell.
func socketShell(code string) bool {
	lower := strings.ToLower(code)
	connects := strings.Contains(lower, "socket") || strings.Contains(lower, "fsockopen") || strings.Contains(lower, "/inet/")
	return connects && (strings.Contains(lower, "exec") || strings.Contains(lower, "/bin/") || strings.Contains(lower, "spawn") || strings.Contains(lower, "getline"))
}

// fromStandardInput reports whether an interpreter with such arguments runs what
// stands on its standard input.
func fromStandardInput(args []shell.Word) bool {
	for _, w := range args {
		switch {
		case w.Text == "-" || w.Text == "-s" || w.Text == "/dev/stdin":
			return true
		case codeFlag(w.Text) || w.Text == "-m":
			return false
		case !strings.HasPrefix(w.Text, "-"):
			return false
		}
	}
	return true
}

// reads judges the arguments and the input of a command that runs them.
func (s *scriptJudge) reads(c *shell.Command, name string) {
	for _, w := range inputs(c) {
		if from := s.origin(w.Output); from != "" {
			s.brought(c, name+" "+from, programs()[from], "runs what it reads from "+from)
		}
	}
}

// visit is how many iterations of other loops looking at a command is worth.
const visit = 16

// upstream calls is with commands, with those whose output they read, and so on,
// until it returns true. It returns whether it did.
func (s *scriptJudge) upstream(all []*shell.Command, is func(*shell.Command) bool) bool {
	seen := make(map[*shell.Command]bool)
	for len(all) > 0 {
		if s.err = s.budget.Steps(int64(len(all)) * visit); s.err != nil {
			return false
		}
		var next []*shell.Command
		for _, c := range all {
			if seen[c] {
				continue
			}
			seen[c] = true
			if is(c) {
				return true
			}
			next = append(next, c.From...)
			for _, w := range c.Words {
				next = append(append(next, w.Output...), w.Values...)
			}
		}
		all = next
	}
	return false
}

// origin names the command that fetched or decoded what others put out.
func (s *scriptJudge) origin(all []*shell.Command) (from string) {
	s.upstream(all, func(c *shell.Command) bool {
		words, name, class := named(c)
		if class == "fetch" || class == "decode" && decodes(name, words[1:]) {
			from = name
		} else {
			from = s.fetched.by(c)
		}
		return from != ""
	})
	return from
}

// files are those that were fetched, with the command that did.
type files map[string]string

// any reports whether one of the words names a file that was fetched.
func (f files) any(words []shell.Word) bool {
	return slices.ContainsFunc(words, func(w shell.Word) bool { return f[clean(w.Text)] != "" })
}

// by names the command that fetched what a command reads.
func (f files) by(c *shell.Command) string {
	for _, w := range inputs(c) {
		if name := f[clean(w.Text)]; name != "" {
			return name
		}
	}
	return ""
}

// inputs are the words of a command and the files that it reads.
func inputs(c *shell.Command) []shell.Word {
	out := slices.Clone(c.Words)
	for _, r := range c.Redirects {
		if !r.Writes {
			out = append(out, r.Target)
		}
	}
	return out
}
