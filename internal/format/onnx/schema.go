package onnx

import "github.com/modelaudit/modelaudit/internal/format/protobuf"

// Short names for the wire types, so that the tables below read as columns.
const (
	vint = protobuf.Varint
	byts = protobuf.Bytes
)

// The fields of onnx.proto that are read, as number<<3 | wire type
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
const (
	modelIRVersion = 1<<3 | vint
	modelProducer  = 2<<3 | byts
	modelDomain    = 4<<3 | byts
	modelDoc       = 6<<3 | byts
	modelGraph     = 7<<3 | byts
	modelOpset     = 8<<3 | byts
	modelMetadata  = 14<<3 | byts
	modelTraining  = 20<<3 | byts
	modelFunction  = 25<<3 | byts

	entryKey   = 1<<3 | byts // StringStringEntryProto
	entryValue = 2<<3 | byts

	graphNode        = 1<<3 | byts
	graphName        = 2<<3 | byts
	graphInitializer = 5<<3 | byts
	graphDoc         = 10<<3 | byts
	graphOutput      = 12<<3 | byts
	graphSparse      = 15<<3 | byts
	graphMetadata    = 16<<3 | byts

	nodeInput     = 1<<3 | byts
	nodeOutput    = 2<<3 | byts
	nodeName      = 3<<3 | byts
	nodeOpType    = 4<<3 | byts
	nodeAttribute = 5<<3 | byts
	nodeDoc       = 6<<3 | byts
	nodeDomain    = 7<<3 | byts
	nodeMetadata  = 9<<3 | byts

	attributeName    = 1<<3 | byts
	attributeInt     = 3<<3 | vint
	attributeString  = 4<<3 | byts
	attributeTensor  = 5<<3 | byts
	attributeGraph   = 6<<3 | byts
	attributeStrings = 9<<3 | byts
	attributeTensors = 10<<3 | byts
	attributeGraphs  = 11<<3 | byts
	attributeSparse  = 22<<3 | byts
	attributeSparses = 23<<3 | byts

	tensorDim          = 1<<3 | vint
	tensorDims         = 1<<3 | byts // packed
	tensorType         = 2<<3 | vint
	tensorStrings      = 6<<3 | byts
	tensorName         = 8<<3 | byts
	tensorRaw          = 9<<3 | byts
	tensorExternal     = 13<<3 | byts
	tensorDataLocation = 14<<3 | vint

	sparseValues  = 1<<3 | byts
	sparseIndices = 2<<3 | byts

	trainingInitialization = 1<<3 | byts
	trainingAlgorithm      = 2<<3 | byts

	functionName      = 1<<3 | byts
	functionNode      = 7<<3 | byts
	functionDoc       = 8<<3 | byts
	functionOpset     = 9<<3 | byts
	functionDomain    = 10<<3 | byts
	functionAttribute = 11<<3 | byts
	functionMetadata  = 14<<3 | byts
)

// external is the value of TensorProto.data_location that sends a loader to
// another file.
const external = 1

// widths holds the bits of an element of TensorProto.DataType; of a type that is
// not listed nothing is claimed.
var widths = map[int64]uint64{
	1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64,
	12: 32, 13: 64, 14: 64, 15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8,
	21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}
