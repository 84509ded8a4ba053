package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/modelaudit/modelaudit/internal/glob"
	"github.com/modelaudit/modelaudit/internal/policy"
)

// MaxFileSize is the largest policy file that is read, in bytes.
const MaxFileSize = 1 << 20

// ReadFile lays the policy file of the given name and content over s. A file
// that says anything that is not understood is refused: an error names the
// line, the key and what is allowed there.
func (s *Settings) ReadFile(name string, data []byte) error {
	if len(data) > MaxFileSize {
		return fmt.Errorf("%s: %d bytes, more than %d", name, len(data), MaxFileSize)
	}
	doc, err := parse(data)
	if err == nil {
		err = s.document(name, doc)
	}
	var p *problem
	var syntax *yaml.LoadError
	switch {
	case errors.As(err, &p):
		return fmt.Errorf("%s:%d: %w", name, p.line, err)
	case errors.As(err, &syntax):
		return fmt.Errorf("%s:%d: not YAML: %s", name, max(1, syntax.Mark.Line), strings.Join(strings.Fields(syntax.Message), " "))
	case err != nil:
		return fmt.Errorf("%s: %s", name, strings.Join(strings.Fields(err.Error()), " "))
	}
	return nil
}

// parse reads the one document of a file.
func parse(data []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		return nil, &problem{line: 1, text: "the file holds no policy"}
	} else if err != nil {
		return nil, err
	}
	if err := loader.Load(&second); err == nil {
		return nil, problemf(&second, "a second document begins here; one is allowed")
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return &doc, nil
}

// A problem is what is wrong with a policy file, in which line, and below which
// key.
type problem struct {
	line int
	key  string // "" at the top
	text string
}

// Error implements error.
func (p *problem) Error() string {
	if p.key == "" {
		return p.text
	}
	return p.key + ": " + p.text
}

// problemf is what is wrong with a node, at its line.
func problemf(n *yaml.Node, format string, args ...any) error {
	return &problem{line: n.Line, text: fmt.Sprintf(format, args...)}
}

// document reads the top level.
func (s *Settings) document(name string, doc *yaml.Node) error {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return &problem{line: 1, text: "the file holds no policy"}
	}
	fields := append(s.options("fail-on", "on-incomplete", "report-min", "min-precision", "carve"),
		field{key: "paths", read: list(s.pathRule)},
		field{key: "accept", read: list(func(n *yaml.Node) error { return s.acceptance(name, n) })},
		field{key: "allow-callables", read: list(func(n *yaml.Node) error { return s.allowance(name, n) })},
		field{key: "include", read: list(into(&s.Filter.Include, globText))},
		field{key: "exclude", read: list(into(&s.Filter.Exclude, globText))},
		field{key: "baseline", read: assign(&s.Baseline, text)},
		field{key: "licenses", read: func(n *yaml.Node) error {
			return mapping(n, []field{{key: "deny", read: list(into(&s.Denied, text)), required: true}})
		}},
		field{key: "limits", read: func(n *yaml.Node) error {
			return mapping(n, s.options("max-file-size", "max-inflated", "max-memory", "max-steps", "max-members", "max-depth", "timeout"))
		}},
	)
	return mapping(doc.Content[0], fields)
}

// options are fields that take what the flags of the same names take.
func (s *Settings) options(names ...string) []field {
	var out []field
	for _, name := range names {
		out = append(out, field{key: name, read: func(n *yaml.Node) error {
			value, err := text(n)
			if err != nil {
				return err
			}
			if err := s.Set(name, value); err != nil {
				return problemf(n, "%v", err)
			}
			return nil
		}})
	}
	return out
}

// pathRule reads one entry of paths.
func (s *Settings) pathRule(n *yaml.Node) error {
	var r policy.PathRule
	err := mapping(n, []field{
		{key: "path", read: assign(&r.Path, globText), required: true},
		{key: "fail-on", read: assign(&r.FailOn, parsed(policy.ParseThreshold))},
		{key: "on-incomplete", read: assign(&r.OnIncomplete, parsed(policy.ParseOnIncomplete))},
	})
	if err == nil && r.FailOn == nil && r.OnIncomplete == nil {
		err = problemf(n, "this entry sets neither fail-on nor on-incomplete")
	}
	s.Policy.Paths = append(s.Policy.Paths, r)
	return err
}

// acceptance reads one entry of accept. A reason is required: a year later
// nobody knows one.
func (s *Settings) acceptance(name string, n *yaml.Node) error {
	a := policy.Acceptance{Origin: fmt.Sprintf("%s:%d", name, n.Line)}
	err := mapping(n, []field{
		{key: "rule", read: assign(&a.Rule, text)},
		{key: "path", read: assign(&a.Path, globText)},
		{key: "fingerprint", read: assign(&a.Fingerprint, text)},
		{key: "reason", read: assign(&a.Reason, text), required: true},
		{key: "until", read: assign(&a.Until, lastDay)},
	})
	if err == nil && a.Rule == "" && a.Fingerprint == "" {
		err = problemf(n, "this entry names neither a rule nor a fingerprint; to leave files out, use exclude")
	}
	s.Policy.Accepted = append(s.Policy.Accepted, a)
	return err
}

// allowance reads one entry of allow.
func (s *Settings) allowance(name string, n *yaml.Node) error {
	a := policy.Allowance{Origin: fmt.Sprintf("%s:%d", name, n.Line)}
	err := mapping(n, []field{
		{key: "callable", read: assign(&a.Callable, callable), required: true},
		{key: "path", read: assign(&a.Path, globText)},
		{key: "reason", read: assign(&a.Reason, text), required: true},
	})
	s.Policy.Allowed = append(s.Policy.Allowed, a)
	return err
}

// callable reads a full name, or a module with ".*".
func callable(n *yaml.Node) (string, error) {
	value, err := text(n)
	if err != nil {
		return "", err
	}
	name := strings.TrimSuffix(value, ".*")
	if !strings.Contains(value, ".") || strings.ContainsAny(name, "* \t") || slices.Contains(strings.Split(name, "."), "") {
		return "", problemf(n, "%q is not a callable such as package.module.name or package.module.*", value)
	}
	return value, nil
}

// lastDay reads a date and returns the moment after that day, in UTC.
func lastDay(n *yaml.Node) (time.Time, error) {
	value, err := text(n)
	if err != nil {
		return time.Time{}, err
	}
	day, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return time.Time{}, problemf(n, "%q is not a date such as 2030-12-31", value)
	}
	return day.AddDate(0, 0, 1), nil
}

// globText reads a text that must be a glob.
func globText(n *yaml.Node) (string, error) {
	value, err := text(n)
	if err != nil {
		return "", err
	}
	if err := glob.Check(value); err != nil {
		return "", problemf(n, "%v", err)
	}
	return value, nil
}
