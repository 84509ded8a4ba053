"""Makes the models of this directory: real.py DIRECTORY, with onnx and onnxruntime installed.

Each is then kept as gzip in base64: gzip -9nc NAME.ort | base64 -w 120 > NAME.ort.gz.b64
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

value = helper.make_tensor_value_info
node = helper.make_node


def save(name, nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    model.doc_string = "A small model."
    model.metadata_props.add(key="licence", value="MIT")
    onnx.checker.check_model(model)
    onnx.save(model, f"{name}.onnx")


def main(directory):
    bias = numpy_helper.from_array(np.zeros(4, "f4"), "b")
    x = value("x", TensorProto.FLOAT, ["n", 4])
    then = helper.make_graph([node("Add", ["x", "b"], ["t"])], "then", [], [value("t", TensorProto.FLOAT, [None, 4])])
    other = helper.make_graph([node("Identity", ["x"], ["e"])], "else", [], [value("e", TensorProto.FLOAT, [None, 4])])
    save("branch", [node("If", ["k"], ["y"], then_branch=then, else_branch=other)],
         [x, value("k", TensorProto.BOOL, [])], [value("y", TensorProto.FLOAT, ["n", 4])], [bias])
    save("labels", [node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", keys_strings=["cat", "dog"], values_int64s=[0, 1])],
         [value("x", TensorProto.STRING, ["n"])], [value("y", TensorProto.INT64, ["n"])])
    filters = numpy_helper.from_array(np.random.rand(8, 3, 3, 3).astype("f4"), "w")
    save("conv", [node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3]), node("Relu", ["a"], ["r"]),
                  node("GlobalAveragePool", ["r"], ["g"]), node("Flatten", ["g"], ["y"])],
         [value("x", TensorProto.FLOAT, [1, 3, 16, 16])], [value("y", TensorProto.FLOAT, [1, 8])], [filters])
    subprocess.run([sys.executable, "-m", "onnxruntime.tools.convert_onnx_models_to_ort", directory], check=True)


if __name__ == "__main__":
    import os

    os.chdir(Path(sys.argv[1]))
    main(".")
