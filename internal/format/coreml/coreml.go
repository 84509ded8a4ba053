// Package coreml reads Core ML models: protobuf messages of type Model, with
// pipelines of models inside models, networks with branches and loops, and
// programs.
//
// Format: https://github.com/apple/coremltools/tree/main/mlmodel/format
package coreml

import (
	"iter"

	"github.com/modelaudit/modelaudit/internal/format/protobuf"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// Fields of Model.proto, NeuralNetwork.proto, LinkedModel.proto and MIL.proto, as
// number<<3 | wire type.
const (
	modelSpecification = 1<<3 | protobuf.Varint
	modelDescription   = 2<<3 | protobuf.Bytes
	modelPipelineClass = 200<<3 | protobuf.Bytes
	modelPipelineRegr  = 201<<3 | protobuf.Bytes
	modelPipeline      = 202<<3 | protobuf.Bytes
	modelNetworkRegr   = 303<<3 | protobuf.Bytes
	modelNetworkClass  = 403<<3 | protobuf.Bytes
	modelNetwork       = 500<<3 | protobuf.Bytes
	modelProgram       = 502<<3 | protobuf.Bytes
	modelCustom        = 555<<3 | protobuf.Bytes
	modelLinked        = 556<<3 | protobuf.Bytes
	modelSerialized    = 3000<<3 | protobuf.Bytes

	pipelineModels    = 1<<3 | protobuf.Bytes
	pipelineOfWrapper = 1<<3 | protobuf.Bytes
	networkLayers     = 1<<3 | protobuf.Bytes
	layerName         = 1<<3 | protobuf.Bytes
	layerCustom       = 500<<3 | protobuf.Bytes
	layerBranch       = 605<<3 | protobuf.Bytes
	layerLoop         = 615<<3 | protobuf.Bytes
	branchIf          = 1<<3 | protobuf.Bytes
	branchElse        = 2<<3 | protobuf.Bytes
	loopCondition     = 3<<3 | protobuf.Bytes
	loopBody          = 4<<3 | protobuf.Bytes
	customClass       = 10<<3 | protobuf.Bytes
	customParameters  = 30<<3 | protobuf.Bytes
	linkedFile        = 1<<3 | protobuf.Bytes
	serializedContent = 2<<3 | protobuf.Bytes
	programFunctions  = 2<<3 | protobuf.Bytes
	mapValue          = 2<<3 | protobuf.Bytes
	functionBlocks    = 3<<3 | protobuf.Bytes
	blockOperations   = 3<<3 | protobuf.Bytes
	operationInputs   = 2<<3 | protobuf.Bytes
	operationBlocks   = 4<<3 | protobuf.Bytes
	operationAttrs    = 5<<3 | protobuf.Bytes
	argumentBindings  = 1<<3 | protobuf.Bytes
	bindingValue      = 2<<3 | protobuf.Bytes
	valueBlob         = 5<<3 | protobuf.Bytes
	blobFile          = 1<<3 | protobuf.Bytes
	parameterString   = 20<<3 | protobuf.Bytes
	stringDefault     = 1<<3 | protobuf.Bytes
)

// A Kind says what a Fact is about.
type Kind uint8

// The kinds of facts.
const (
	CustomLayer Kind = iota + 1 // a layer that the app's class of the Name computes
	CustomModel                 // a whole model that the app's class of the Name computes
	LinkedFile                  // another model, in the file of the Name
	SearchPath                  // where linked models are looked for
	BlobFile                    // weights of a program, in the file of the Name
	Serialized                  // a model in a form of its own, at Offset, of Size bytes
	Description                 // what people wrote about the model, and its inputs and outputs, at Offset, of Size bytes
)

// A Fact is one part of a model that is not in it, or not Core ML's own.
type Fact struct {
	Kind   Kind
	Offset int64
	Size   int64
	Name   string
	Layer  string   // for CustomLayer
	Texts  []string // parameters of text, for CustomLayer and CustomModel
}

const (
	// maxText is how much of a name or a parameter is kept, in bytes.
	maxText = 4 << 10
	// textCost is the memory that a parameter takes, beside its words.
	textCost = 32
)

// firstType is the lowest number of a field that holds the model proper
// (Model.proto: 200 to 3000).
const firstType = 200

// lastType is the highest.
const lastType = 3000

// Walk visits the facts of a model. ok says whether the message is a model at
// all: a specification version, a description and one of the model types.
func Walk(r *hostile.Reader, visit func(Fact)) (ok bool, err error) {
	w := walker{visit: visit}
	ok = w.model(protobuf.Root(r))
	return ok, r.Err()
}

// A walker tells facts as it meets them, and keeps none.
type walker struct{ visit func(Fact) }

// model visits one Model message and reports whether it is one: a version, and
// a description or a content.
func (w walker) model(m protobuf.Message) bool {
	var version, description, content bool
	for f := range m.Fields() {
		switch n := f.Tag.Number(); {
		case f.Tag == modelSpecification:
			version = f.Uint >= 1 && f.Uint < 100
		case f.Tag == modelDescription:
			description = true
			start, end := f.Body()
			w.visit(Fact{Kind: Description, Offset: start, Size: end - start})
		case n >= firstType && n <= lastType && f.Tag.Wire() == protobuf.Bytes:
			content = true
			w.content(f)
		}
	}
	return version && description && content
}

// content descends into the model proper.
func (w walker) content(f protobuf.Field) {
	switch f.Tag {
	case modelPipeline:
		w.models(f.Message().All(pipelineModels))
	case modelPipelineClass, modelPipelineRegr:
		w.models(f.Message().All(pipelineOfWrapper, pipelineModels))
	case modelNetwork, modelNetworkClass, modelNetworkRegr:
		w.layers(f.Message().All(networkLayers))
	case modelProgram:
		for f := range f.Message().All(programFunctions, mapValue, functionBlocks, mapValue) {
			w.block(f)
		}
	case modelCustom:
		w.custom(f, CustomModel, "")
	case modelLinked:
		for f := range f.Message().All(linkedFile) {
			w.linked(f)
		}
	// A model of Apple's own frameworks, in their archives.
	case modelSerialized:
		for f := range f.Message().All(serializedContent) {
			start, end := f.Body()
			w.visit(Fact{Kind: Serialized, Offset: start, Size: end - start})
		}
	}
}

// models visits the models of a pipeline.
func (w walker) models(all iter.Seq[protobuf.Field]) {
	for f := range all {
		w.model(f.Message())
	}
}

// layers visits the layers of neural networks.
func (w walker) layers(all iter.Seq[protobuf.Field]) {
	for f := range all {
		w.layer(f)
	}
}

// layer visits a layer, for its name and for a custom one's class.
func (w walker) layer(f protobuf.Field) {
	var name string
	for f := range f.Message().Fields() {
		switch f.Tag {
		case layerName:
			name = f.Prefix(maxText)
		// The name comes first in what coremltools writes; elsewhere it may be
		// missing here.
		case layerCustom:
			w.custom(f, CustomLayer, name)
		case layerBranch:
			w.layers(f.Message().All(branchIf, networkLayers))
			w.layers(f.Message().All(branchElse, networkLayers))
		case layerLoop:
			w.layers(f.Message().All(loopCondition, networkLayers))
			w.layers(f.Message().All(loopBody, networkLayers))
		}
	}
}

// custom is a layer or a model that the loading application must have code for.
func (w walker) custom(f protobuf.Field, kind Kind, layer string) {
	fact := Fact{Kind: kind, Offset: f.At, Layer: layer}
	m := f.Message()
	for f := range m.Fields() {
		switch f.Tag {
		case customClass:
			fact.Name = f.Prefix(maxText)
		case customParameters:
			for f := range f.Message().All(mapValue, parameterString) {
				text := f.Prefix(maxText)
				if m.Reader().Hold(textCost+uint64(len(text))) == nil {
					fact.Texts = append(fact.Texts, text)
				}
			}
		}
	}
	w.visit(fact)
}

// linked is a model in a file elsewhere.
func (w walker) linked(f protobuf.Field) {
	// linkedModelFileName and linkedModelSearchPath of LinkedModelFile.
	kinds := map[int32]Kind{1: LinkedFile, 2: SearchPath}
	for f := range f.Message().Fields() {
		kind, ok := kinds[f.Tag.Number()]
		if !ok || f.Tag.Wire() != protobuf.Bytes {
			continue
		}
		for f := range f.Message().All(stringDefault) {
			w.visit(Fact{Kind: kind, Offset: f.At, Name: f.Prefix(maxText)})
		}
	}
}

// block visits the operations of an ML program, and the blocks in them.
func (w walker) block(f protobuf.Field) {
	for f := range f.Message().All(blockOperations) {
		for f := range f.Message().Fields() {
			switch f.Tag {
			case operationBlocks:
				w.block(f)
			case operationAttrs:
				w.files(f.Message().All(mapValue, valueBlob, blobFile))
			case operationInputs:
				w.files(f.Message().All(mapValue, argumentBindings, bindingValue, valueBlob, blobFile))
			}
		}
	}
}

// files notes the files that values are read from.
func (w walker) files(all iter.Seq[protobuf.Field]) {
	for f := range all {
		w.visit(Fact{Kind: BlobFile, Offset: f.At, Name: f.Prefix(maxText)})
	}
}
