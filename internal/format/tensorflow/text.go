package tensorflow

import (
	"bytes"

	"github.com/modelaudit/modelaudit/internal/format/prototext"
	"github.com/modelaudit/modelaudit/internal/hostile"
)

// textKinds tells the kinds of files that exist as text apart, by any field that
// may come first.
var textKinds = map[string]Kind{
	"saved_model_schema_version": SavedModel, "meta_graphs": SavedModel,

	"meta_info_def": MetaGraph, "graph_def": MetaGraph, "saver_def": MetaGraph, "collection_def": MetaGraph,
	"signature_def": MetaGraph, "asset_file_def": MetaGraph, "object_graph_def": MetaGraph,

	"node": GraphDef, "library": GraphDef, "versions": GraphDef, "version": GraphDef, "debug_info": GraphDef,
}

// textSchema names the fields of schema.go as the text format does.
var textSchema = prototext.Schema{
	string(SavedModel): {
		"saved_model_schema_version": {Tag: savedSchema}, "meta_graphs": {Tag: savedMetaGraph, Of: string(MetaGraph)}},
	string(MetaGraph): {
		"meta_info_def": {Tag: metaInfo, Of: "MetaInfoDef"}, "graph_def": {Tag: metaGraph, Of: string(GraphDef)},
		"asset_file_def": {Tag: metaAsset, Of: "AssetFileDef"}, "object_graph_def": {Tag: metaObjects, Of: "SavedObjectGraph"}},
	"MetaInfoDef":  {"tags": {Tag: infoTags}, "tensorflow_version": {Tag: infoVersion}},
	"AssetFileDef": {"tensor_info": {Tag: assetTensor, Of: "TensorInfo"}, "filename": {Tag: assetFilename}},
	"TensorInfo":   {"name": {Tag: tensorInfo}},
	string(GraphDef): {
		"node": {Tag: graphNode, Of: "NodeDef"}, "library": {Tag: graphLibrary, Of: "FunctionDefLibrary"}, "versions": {Tag: graphVersions, Of: "VersionDef"}},
	"VersionDef":         {"producer": {Tag: versionsProducer}},
	"FunctionDefLibrary": {"function": {Tag: libraryFunction, Of: "FunctionDef"}},
	"FunctionDef":        {"signature": {Tag: functionSignature, Of: "OpDef"}, "node_def": {Tag: functionNode, Of: "NodeDef"}},
	"OpDef":              {"name": {Tag: signatureName}, "input_arg": {Tag: signatureArg, Of: "ArgDef"}},
	"ArgDef":             {"name": {Tag: argName}},
	"NodeDef": {
		"name": {Tag: nodeName}, "op": {Tag: nodeOp}, "input": {Tag: nodeInput}, "attr": {Tag: nodeAttr, Of: "AttrEntry"}},
	"AttrEntry": {"key": {Tag: mapKey}, "value": {Tag: mapValue, Of: "AttrValue"}},
	"AttrValue": {
		"list": {Tag: attrList, Of: "ListValue"}, "s": {Tag: attrString}, "i": {Tag: attrInt}, "b": {Tag: attrBool}, "tensor": {Tag: attrTensor, Of: "TensorProto"}, "func": {Tag: attrFunc, Of: "NameAttrList"}},
	"ListValue": {
		"s": {Tag: listString}, "tensor": {Tag: listTensor, Of: "TensorProto"}, "func": {Tag: listFunc, Of: "NameAttrList"}},
	"NameAttrList": {"name": {Tag: funcName}, "attr": {Tag: funcAttr, Of: "AttrEntry"}},
	"TensorProto": {
		"dtype": {Tag: tensorType, Names: map[string]uint64{"DT_INT32": typeInt32, "DT_INT64": typeInt64}}, "tensor_content": {Tag: tensorContent},
		"int_val": {Tag: tensorInts}, "string_val": {Tag: tensorString}, "int64_val": {Tag: tensorLongs}},
	"SavedObjectGraph": {"nodes": {Tag: objectNode, Of: "SavedObject"}},
	"SavedObject":      {"user_object": {Tag: objectUser, Of: "SavedUserObject"}},
	"SavedUserObject":  {"identifier": {Tag: userKind}, "metadata": {Tag: userJSON}},
}

// TextStarts reports whether a text starts with a field of a kind.
func TextStarts(text []byte) bool {
	n := bytes.IndexFunc(text, func(c rune) bool { return c != '_' && (c < 'a' || c > 'z') })
	return n > 0 && textKinds[string(text[:n])] != None
}

// TextKind returns the kind of message that a text starts like, or None.
func TextKind(r *hostile.Reader) Kind { return textKinds[prototext.First(r)] }

// FromText reads the text form of a kind, as far as it is read in the binary
// form. What came before a fault is in the result.
func FromText(r *hostile.Reader, kind Kind) (*prototext.Binary, error) {
	return prototext.Encode(r, textSchema, string(kind))
}
