"""Writes tests/golden/torchvision_photos.json: what Pillow and torchvision make of 100 photos.

    python3 tests/parity/torchvision_photos.py imagenet_samples.tar > tests/golden/torchvision_photos.json

Needs torch 2.13.0 and torchvision 0.29.1, which are too large for the pinned environment of
./bootstrap --dev; so this is run by hand. The SHA-256 is of the bytes of all outputs one after
another, in the order of their names. src/transforms/photos_test.cpp compares.
"""

import hashlib
import io
import json
import sys
import tarfile

import PIL
import torch
from PIL import Image

# torchvision's operators are not needed, and its CUDA wheel cannot load them beside a CPU torch.
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402
from torchvision.transforms import InterpolationMode  # noqa: E402
from torchvision.transforms.v2 import CenterCrop, Compose, Resize  # noqa: E402


def resized(name):
    return lambda photo: photo.resize((224, 224), Image.Resampling[name.upper()])


def main():
    with tarfile.open(sys.argv[1]) as tar:
        files = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
    chains = {
        json.dumps([{"resize": {"size": 224, "filter": name}}]): resized(name)
        for name in ("nearest", "bilinear", "bicubic", "box", "lanczos")
    }
    evaluation = [{"resize": {"size": 256, "filter": "bicubic", "keep_aspect": True}}, {"crop": 224}]
    chains[json.dumps(evaluation)] = Compose(
        [Resize(256, interpolation=InterpolationMode.BICUBIC), CenterCrop(224)])
    cases = []
    for prepare, function in chains.items():
        digest = hashlib.sha256()
        for name in sorted(files):
            photo = Image.open(io.BytesIO(files[name])).convert("RGB")
            digest.update(function(photo).tobytes())
        cases.append({"prepare": json.loads(prepare), "sha256": digest.hexdigest()})
    print(json.dumps({"made_by": f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}",
                      "cases": cases}, indent=1))


main()
