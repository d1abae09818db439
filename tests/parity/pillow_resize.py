"""Prints tests/golden/pillow_resize.json: what Pillow's Image.resize makes of 8-bit pictures.

    python3 tests/parity/pillow_resize.py > tests/golden/pillow_resize.json

The input of each case is byte i = (i * i * 31 + i * 7) % 256 over rows of interleaved channels,
so that src/transforms/resample_test.cpp can make it too. The SHA-256 is of the output's bytes;
the first case also has the bytes themselves (hexadecimal), to find a fault by.
"""

import hashlib
import json

import PIL
from PIL import Image

FILTERS = ["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
SIZES = [  # (width, height) from, to
    ((37, 53), (28, 28)),
    ((28, 28), (224, 224)),
    ((32, 32), (28, 28)),
    ((200, 150), (64, 64)),
    ((64, 48), (64, 20)),
    ((64, 48), (20, 48)),
    ((1, 1), (5, 3)),
    ((300, 2), (7, 9)),
    ((101, 97), (100, 99)),
    ((3, 200), (1, 1)),
]


def picture(size, mode):
    width, height = size
    count = width * height * len(mode if mode == "RGB" else "L")
    return Image.frombytes(mode, size, bytes((i * i * 31 + i * 7) % 256 for i in range(count)))


cases = []
for mode in ["L", "RGB"]:
    for name in FILTERS:
        for source, target in SIZES:
            method = Image.Resampling[name.upper()]
            out = picture(source, mode).resize(target, method).tobytes()
            case = {
                "channels": len(mode),
                "filter": name,
                "from": source,
                "to": target,
                "sha256": hashlib.sha256(out).hexdigest(),
            }
            if not cases:
                case["bytes"] = out.hex()
            cases.append(case)

rows = ",\n".join("  " + json.dumps(case) for case in cases)
print(f'{{"made_by": "Pillow {PIL.__version__}",\n "cases": [\n{rows}\n]}}')
