package tensorflow

import "github.com/modelaudit/modelaudit/internal/format/protobuf"

const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// The fields of TensorFlow's .proto files that are read, as number<<3 | wire
// type (https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/
// protobuf and framework).
const (
	savedSchema    = 1<<3 | vint // SavedModel
	savedMetaGraph = 2<<3 | byts

	metaInfo    = 1<<3 | byts // MetaGraphDef
	metaGraph   = 2<<3 | byts
	metaAsset   = 6<<3 | byts
	metaObjects = 7<<3 | byts

	infoTags    = 4<<3 | byts // MetaInfoDef
	infoVersion = 5<<3 | byts

	assetTensor   = 1<<3 | byts // AssetFileDef
	assetFilename = 2<<3 | byts
	tensorInfo    = 1<<3 | byts // TensorInfo.name

	graphNode     = 1<<3 | byts // GraphDef
	graphLibrary  = 2<<3 | byts
	graphVersions = 4<<3 | byts

	versionsProducer = 1<<3 | vint // VersionDef

	libraryFunction = 1<<3 | byts // FunctionDefLibrary

	functionSignature = 1<<3 | byts // FunctionDef
	functionNode      = 3<<3 | byts

	signatureName = 1<<3 | byts // OpDef
	signatureArg  = 2<<3 | byts
	argName       = 1<<3 | byts // OpDef.ArgDef

	nodeName  = 1<<3 | byts // NodeDef
	nodeOp    = 2<<3 | byts
	nodeInput = 3<<3 | byts
	nodeAttr  = 5<<3 | byts

	mapKey   = 1<<3 | byts // an entry of any map
	mapValue = 2<<3 | byts

	attrList   = 1<<3 | byts // AttrValue
	attrString = 2<<3 | byts
	attrInt    = 3<<3 | vint
	attrBool   = 5<<3 | vint
	attrTensor = 8<<3 | byts
	attrFunc   = 10<<3 | byts

	listString = 2<<3 | byts // AttrValue.ListValue
	listTensor = 8<<3 | byts
	listFunc   = 9<<3 | byts

	funcName = 1<<3 | byts // NameAttrList
	funcAttr = 2<<3 | byts

	tensorType    = 1<<3 | vint // TensorProto
	tensorContent = 4<<3 | byts
	tensorInts    = 7<<3 | vint // int_val
	tensorPacked  = 7<<3 | byts
	tensorString  = 8<<3 | byts  // string_val
	tensorLongs   = 10<<3 | vint // int64_val
	tensorLongSet = 10<<3 | byts

	objectNode = 1<<3 | byts // SavedObjectGraph
	objectUser = 4<<3 | byts // SavedObject
	userKind   = 1<<3 | byts // SavedUserObject
	userJSON   = 3<<3 | byts

	metadataNode = 1<<3 | byts // SavedMetadata of keras_metadata.pb
	metadataPath = 3<<3 | byts // its SavedObject
	metadataKind = 4<<3 | byts
	metadataJSON = 5<<3 | byts

	fingerprintModel = 1<<3 | vint // FingerprintDef
	fingerprintGraph = 2<<3 | vint
)
