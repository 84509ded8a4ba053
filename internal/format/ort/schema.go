package ort

// Fields of the tables that are read, by their slots in
// https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/flatbuffers/schema/ort.fbs.
const (
	sessionVersion  = 0
	sessionModel    = 1
	sessionResolver = 3

	modelOpsets          = 1
	modelProducer        = 2
	modelProducerVersion = 3
	modelDomain          = 4
	modelDoc             = 6
	modelGraph           = 7
	modelGraphDoc        = 8
	modelMetadata        = 9

	opsetDomain = 0

	entryKey   = 0
	entryValue = 1

	graphInitializers  = 0
	graphArgs          = 1
	graphNodes         = 2
	graphEdges         = 4
	graphInputs        = 5
	graphOutputs       = 6
	graphSparse        = 7
	graphOptimizations = 8

	nodeName       = 0
	nodeDoc        = 1
	nodeDomain     = 2
	nodeOpType     = 5
	nodeProvider   = 7
	nodeInputs     = 8
	nodeOutputs    = 9
	nodeAttributes = 10
	nodeArgCounts  = 11
	nodeImplicit   = 12

	attributeName    = 0
	attributeDoc     = 1
	attributeInt     = 4
	attributeString  = 5
	attributeTensor  = 6
	attributeGraph   = 7
	attributeFloats  = 8
	attributeInts    = 9
	attributeStrings = 10
	attributeTensors = 11
	attributeGraphs  = 12

	tensorName     = 0
	tensorDoc      = 1
	tensorDims     = 2
	tensorType     = 3
	tensorRaw      = 4
	tensorStrings  = 5
	tensorExternal = 6

	sparseValues  = 0
	sparseIndices = 1
	sparseDims    = 2

	argName = 0 // ValueInfo
	argDoc  = 1
	argType = 2

	typeDenotation = 0 // TypeInfo
	typeKind       = 1
	typeValue      = 2
	typeShape      = 1 // TensorTypeAndShape
	typeElement    = 0 // SequenceType
	typeMapValue   = 1 // MapType
	shapeDims      = 0
	dimensionValue = 0
	dimensionNote  = 1
	valueParameter = 2 // DimensionValue

	edgeInputs  = 1 // NodeEdge
	edgeOutputs = 2

	optimizationEntries = 0 // RuntimeOptimizations
	entryOptimizer      = 0
	entryRecords        = 1
	recordAction        = 0
	recordNodes         = 1
	recordNodeIndices   = 0
	recordProduced      = 3
	resolverOps         = 0 // KernelTypeStrResolver
	resolverOp          = 0
	resolverOpArgs      = 1
	resolverArgsType    = 0
	resolverArgsArgs    = 1
)

// Kinds of TypeInfoValue.
const (
	kindTensor   = 1
	kindSequence = 2
	kindMap      = 3
)

// Sizes of the structs and scalars in vectors, in bytes.
const (
	sizeEdge = 12
	size32   = 4
	size64   = 8
)
