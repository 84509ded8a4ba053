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

// overrides are the settings that flags or inputs gave, in the order given. They
// are laid over the policy file, which is read later.
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

// keep tries a value while it is known whose it is, and keeps it for later.
func (o *overrides) keep(of settings.Option, value string) error {
	scratch := settings.Default()
	if err := of.Set(&scratch, value); err != nil {
		return err
	}
	*o = append(*o, func(s *settings.Settings) error { return of.Set(s, value) })
	return nil
}

// settingFlags are the flags that say what is scanned and what counts.
type settingFlags struct {
	set              overrides
	config, baseline string
	include, exclude []string
	shard            shard.Shard // of the files; only scan has a flag for it
	digest           bool        // the report names the SHA-256 of every model
}

// register adds the flags that every scan takes, and those of the options.
func (f *settingFlags) register(flags *pflag.FlagSet, options []settings.Option) {
	f.registerConfig(flags)
	flags.Var(fileFlag(&f.baseline), "baseline", "file of findings that do not count")
	f.registerFilter(flags)
	f.registerOptions(flags, options)
}

// registerConfig adds the flag for the policy file.
func (f *settingFlags) registerConfig(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.Var(fileFlag(&f.config), "config", "policy file; none is read unless it is named here")
}

// registerFilter adds the flags that choose files.
func (f *settingFlags) registerFilter(flags *pflag.FlagSet) {
	flags.Var(globFlag(&f.include), "include", "below a directory, scan only what matches; may be repeated")
	flags.Var(globFlag(&f.exclude), "exclude", "below a directory, do not scan what matches; may be repeated")
}

// registerOptions makes settings of the policy file flags too, under the same
// names and with the same values.
func (f *settingFlags) registerOptions(flags *pflag.FlagSet, options []settings.Option) {
	for _, o := range options {
		flags.Var(f.set.flag(o), o.Name, o.Usage+" (default "+o.Default+")")
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

// A flagValue is a flag that a function takes the value of.
type flagValue struct {
	kind     string // the word for the value in the help text
	standard string // what the help text names as the default; "" if it stands in the usage
	set      func(string) error
}

// Set hands on a value.
func (v *flagValue) Set(value string) error { return v.set(value) }

// String returns the default.
func (v *flagValue) String() string { return v.standard }

// Type is the word for the value in the help text.
func (v *flagValue) Type() string { return v.kind }

// flag is a flag for a setting.
func (o *overrides) flag(of settings.Option) *flagValue {
	return &flagValue{kind: of.Value, set: func(value string) error { return o.keep(of, value) }}
}

// choiceFlag is a flag that takes one of a few words, by default the first.
func choiceFlag(to *string, words ...string) *flagValue {
	*to = words[0]
	return &flagValue{kind: strings.Join(words, "|"), standard: words[0], set: func(value string) error {
		if !slices.Contains(words, value) {
			return fmt.Errorf("%q is not one of %s", value, strings.Join(words, ", "))
		}
		*to = value
		return nil
	}}
}

// colourFlag is the flag --color.
func colourFlag(to *string) *flagValue { return choiceFlag(to, "auto", "always", "never") }

// globFlag is a flag that may be repeated. Commas belong to the globs.
func globFlag(to *[]string) *flagValue {
	return &flagValue{kind: "glob", set: func(value string) error {
		*to = append(*to, value)
		return glob.Check(value)
	}}
}

// fileFlag is a flag that names a file.
func fileFlag(to *string) *flagValue {
	return &flagValue{kind: "file", set: func(value string) error {
		if value == "" {
			return fmt.Errorf("%q is not the name of a file", value)
		}
		*to = value
		return nil
	}}
}

// sizeFlag is a flag that takes a size; the default stands in the usage, with its unit.
func sizeFlag(to *int64) *flagValue {
	return &flagValue{kind: "size", set: func(value string) (err error) {
		*to, err = settings.SomeSize(value)
		return err
	}}
}

// shardFlag is a flag that takes a shard.
func shardFlag(to *shard.Shard) *flagValue {
	return &flagValue{kind: "INDEX/OF", set: func(value string) (err error) {
		*to, err = shard.Parse(value)
		return err
	}}
}
