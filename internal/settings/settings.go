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
		{"fail-on", "severity", "high", "the mildest severity that fails: critical, high, medium, low or none", setFailOn},
		{"on-incomplete", "fail|warn", "fail", "what a file that was not fully read does", setOnIncomplete},
		{"report-min", "severity", "info", "the mildest severity that is reported, beside what fails; the rest is counted and listed as suppressed", setReportMin},
		{"min-precision", "precision", "possible", "findings of less certain rules do not count: certain, likely or possible", setMinPrecision},
		{"carve", "size|all|none", "32MiB", "size of the largest file of which the weights are searched for files hidden in them", setSearch},
		{"max-file-size", "size", "no limit", "do not open larger files", sizeOption(0, func(s *Settings) *int64 { return &s.Filter.MaxSize })},
		{"max-inflated", "size", "100 times the file, at least 512MiB", "bytes that decompression may produce from one file", sizeOption(0, func(s *Settings) *int64 { return &s.Limits.Inflated })},
		{"max-memory", "size", "128MiB", "bytes held in buffers whose size a file decides", sizeOption(1, func(s *Settings) *int64 { return &s.Limits.Memory })},
		{"max-steps", "n", "50000000", "iterations of loops that a file decides, beyond 8 for each of its bytes", countOption(func(s *Settings) *int64 { return &s.Limits.Steps })},
		{"max-members", "n", "1000000", "files found inside one file", countOption(func(s *Settings) *int64 { return &s.Limits.Members })},
		{"max-depth", "n", "32", "nesting of files inside files", setDepth},
		{"timeout", "duration", "5m", "time for one file", setTimeout},
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

// setFailOn sets the severity from which on a finding fails.
func setFailOn(s *Settings, value string) error {
	t, err := policy.ParseThreshold(value)
	if err == nil {
		s.Policy.FailOn = t
	}
	return err
}

// setReportMin sets the severity from which on a finding is told.
func setReportMin(s *Settings, value string) error {
	v, ok := rule.ParseSeverity(value)
	if !ok {
		return fmt.Errorf("%q is not one of critical, high, medium, low, info", value)
	}
	s.Policy.ReportMin = v
	return nil
}

// setMinPrecision sets how certain a rule has to be for its findings to count.
func setMinPrecision(s *Settings, value string) error {
	v, ok := rule.ParsePrecision(value)
	if !ok {
		return fmt.Errorf("%q is not one of certain, likely, possible", value)
	}
	s.Policy.MinPrecision = v
	return nil
}

// setOnIncomplete sets what unread files do.
func setOnIncomplete(s *Settings, value string) error {
	o, err := policy.ParseOnIncomplete(value)
	if err == nil {
		s.Policy.OnIncomplete = o
	}
	return err
}

// setSearch sets up to which size of a file its weights are searched for hidden
// files.
func setSearch(s *Settings, value string) error {
	switch value {
	case "all":
		s.Search = -1
	case "none":
		s.Search = 0
	default:
		n, err := Size(value)
		if err != nil {
			return fmt.Errorf("%q is none of all, none, and a size such as 64MiB", value)
		}
		s.Search = n
	}
	return nil
}

// maxDepth keeps the recursion of the scan, one level per nested file, far from
// the end of the stack.
const maxDepth = 1000

// setDepth sets how deep files in files are followed.
func setDepth(s *Settings, value string) error {
	n, err := count(value, maxDepth)
	if err == nil {
		s.Limits.Depth = int(n)
	}
	return err
}

// setTimeout sets how long one file may take.
func setTimeout(s *Settings, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a duration such as 90s, 5m or 1h30m", value)
	}
	s.Limits.Time = d
	return nil
}

// countOption sets a limit that is a number of things.
func countOption(field func(*Settings) *int64) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		n, err := count(value, maxCount)
		if err == nil {
			*field(s) = n
		}
		return err
	}
}

// sizeOption sets a limit that is a size of at least so many bytes.
func sizeOption(least int64, field func(*Settings) *int64) func(*Settings, string) error {
	return func(s *Settings, value string) error {
		n, err := Size(value)
		if err == nil && n < least {
			err = errors.New("it must be more than 0")
		}
		if err == nil {
			*field(s) = n
		}
		return err
	}
}

// maxCount and maxSize leave room for what is added to a limit in proportion to
// the file.
const (
	maxCount = 1_000_000_000_000_000
	maxSize  = 1 << 60
)

// count reads a whole number from 1 on.
func count(value string, most int64) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is not a whole number from 1 to %d", value, most)
	}
	return n, nil
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
