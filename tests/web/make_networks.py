"""Writes bare networks for the page's test, one a kind of question:

    python3 make_networks.py FOLDER

mlp (two versions), pair (two inputs), tokens (whole numbers), tones (a sound's samples), photo (more
numbers than fields), half (half floats). Weights are drawn from a seed.
"""

import sys
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = numpy.random.default_rng(7)
TYPES = {numpy.float32: TensorProto.FLOAT, numpy.float16: TensorProto.FLOAT16, numpy.int64: TensorProto.INT64}


def weights(name, shape, dtype=numpy.float32):
    return numpy_helper.from_array(RANDOM.normal(size=shape).astype(dtype), name)


def write(path, inputs, output, nodes, initializers, kind=numpy.float32):
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info(n, TYPES[t], ["n", *shape]) for n, t, shape in inputs],
        [helper.make_tensor_value_info(output, TYPES[kind], ["n", 3])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def dense(path, name, count, dtype=numpy.float32):
    nodes = [helper.make_node("MatMul", [name, "w"], ["y"])]
    write(path, [(name, dtype, [count])], "y", nodes, [weights("w", (count, 3), dtype)], dtype)


def pixels(path, edge):
    flat = [helper.make_node("Flatten", ["pixels"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])]
    inputs = [("pixels", numpy.float32, [3, edge, edge])]
    write(path, inputs, "y", flat, [weights("w", (3 * edge * edge, 3))])


def main(folder):
    dense(folder / "mlp/1/model.onnx", "x", 4)
    dense(folder / "mlp/2/model.onnx", "x", 6)
    dense(folder / "half.onnx", "x", 4, numpy.float16)
    add = [helper.make_node("Add", ["left", "right"], ["s"]), helper.make_node("MatMul", ["s", "w"], ["y"])]
    two = [(name, numpy.float32, [3]) for name in ("left", "right")]
    write(folder / "pair.onnx", two, "y", add, [weights("w", (3, 3))])
    look_up = [
        helper.make_node("Gather", ["table", "tokens"], ["rows"], axis=0),
        helper.make_node("ReduceMean", ["rows"], ["y"], axes=[1], keepdims=0),
    ]
    write(folder / "tokens.onnx", [("tokens", numpy.int64, [5])], "y", look_up, [weights("table", (100, 3))])
    mean = [
        helper.make_node("Abs", ["samples"], ["loud"]),
        helper.make_node("ReduceMean", ["loud"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["mean", "w"], ["y"]),
    ]
    ones = numpy_helper.from_array(numpy.array([[1, 2, 3]], numpy.float32), "w")
    write(folder / "tones.onnx", [("samples", numpy.float32, [16000])], "y", mean, [ones])
    pixels(folder / "photo.onnx", 64)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
