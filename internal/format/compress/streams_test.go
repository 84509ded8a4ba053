package compress_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/modelaudit/modelaudit/internal/format/compress"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// TestEmptyStreams: streams of which nothing comes out are work as well.
func TestEmptyStreams(t *testing.T) {
	var member bytes.Buffer
	w := gzip.NewWriter(&member)
	w.Close()
	for _, c := range []struct {
		name   string
		stream []byte
		limits hostile.Limits
		want   hostile.Limit
	}{
		{name: "empty members", stream: member.Bytes(), limits: hostile.Limits{Steps: 1 << 40, Memory: 1 << 30, Time: time.Second}, want: hostile.LimitTime},
	} {
		now := time.Unix(0, 0)
		clock := func() time.Time { now = now.Add(time.Second / 10); return now }
		budget := hostile.NewBudget(context.Background(), c.limits, 0, clock)
		packed := bytes.Repeat(c.stream, 2000)
		_, err := compress.Sniff(packed[:compress.HeadSize]).Unpack(hostile.Bytes(packed), int64(len(packed)), budget)
		var fault *hostile.Fault
		if !errors.As(err, &fault) || fault.Limit != c.want {
			t.Errorf("%s: got %v, want limit %s", c.name, err, c.want)
		}
	}
}
