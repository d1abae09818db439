"""Writes tests/golden/networks.json: what torchvision and timm answer with weights made by a formula.

    python3 tests/parity/networks.py > tests/golden/networks.json

Needs torch 2.13.0, torchvision 0.29.1 and timm 1.0.31, which are too large for the pinned environment
of ./bootstrap --dev; so this is run by hand when a network is added. src/train/networks_test.cpp makes
the same weights by the same formula.
"""

import json
import math
import sys

import numpy
import torch

# torchvision's operators are not needed, and its CUDA wheel cannot load them beside a CPU torch.
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm  # noqa: E402
import torchvision  # noqa: E402

TORCHVISION = [f"resnet{depth}" for depth in (18, 34, 50, 101, 152)]
TORCHVISION += ["mobilenet_v2"] + [f"efficientnet_b{n}" for n in range(8)]
TIMM = [f"efficientnet_lite{n}" for n in range(5)]
SHAPE = [1, 3, 65, 64]


def draws(name, count):
    """SplitMix64 from FNV-1a of the name, as numbers in [0, 1)."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    return (z >> numpy.uint64(40)).astype(numpy.float64) / 2**24


def values(name, shape):
    u = draws(name, math.prod(shape))
    if len(shape) > 1:
        u = (2 * u - 1) * math.sqrt(2 / math.prod(shape[1:]))
    elif name.endswith(".weight") or name.endswith(".running_var"):
        u = 0.75 + u / 2
    else:
        u = u / 5 - 0.1
    return torch.from_numpy(u.astype(numpy.float32)).reshape(shape)


def answer(model):
    state = {
        name: values(name, list(tensor.shape)) if tensor.is_floating_point() else tensor
        for name, tensor in model.state_dict().items()
    }
    model.load_state_dict(state)
    model.eval()
    picture = 2 * torch.from_numpy(draws("input", math.prod(SHAPE)).astype(numpy.float32)) - 1
    with torch.no_grad():
        logits = model(picture.reshape(SHAPE))[0].tolist()
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "keys": len(state),
        "largest": max(abs(x) for x in logits),
        "logits": [float(f"{x:.8g}") for x in logits[::100]],
    }


def main():
    answers = {}
    for name in TORCHVISION:
        answers[name] = answer(getattr(torchvision.models, name)())
    for name in TIMM:
        answers[name] = answer(timm.create_model("tf_" + name))
    json.dump(answers, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
