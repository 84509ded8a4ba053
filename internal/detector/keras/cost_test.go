package keras_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/keras"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// limited scans a configuration with no more steps than its size gives.
func limited(text string) audit.File {
	limits := hostile.DefaultLimits()
	limits.Steps = 0
	s := scan.Scanner{Detectors: []*detector.Detector{keras.Detector}, Limits: limits, Now: time.Now}
	return s.File(context.Background(), artifact.File{Path: "config.json", Content: hostile.Bytes(text), Size: int64(len(text))})
}

// TestMembersThatStandOften: every class with every module, and every function
// with every module, as far as the budget goes.
func TestMembersThatStandOften(t *testing.T) {
	many := func(member string) string { return strings.Repeat(member+",", 2_000) }
	for name, text := range map[string]string{
		"classes":   "{" + many(`"class_name":"a","module":"b"`) + `"config":{}}`,
		"functions": "{" + many(`"function":"a","module":"b"`) + `"class_name":"Lambda"}`,
		"configs":   "{" + many(`"class_name":"a","config":{}`) + `"module":"b"}`,
	} {
		if got := limited(text); !got.Unread() || !strings.Contains(got.Reason, "steps") {
			t.Errorf("%s: got %s (%s), want a budget that is spent", name, got.Status, got.Reason)
		}
	}
}

// TestManyLayers: many objects of one object cost what they are, and each goes by
// the name of the nearest that has one.
func TestManyLayers(t *testing.T) {
	var layers []string
	for i := range 20_000 {
		layers = append(layers, fmt.Sprintf(`"a%d":{"class_name":"x","config":{}}`, i))
	}
	layers = append(layers, `"last":{"class_name":"StringLookup","config":{"vocabulary":"/etc/passwd"}}`)
	got := limited(`{"class_name":"Functional","config":{"name":"whole","layers":{` + strings.Join(layers, ",") + `}}}`)
	if got.Unread() || len(got.Findings) != 1 || got.Findings[0].Key != "StringLookup whole" {
		t.Errorf("got %s (%s), %+v", got.Status, got.Reason, got.Findings)
	}
}
