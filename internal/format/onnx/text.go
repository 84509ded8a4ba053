package onnx

import (
	"github.com/modelaudit/modelaudit/internal/format/json"
	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// textSchema names the fields of schema.go as the text format does.
var textSchema = prototext.Schema{
	"ModelProto": {
		"ir_version": {Tag: modelIRVersion}, "producer_name": {Tag: modelProducer}, "domain": {Tag: modelDomain}, "doc_string": {Tag: modelDoc},
		"graph": {Tag: modelGraph, Of: "GraphProto"}, "opset_import": {Tag: modelOpset, Of: "OperatorSetIdProto"},
		"metadata_props": {Tag: modelMetadata, Of: "StringStringEntryProto"}, "training_info": {Tag: modelTraining, Of: "TrainingInfoProto"},
		"functions": {Tag: modelFunction, Of: "FunctionProto"}},
	"OperatorSetIdProto":     {"domain": {Tag: entryKey}, "version": {Tag: tensorType}},
	"StringStringEntryProto": {"key": {Tag: entryKey}, "value": {Tag: entryValue}},
	"TrainingInfoProto": {
		"initialization": {Tag: trainingInitialization, Of: "GraphProto"}, "algorithm": {Tag: trainingAlgorithm, Of: "GraphProto"}},
	"GraphProto": {
		"node": {Tag: graphNode, Of: "NodeProto"}, "name": {Tag: graphName}, "initializer": {Tag: graphInitializer, Of: "TensorProto"},
		"doc_string": {Tag: graphDoc}, "output": {Tag: graphOutput, Of: "ValueInfoProto"},
		"sparse_initializer": {Tag: graphSparse, Of: "SparseTensorProto"}, "metadata_props": {Tag: graphMetadata, Of: "StringStringEntryProto"}},
	"ValueInfoProto": {"name": {Tag: entryKey}},
	"NodeProto": {
		"input": {Tag: nodeInput}, "output": {Tag: nodeOutput}, "name": {Tag: nodeName}, "op_type": {Tag: nodeOpType},
		"attribute": {Tag: nodeAttribute, Of: "AttributeProto"}, "doc_string": {Tag: nodeDoc}, "domain": {Tag: nodeDomain},
		"metadata_props": {Tag: nodeMetadata, Of: "StringStringEntryProto"}},
	"AttributeProto": {
		"name": {Tag: attributeName}, "i": {Tag: attributeInt}, "s": {Tag: attributeString, Base64: true}, "t": {Tag: attributeTensor, Of: "TensorProto"},
		"g": {Tag: attributeGraph, Of: "GraphProto"}, "strings": {Tag: attributeStrings, Base64: true}, "tensors": {Tag: attributeTensors, Of: "TensorProto"},
		"graphs": {Tag: attributeGraphs, Of: "GraphProto"}, "sparse_tensor": {Tag: attributeSparse, Of: "SparseTensorProto"},
		"sparse_tensors": {Tag: attributeSparses, Of: "SparseTensorProto"}},
	"TensorProto": {
		"dims": {Tag: tensorDim}, "data_type": {Tag: tensorType}, "string_data": {Tag: tensorStrings, Base64: true}, "name": {Tag: tensorName},
		"raw_data": {Tag: tensorRaw, Base64: true}, "external_data": {Tag: tensorExternal, Of: "StringStringEntryProto"},
		"data_location": {Tag: tensorDataLocation, Names: map[string]uint64{"EXTERNAL": external}}},
	"SparseTensorProto": {"values": {Tag: sparseValues, Of: "TensorProto"}, "indices": {Tag: sparseIndices, Of: "TensorProto"}},
	"FunctionProto": {
		"name": {Tag: functionName}, "node": {Tag: functionNode, Of: "NodeProto"}, "doc_string": {Tag: functionDoc},
		"opset_import": {Tag: functionOpset, Of: "OperatorSetIdProto"}, "domain": {Tag: functionDomain},
		"attribute_proto": {Tag: functionAttribute, Of: "AttributeProto"}, "metadata_props": {Tag: functionMetadata, Of: "StringStringEntryProto"}},
}

// TextStarts reports whether a text that starts with a field of this name may be a
// model: no other message has such fields.
func TextStarts(first string) bool {
	return first == "ir_version" || first == "opset_import" || first == "producer_name" || first == "producer_version" || first == "model_version"
}

// JSONStarts reports whether a text may be a model in JSON: it is an object that has
// a graph, and one other field of a model. It reads as much of it as there is.
func JSONStarts(r *hostile.Reader) bool {
	d := json.NewDecoder(r)
	if d.Next().Kind != json.Object {
		return false
	}
	graph, other := false, false
	for t := d.Next(); t.Kind == json.Name && !(graph && other); t = d.Next() {
		switch t.Text {
		case "graph":
			graph = true
		case "irVersion", "ir_version", "opsetImport", "opset_import", "producerName", "producer_name":
			other = true
		}
		value := d.Next()
		// A graph of ONNX is an object, and so is not that of most others.
		if t.Text == "graph" && value.Kind != json.Object {
			return false
		}
		if !(graph && other) {
			d.Skip(value)
		}
	}
	return graph && other
}

// FromJSON reads the form of a model that is JSON, like FromText.
func FromJSON(r *hostile.Reader) (*prototext.Binary, error) {
	return prototext.EncodeJSON(r, textSchema, "ModelProto")
}

// FromText reads the text form of a model, as far as it is read in the binary
// form. What came before a fault is in the result.
func FromText(r *hostile.Reader) (*prototext.Binary, error) {
	return prototext.Encode(r, textSchema, "ModelProto")
}
