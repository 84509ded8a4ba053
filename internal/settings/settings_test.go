package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/policy"
	"github.com/modelaudit/modelaudit/internal/rule"
	"github.com/modelaudit/modelaudit/internal/settings"
)

func TestSet(t *testing.T) {
	s := settings.Default()
	for _, set := range [][2]string{
		{"fail-on", "none"}, {"on-incomplete", "warn"}, {"max-file-size", "10GiB"}, {"max-inflated", "64GiB"},
		{"max-memory", "512MB"}, {"max-steps", "12"}, {"max-members", "13"}, {"max-depth", "14"}, {"timeout", "1h30m"},
	} {
		if err := s.Set(set[0], set[1]); err != nil {
			t.Errorf("%s=%s: %v", set[0], set[1], err)
		}
	}
	want := settings.Default()
	want.Policy = policy.Policy{FailOn: policy.Threshold{Never: true}, OnIncomplete: policy.WarnIncomplete}
	want.Filter.MaxSize = 10 << 30
	want.Limits.Inflated, want.Limits.Memory = 64<<30, 512_000_000
	want.Limits.Steps, want.Limits.Members, want.Limits.Depth, want.Limits.Time = 12, 13, 14, 90*time.Minute
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// TestSetBounds: the ends of what may be set may be set.
func TestSetBounds(t *testing.T) {
	for _, c := range []struct {
		name, value string
		got         func(*settings.Settings) int64
		want        int64
	}{
		{"max-depth", "1", func(s *settings.Settings) int64 { return int64(s.Limits.Depth) }, 1},
		{"max-depth", "1000", func(s *settings.Settings) int64 { return int64(s.Limits.Depth) }, 1000},
		{"max-steps", "1000000000000000", func(s *settings.Settings) int64 { return s.Limits.Steps }, 1e15},
		{"max-members", "1000000000000000", func(s *settings.Settings) int64 { return s.Limits.Members }, 1e15},
		{"max-file-size", "1EiB", func(s *settings.Settings) int64 { return s.Filter.MaxSize }, 1 << 60},
		{"max-memory", "1", func(s *settings.Settings) int64 { return s.Limits.Memory }, 1},
		{"carve", "none", func(s *settings.Settings) int64 { return s.Search }, 0},
		{"carve", "1kB", func(s *settings.Settings) int64 { return s.Search }, 1000},
		{"timeout", "1ns", func(s *settings.Settings) int64 { return int64(s.Limits.Time) }, 1},
	} {
		s := settings.Default()
		if err := s.Set(c.name, c.value); err != nil || c.got(&s) != c.want {
			t.Errorf("%s=%s: got %d, %v, want %d", c.name, c.value, c.got(&s), err, c.want)
		}
	}
}

// TestDefaultsAreAsSaid: what the help, action.yml and the policy's schema call a
// default is one.
func TestDefaultsAreAsSaid(t *testing.T) {
	// No value says what these are.
	words := map[string]string{
		"max-file-size": "no limit",
		"max-inflated":  fmt.Sprintf("%d times the file, at least %dMiB", hostile.InflatedRatio, hostile.MinInflated>>20),
	}
	for _, o := range settings.Options() {
		if words[o.Name] == o.Default {
			continue
		}
		got, want := settings.Default(), settings.Default()
		if err := o.Set(&got, o.Default); err != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
		// Nothing is beneath the last of each.
		switch o.Name {
		case "report-min":
			want.Policy.ReportMin = rule.Info
		case "min-precision":
			want.Policy.MinPrecision = rule.Possible
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not %s where nothing is said (-want +got):\n%s", o.Name, o.Default, diff)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"fail-on", "hgih", `"hgih" is not one of critical, high, medium, low, none`},
		{"fail-on", "info", `"info" is not one of`},
		{"on-incomplete", "ignore", `"ignore" is not one of fail, warn`},
		{"max-file-size", "10 parsecs", `"10 parsecs" is not a size such as`},
		{"max-file-size", "-1", `"-1" is not a size`},
		{"max-file-size", "1,5GiB", `"1,5GiB" is not a size`},
		{"max-file-size", "9EB", `"9EB" is not a size`},
		{"max-memory", "0", "more than 0"},
		{"max-steps", "0", `"0" is not a whole number from 1`},
		{"max-depth", "1001", `from 1 to 1000`},
		{"max-steps", "1000000000000001", `from 1 to 1000000000000000`},
		{"max-memory", "nothing", `"nothing" is not a size`},
		{"timeout", "0s", `"0s" is not a duration`},
		{"timeout", "a day", `"a day" is not a duration`},
		{"carve", "some", `"some" is none of all, none, and a size`},
		{"max-members", "1e6", `"1e6" is not a whole number`},
		{"timeout", "5", `"5" is not a duration such as`},
		{"timeout", "-5m", `"-5m" is not a duration`},
		{"colour", "red", `no setting is named "colour"`},
	} {
		s := settings.Default()
		err := s.Set(c.name, c.value)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: got %v, want %q", c.name, c.value, err, c.want)
		}
		if diff := cmp.Diff(settings.Default(), s); diff != "" {
			t.Errorf("%s=%s: a refused value changed the settings:\n%s", c.name, c.value, diff)
		}
	}
}
