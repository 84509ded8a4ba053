package xgboost

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/modelaudit/modelaudit/internal/artifact"
	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/finding"
	"github.com/modelaudit/modelaudit/internal/format/xgboost"
	"github.com/modelaudit/modelaudit/internal/hostile"
	"github.com/modelaudit/modelaudit/internal/rule"
)

var (
	short = &rule.Rule{
		ID: "xgboost-weights-short", Title: "An XGBoost model has fewer weights than are read of it",
		Severity: rule.Medium, Precision: rule.Certain, CWE: []int{125}, Since: "0.1.0",
	}
	trailing = &rule.Rule{
		ID: "xgboost-trailing-data", Title: "Data follows an XGBoost model",
		Severity: rule.Low, Precision: rule.Certain, CWE: []int{506}, Since: "0.1.0",
	}
)

// Binary judges XGBoost models in the binary form of versions before 3.
var Binary = &detector.Detector{
	Name:  "xgboost-binary",
	Rules: rule.Explain(help, outside, short, trailing),
	Raw:   detector.Weights,
	Match: func(h *artifact.Head) bool { return inBase64(h) || xgboost.Sniff(h.First) },
	Run:   runBinary,
}

// spaces may stand between the mark of base64 and its text.
const spaces = " \t\r\n"

// inBase64 knows the mark of a binary model in base64: "bs64" and white space,
// which XGBoost's Learner.Load looks for.
func inBase64(h *artifact.Head) bool {
	const n = len(xgboost.Base64)
	return h.HasPrefix(xgboost.Base64) && len(h.First) > n && strings.IndexByte(spaces, h.First[n]) >= 0
}

// runBinary judges a binary model. A snapshot, as a pickled Booster holds one,
// ends with a configuration in JSON, which is a file of its own to the scan.
func runBinary(_ context.Context, p *detector.Pass) error {
	p.Recognised("xgboost")
	if string(p.Reader().Peek(len(xgboost.Base64))) == xgboost.Base64 {
		return decoded(p)
	}
	var causes finding.Causes
	var trees path
	var spent error
	m, err := xgboost.Decode(p.Reader(), func(t xgboost.Tree) {
		wrong, err := noNode, error(nil)
		if t.Highest < int64(t.Nodes) {
			wrong, err = trees.follow(shape{t.Left, t.Right, t.Feature}, t.Offset, p.Budget)
		}
		if spent = cmp.Or(spent, err); wrong != "" {
			report(&causes, t.Offset, int64(t.Nodes), wrong)
		}
	})
	err = cmp.Or(err, spent)
	causes.Report(p.Report)
	for _, a := range m.Attributes {
		p.Text(a.Key, a.Offset, a.Value)
	}
	if err != nil {
		return err
	}
	judgeWeights(p, m)
	if err := rest(p, m.End); err != nil || m.Config == m.End {
		return err
	}
	return p.Part("configuration", m.Config, m.End-m.Config)
}

// decoded hands a model that is written in base64 back to the scan.
func decoded(p *detector.Pass) error {
	r := p.Reader()
	r.Skip(uint64(len(xgboost.Base64) + 1))
	content, err := hostile.Unpack(p.Budget, func() (io.Reader, error) {
		return base64.NewDecoder(base64.StdEncoding, io.NewSectionReader(p.File.Content, r.Offset(), r.Left())), nil
	})
	model := p.File.Member("model", content.Reader(), content.Size)
	if head, unread := model.Head(); unread == nil && err == nil && !xgboost.Sniff(head.First) {
		err = hostile.Faultf(hostile.Malformed, r.Offset(), "no model follows in base64")
	}
	if nested := p.Nested(model); nested != nil {
		return nested
	}
	return err
}

// judgeWeights compares the weights that are there with those that a prediction
// reads, as the counts in the header have it. A gblinear model without any was
// never trained.
func judgeWeights(p *detector.Pass, m xgboost.Model) {
	untrained := m.Booster == "gblinear" && m.Weights == 0
	if m.Weights >= m.Wanted || untrained {
		return
	}
	p.Report(finding.Finding{
		Rule: short, Key: m.Booster,
		Message: fmt.Sprintf("The model has %d weights and predicting reads %d. XGBoost does not check.", m.Weights, m.Wanted),
	})
}

// rest reports what follows a model and hands it on.
func rest(p *detector.Pass, end int64) error {
	n := p.File.Size - end
	if n <= 0 {
		return nil
	}
	p.Report(finding.Finding{
		Rule: trailing, Key: "trailing data", Location: finding.Location{Offset: end, Length: n},
		Message: fmt.Sprintf("%d bytes follow the model, which XGBoost does not read.", n),
	})
	return p.Part("trailing data", end, n)
}
