"""Checks ONNX files with the onnx package and prints their inputs and outputs.

    python3 tests/parity/onnx_checker.py network.onnx ...

Prints one line a file and leaves with 1 at the first that onnx.checker refuses.
"""

import sys

import onnx


def describe(value):
    tensor = value.type.tensor_type
    extents = [dim.dim_param or str(dim.dim_value) for dim in tensor.shape.dim]
    dtype = onnx.TensorProto.DataType.Name(tensor.elem_type)
    return f"{value.name} {dtype}[{', '.join(extents)}]"


def check(path):
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    opset = ", ".join(str(opset.version) for opset in model.opset_import)
    inputs = "; ".join(describe(value) for value in model.graph.input)
    outputs = "; ".join(describe(value) for value in model.graph.output)
    print(
        f"{path}: ok, IR {model.ir_version}, opset {opset}, {len(model.graph.node)} nodes: "
        f"{inputs} -> {outputs}"
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for path in sys.argv[1:]:
        try:
            check(path)
        except (onnx.checker.ValidationError, OSError) as error:
            sys.exit(f"{path}: {error}")
