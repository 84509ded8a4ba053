package entrypoint

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/modelaudit/modelaudit/internal/catalog"
	"github.com/modelaudit/modelaudit/internal/glob"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/scan"
	"github.com/modelaudit/modelaudit/internal/settings"
	"github.com/modelaudit/modelaudit/internal/shard"
)

// overrides are the settings that flags gave, in the order given. They are laid
// over the policy file, which is read later than the flags.
type overrides []func(*settings.Settings) error

// apply lays the flags over s. It stops at the first that does not fit what is
// there by now.
func (o overrides) apply(s *settings.Settings) error {
	for _, set := range o {
		if err := set(s); err != nil {
			return err
		}
	}
	return nil
}

// settingFlags are the flags that say what is scanned and what counts.
type settingFlags struct {
	set              overrides
	config, baseline string
	include, exclude globList
	shard            shard.Shard // of the files; only scan has a flag for it
	digest           bool        // the report names the SHA-256 of every model
}

// register adds the flags that every scan takes.
func (f *settingFlags) register(flags *pflag.FlagSet) {
	f.registerConfig(flags)
	flags.Var((*fileName)(&f.baseline), "baseline", "file of findings that do not count")
	f.registerFilter(flags)
	f.registerOptions(flags, settings.Options())
}

// registerConfig adds the flag for the policy file.
func (f *settingFlags) registerConfig(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.Var((*fileName)(&f.config), "config", "policy file; none is read unless it is named here")
}

// registerFilter adds the flags that choose files.
func (f *settingFlags) registerFilter(flags *pflag.FlagSet) {
	flags.Var(&f.include, "include", "below a directory, scan only what matches; may be repeated")
	flags.Var(&f.exclude, "exclude", "below a directory, do not scan what matches; may be repeated")
}

// registerOptions makes settings of the policy file flags too, under the same
// names and with the same values.
func (f *settingFlags) registerOptions(flags *pflag.FlagSet, options []settings.Option) {
	for _, o := range options {
		flags.Var(&optionValue{Option: o, overrides: &f.set}, o.Name, o.Usage+" (default "+o.Default+")")
	}
}

// settings lays the flags over the policy file over the defaults.
func (f *settingFlags) settings() (settings.Settings, error) {
	s := settings.Default()
	s.Digest = f.digest
	base := "."
	if f.config != "" {
		base = governed(f.config)
		data, err := readSmall(f.config, settings.MaxFileSize)
		if err != nil {
			return s, usageError{err}
		}
		if err := s.ReadFile(f.config, data); err != nil {
			return s, usageError{err}
		}
	}
	if err := f.set.apply(&s); err != nil {
		return s, usageError{err}
	}
	if len(f.include) > 0 {
		s.Filter.Include = f.include
	}
	// Flags add to what the policy leaves out, and take the place of what it
	// includes.
	s.Filter.Exclude = append(s.Filter.Exclude, f.exclude...)
	s.Policy.Name = relativeTo(base)
	s.Policy.Known = known
	s.Policy.Now = time.Now()
	return s, f.readBaseline(&s, base)
}

// maxBaseline is the largest baseline that is read, in bytes: more than 100,000
// findings, with 600 bytes for each.
const maxBaseline = 64 << 20

// readBaseline reads the baseline that a flag names, or else the policy file.
func (f *settingFlags) readBaseline(s *settings.Settings, base string) error {
	name := f.baseline
	if name == "" && s.Baseline != "" {
		name = below(base, s.Baseline)
	}
	if name == "" {
		return nil
	}
	data, err := readSmall(name, maxBaseline)
	if err == nil {
		s.Policy.Baseline, err = policy.ReadBaseline(name, data)
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

// known reports whether there is a rule of that ID.
func known(id string) bool {
	for _, r := range catalog.Rules(catalog.Detectors(), scan.Rules...) {
		if r.ID == id {
			return true
		}
	}
	return false
}

// readSmall reads a file of at most limit bytes that the caller named.
func readSmall(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", name)
	}
	if err == nil && info.Size() > limit {
		err = fmt.Errorf("%s: %d bytes, more than %d", name, info.Size(), limit)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

// optionValue makes a setting a flag.
type optionValue struct {
	settings.Option
	value     string
	overrides *overrides
}

// Set tries the value while the flag is known, and keeps it for later.
func (v *optionValue) Set(value string) error {
	scratch := settings.Default()
	if err := v.Option.Set(&scratch, value); err != nil {
		return err
	}
	v.value = value
	*v.overrides = append(*v.overrides, func(s *settings.Settings) error { return v.Option.Set(s, value) })
	return nil
}

// String returns the value as it was given.
func (v *optionValue) String() string { return v.value }

// Type is the word for the value in the help text.
func (v *optionValue) Type() string { return v.Option.Value }

// A choice is a flag that takes one of a few words.
type choice struct {
	value   string
	allowed []string
}

// Set takes one of the words.
func (c *choice) Set(value string) error {
	if !slices.Contains(c.allowed, value) {
		return fmt.Errorf("%q is not one of %s", value, strings.Join(c.allowed, ", "))
	}
	c.value = value
	return nil
}

// String returns the word.
func (c *choice) String() string { return c.value }

// Type is the words, for the help text.
func (c *choice) Type() string { return strings.Join(c.allowed, "|") }

// A globList is a flag that may be repeated. Commas belong to the globs.
type globList []string

// Set adds a glob.
func (l *globList) Set(value string) error {
	if err := glob.Check(value); err != nil {
		return err
	}
	*l = append(*l, value)
	return nil
}

// String returns the globs.
func (l *globList) String() string { return strings.Join(*l, " ") }

// Type is the word for the value in the help text.
func (l *globList) Type() string { return "glob" }

// A fileName is a flag that names a file.
type fileName string

// Set takes a name.
func (f *fileName) Set(value string) error {
	if value == "" {
		return fmt.Errorf("%q is not the name of a file", value)
	}
	*f = fileName(value)
	return nil
}

// String returns the name.
func (f *fileName) String() string { return string(*f) }

// Type is the word for the value in the help text.
func (f *fileName) Type() string { return "file" }
