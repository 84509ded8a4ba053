// Package settings is what a scan is told, whichever door it came in by: the
// defaults, then the policy file, then flags or inputs.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/walk"
)

// Settings are everything that a scan is told.
type Settings struct {
	Policy   policy.Policy
	Filter   walk.Filter
	Limits   hostile.Limits
	Baseline string   // file of known findings; "" for none
	Digest   bool     // compute the SHA-256 of every model
	Denied   []string // licences that no file may have, by SPDX identifier or the start of one before a *
	Search   int64    // size in bytes of the largest file of which the weights are searched for hidden files; -1 for all
}

// DefaultSearch is what Search is where nothing else is said, in bytes: small
// models are searched to their last weight, and large ones cost what their
// structure costs.
const DefaultSearch = 32 << 20

// Default returns the settings of a scan that was told nothing.
func Default() Settings {
	high, _ := policy.ParseThreshold("high")
	return Settings{
		Policy: policy.Policy{FailOn: high, OnIncomplete: policy.FailIncomplete},
		Limits: hostile.DefaultLimits(),
		Search: DefaultSearch,
	}
}

// An Option is one setting by the name that it has as a flag, as an input of
// the Action and as a key of the policy file.
type Option struct {
	Name    string
	Value   string // what kind of value: a word for the help text
	Default string
	Usage   string
	set     func(s *Settings, value string) error
}

// Options returns every option that takes one value, in the order of the help
// text.
func Options() []Option {
	return []Option{
		{"fail-on", "severity", "high", "the mildest severity that fails: critical, high, medium, low or none",
			option(policy.ParseThreshold, func(s *Settings) *policy.Threshold { return &s.Policy.FailOn })},
		{"on-incomplete", "fail|warn", "fail", "whether a file that was not fully read fails the scan or only warns: fail or warn",
			option(policy.ParseOnIncomplete, func(s *Settings) *policy.OnIncomplete { return &s.Policy.OnIncomplete })},
		{"report-min", "severity", "info", "the mildest severity that is reported, beside what fails; the rest is counted and listed as suppressed",
			option(oneOf(rule.ParseSeverity, "critical, high, medium, low, info"), func(s *Settings) *rule.Severity { return &s.Policy.ReportMin })},
		{"min-precision", "precision", "possible", "findings of less certain rules do not count: certain, likely or possible",
			option(oneOf(rule.ParsePrecision, "certain, likely, possible"), func(s *Settings) *rule.Precision { return &s.Policy.MinPrecision })},
		{"carve", "size|all|none", "32MiB", "size of the largest file of which the weights are searched for files hidden in them; or all, or none",
			option(search, func(s *Settings) *int64 { return &s.Search })},
		{"max-file-size", "size", "no limit", "do not open larger files", option(Size, func(s *Settings) *int64 { return &s.Filter.MaxSize })},
		{"max-inflated", "size", "100 times the file, at least 512MiB", "bytes that decompression may produce from one file",
			option(Size, func(s *Settings) *int64 { return &s.Limits.Inflated })},
		{"max-memory", "size", "192MiB", "bytes held in buffers whose size a file decides", option(SomeSize, func(s *Settings) *int64 { return &s.Limits.Memory })},
		{"max-steps", "n", "50000000", "iterations of loops that a file decides, beyond 8 for each of its bytes",
			option(count[int64](maxCount), func(s *Settings) *int64 { return &s.Limits.Steps })},
		{"max-members", "n", "1000000", "files found inside one file", option(count[int64](maxCount), func(s *Settings) *int64 { return &s.Limits.Members })},
		{"max-depth", "n", "32", "nesting of files inside files", option(count[int](maxDepth), func(s *Settings) *int { return &s.Limits.Depth })},
		{"timeout", "duration", "5m", "time for one file", option(duration, func(s *Settings) *time.Duration { return &s.Limits.Time })},
	}
}

// Reading returns the options that say how a file is read, without those that say
// what counts.
func Reading() []Option {
	all := Options()
	return all[slices.IndexFunc(all, func(o Option) bool { return o.Name == "carve" }):]
}

// Set gives the option of that name a value. The error says what is allowed.
func (s *Settings) Set(name, value string) error {
	for _, o := range Options() {
		if o.Name == name {
			return o.set(s, value)
		}
	}
	return fmt.Errorf("no setting is named %q", name)
}

// Set gives the option a value in s. The error says what is allowed.
func (o Option) Set(s *Settings, value string) error { return o.set(s, value) }

// option sets a field to what parse makes of a value.
func option[T any](parse func(string) (T, error), field func(*Settings) *T) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		v, err := parse(value)
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

// oneOf makes a parser of one that does not say which words there are.
func oneOf[T any](parse func(string) (T, bool), words string) func(string) (T, error) {
	return func(value string) (T, error) {
		v, ok := parse(value)
		if !ok {
			return v, fmt.Errorf("%q is not one of %s", value, words)
		}
		return v, nil
	}
}

const (
	// maxDepth keeps the recursion of the scan, one level per nested file, far
	// from the end of the stack.
	maxDepth = 1000
	// maxCount and maxSize leave room for what is added to a limit in proportion
	// to the file.
	maxCount = 1_000_000_000_000_000
	maxSize  = 1 << 60
)

// search reads up to which size of a file its weights are searched.
func search(value string) (int64, error) {
	switch value {
	case "all":
		return -1, nil
	case "none":
		return 0, nil
	}
	n, err := Size(value)
	if err != nil {
		err = fmt.Errorf("%q is none of all, none, and a size such as 64MiB", value)
	}
	return n, err
}

// duration reads a time that is not zero.
func duration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a duration such as 90s, 5m or 1h30m", value)
	}
	return d, nil
}

// count makes a parser of whole numbers from 1 on.
func count[T int | int64](most int64) func(string) (T, error) {
	return func(value string) (T, error) {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 1 || n > most {
			return 0, fmt.Errorf("%q is not a whole number from 1 to %d", value, most)
		}
		return T(n), nil
	}
}

// SomeSize is Size without 0.
func SomeSize(value string) (int64, error) {
	n, err := Size(value)
	if err == nil && n == 0 {
		err = errors.New("it must be more than 0")
	}
	return n, err
}

// Size reads a number of bytes: 123, 512MB (powers of 1000), 64GiB (powers of
// 1024).
func Size(value string) (int64, error) {
	n, err := humanize.ParseBytes(value)
	if err != nil || n > maxSize || strings.Contains(value, ",") {
		return 0, fmt.Errorf("%q is not a size such as 1048576, 512MB or 64GiB, at most 1EiB", value)
	}
	return int64(n), nil
}
