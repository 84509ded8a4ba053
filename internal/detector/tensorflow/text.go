package tensorflow

import (
	"bytes"
	"context"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/format/tensorflow"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Text recognises the same files in the text format of Protocol Buffers
// (saved_model.pbtxt, graph.pbtxt), and judges them as it does the binary form.
var Text = &detector.Detector{
	Name:  "tensorflow-text",
	Rules: rule.Explain(help, writes, reads, network, callback, asset, native, data, caller, custom),
	Match: matchText,
	Run:   runText,
}

// savedText is the file that a loader takes for a SavedModel whatever is in it.
const savedText = "saved_model.pbtxt"

// matchText takes texts that start with a field of a kind, and those that start
// with a comment or with more white space than is seen.
func matchText(h *artifact.Head) bool {
	if strings.EqualFold(h.Base(), savedText) {
		return true
	}
	head := bytes.TrimLeft(h.First, " \t\r\n\v\f")
	return len(head) == 0 || head[0] == '#' || tensorflow.TextStarts(head)
}

// runText takes the text to its binary form, which is then judged as the binary
// form is.
func runText(_ context.Context, p *detector.Pass) error {
	kind := tensorflow.TextKind(p.Reader())
	named := strings.EqualFold(artifact.Base(p.File.Name()), savedText)
	if named {
		kind = tensorflow.SavedModel
	}
	if kind == tensorflow.None {
		return nil
	}
	binary, err := tensorflow.FromText(p.Reader(), kind)
	if kind == tensorflow.GraphDef && !graph(p, binary) {
		return nil // other formats have nodes too
	}
	p.Recognised(formats[kind])
	if unread := judgeModel(p.InBinary(binary.Data, binary.Place), kind); err == nil {
		return unread
	}
	return err
}

// graph reports whether nodes are those of TensorFlow.
func graph(p *detector.Pass, b *prototext.Binary) bool {
	r := hostile.NewReader(hostile.Bytes(b.Data), int64(len(b.Data)), p.Budget)
	return tensorflow.Looks(r, isOp) != tensorflow.None
}
