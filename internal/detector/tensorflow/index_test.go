package tensorflow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/audit"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/detectortest"
	"github.com/modelaudit/modelaudit/internal/detector/tensorflow"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/scan"
)

// readers are two models of that many nodes that read a file: behind each other, and
// each in a function of its own.
func readers(many int) map[string][]byte {
	var reading, defined, calling [][]byte
	for i := range many {
		reading = append(reading,
			node(fmt.Sprint("p", i+1), "Identity", fmt.Sprint("p", i)),
			node(fmt.Sprint("r", i), "ReadFile", fmt.Sprint("p", i)))
		defined = append(defined, function(fmt.Sprint("f", i), "path", node("r", "ReadFile", "path")))
		calling = append(calling, node(fmt.Sprint("n", i), "PartitionedCall", "c", attr("f", refers(fmt.Sprint("f", i)))))
	}
	return map[string][]byte{
		"a chain":        saved(meta(graph(nodes(constant("p0", "/etc/passwd")), nodes(reading...)))),
		"many functions": saved(meta(graph(nodes(constant("c", "/etc/passwd")), nodes(calling...), library(defined...)))),
	}
}

// TestManyTraces: what a graph reads and where from is found in time by its size,
// however many of its nodes read and whatever lies between; without the memory for an
// index it is found all the same.
func TestManyTraces(t *testing.T) {
	for _, c := range []struct {
		many          int
		memory, steps int64
	}{
		{many: 2000, memory: 64 << 20, steps: 3 << 20},
		{many: 100, memory: 30 << 10, steps: 50 << 20},
	} {
		for name, data := range readers(c.many) {
			limits := hostile.DefaultLimits()
			limits.Memory, limits.Steps = c.memory, c.steps
			s := scan.Scanner{Detectors: []*detector.Detector{tensorflow.Detector}, Limits: limits, Now: time.Now}
			got := s.File(context.Background(), artifact.File{Path: "saved_model.pb", Content: hostile.Bytes(data), Size: int64(len(data))})
			all := c.memory > 1<<20 // else not all is read, but some is found
			if all && got.Status != audit.Findings || len(detectortest.RuleIDs(got)) == 0 {
				t.Errorf("%s of %d, %d bytes of memory: %s (%s), %d findings", name, c.many, c.memory, got.Status, got.Reason, len(got.Findings))
			}
		}
	}
}
