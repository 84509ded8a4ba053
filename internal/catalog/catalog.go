// Package catalog is the one list of detectors.
package catalog

import (
	"slices"
	"strings"

	"github.com/modelaudit/modelaudit/internal/detector"
	"github.com/modelaudit/modelaudit/internal/detector/archive"
	"github.com/modelaudit/modelaudit/internal/detector/bytecode"
	"github.com/modelaudit/modelaudit/internal/detector/catboost"
	"github.com/modelaudit/modelaudit/internal/detector/cntk"
	"github.com/modelaudit/modelaudit/internal/detector/config"
	"github.com/modelaudit/modelaudit/internal/detector/coreml"
	"github.com/modelaudit/modelaudit/internal/detector/executable"
	"github.com/modelaudit/modelaudit/internal/detector/executorch"
	"github.com/modelaudit/modelaudit/internal/detector/flax"
	"github.com/modelaudit/modelaudit/internal/detector/gguf"
	"github.com/modelaudit/modelaudit/internal/detector/hdf5"
	"github.com/modelaudit/modelaudit/internal/detector/hydra"
	"github.com/modelaudit/modelaudit/internal/detector/keras"
	"github.com/modelaudit/modelaudit/internal/detector/lfs"
	"github.com/modelaudit/modelaudit/internal/detector/lightgbm"
	"github.com/modelaudit/modelaudit/internal/detector/llamafile"
	"github.com/modelaudit/modelaudit/internal/detector/mxnet"
	"github.com/modelaudit/modelaudit/internal/detector/numpy"
	"github.com/modelaudit/modelaudit/internal/detector/onnx"
	"github.com/modelaudit/modelaudit/internal/detector/openvino"
	"github.com/modelaudit/modelaudit/internal/detector/paddle"
	"github.com/modelaudit/modelaudit/internal/detector/pickle"
	"github.com/modelaudit/modelaudit/internal/detector/pmml"
	"github.com/modelaudit/modelaudit/internal/detector/pytorch"
	"github.com/modelaudit/modelaudit/internal/detector/rdata"
	"github.com/modelaudit/modelaudit/internal/detector/safetensors"
	"github.com/modelaudit/modelaudit/internal/detector/secret"
	"github.com/modelaudit/modelaudit/internal/detector/skops"
	"github.com/modelaudit/modelaudit/internal/detector/sqlite"
	"github.com/modelaudit/modelaudit/internal/detector/template"
	"github.com/modelaudit/modelaudit/internal/detector/tensorflow"
	"github.com/modelaudit/modelaudit/internal/detector/tflite"
	"github.com/modelaudit/modelaudit/internal/detector/torch7"
	"github.com/modelaudit/modelaudit/internal/detector/torchserve"
	"github.com/modelaudit/modelaudit/internal/detector/xgboost"
	"github.com/modelaudit/modelaudit/internal/rule"
)

// Detectors returns every detector, in the order in which they run.
func Detectors() []*detector.Detector {
	return []*detector.Detector{
		archive.Compressed,
		archive.Detector,
		bytecode.Detector,
		catboost.Detector,
		cntk.Detector,
		config.Detector,
		coreml.Detector,
		executable.Detector,
		executorch.Detector,
		flax.Detector,
		gguf.Detector,
		hdf5.Detector,
		hydra.Detector,
		keras.Detector,
		lfs.Detector,
		lightgbm.Detector,
		llamafile.Detector,
		mxnet.Graph,
		mxnet.Parameters,
		numpy.Detector,
		onnx.Detector,
		openvino.Detector,
		paddle.Detector,
		pickle.Detector,
		pmml.Detector,
		pytorch.Detector,
		pytorch.Tar,
		rdata.Detector,
		safetensors.Detector,
		safetensors.Index,
		secret.Detector,
		skops.Detector,
		template.Detector,
		sqlite.Detector,
		tensorflow.Detector,
		tflite.Detector,
		torch7.Detector,
		torchserve.Detector,
		xgboost.Detector,
	}
}

// Rules returns the rules of the given detectors and the further ones, sorted
// by ID.
func Rules(detectors []*detector.Detector, further ...*rule.Rule) []*rule.Rule {
	all := slices.Clone(further)
	for _, d := range detectors {
		all = append(all, d.Rules...)
	}
	slices.SortFunc(all, func(a, b *rule.Rule) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(all)
}
