"""Writes tests/golden/torch_files: what torch.save makes of a few tensors, in both its formats.

    python3 tests/parity/torch_files.py tests/golden/torch_files

Run by hand with torch 2.13.0, which is too large for the pinned environment of ./bootstrap --dev.
src/nets/torch_file_test.cpp reads the files.
"""

import collections
import pathlib
import sys

import torch


def state_dict():
    base = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    return collections.OrderedDict(
        [
            ("dense", base),
            ("transposed", base.t()),
            ("window", base[1:, 1:3]),
            ("half", torch.tensor([1.5, -2.0, 65504.0, 6e-8], dtype=torch.float16)),
            ("bfloat", torch.tensor([1.0, -3.0], dtype=torch.bfloat16)),
            ("double", torch.tensor([0.5, 1e300], dtype=torch.float64)),
            ("counter", torch.tensor(7)),
            ("ints", torch.tensor([-1, 2], dtype=torch.int32)),
            ("bytes", torch.tensor([1, 255], dtype=torch.uint8)),
            ("empty", torch.zeros(0, 3)),
            ("parameter", torch.nn.Parameter(torch.tensor([9.0]))),
        ]
    )


def main(folder):
    folder = pathlib.Path(folder)
    for name, zipped in (("zip", True), ("legacy", False)):
        torch.save(state_dict(), folder / f"{name}.pth", _use_new_zipfile_serialization=zipped)
    checkpoint = {"epoch": 3, "state_dict": {"module.w": torch.tensor([1.0, 2.0])}, "lr": 0.1}
    torch.save(checkpoint, folder / "checkpoint.pth")
    torch.save(torch.nn.Linear(1, 1), folder / "whole_model.pth")


if __name__ == "__main__":
    main(sys.argv[1])
