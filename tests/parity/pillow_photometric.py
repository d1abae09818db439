"""Prints tests/golden/pillow_photometric.json: what Pillow's ImageEnhance and ImageOps make of pictures.

    python3 tests/parity/pillow_photometric.py > tests/golden/pillow_photometric.json

The pictures are byte i = (i * i * 31 + i * 7) % 256 over rows of interleaved channels ("noise") and
byte i = 40 + i * 3 // width % 150 ("smooth"), so that src/transforms/photometric_test.cpp can make
them too. Hue is torchvision's adjust_hue of PIL images, written out. The SHA-256 is of the
output's bytes.
"""

import hashlib
import json

import numpy
import PIL
from PIL import Image, ImageEnhance, ImageOps

WIDTH, HEIGHT = 61, 47


def pictures():
    for mode, channels in (("L", 1), ("RGB", 3)):
        count = WIDTH * HEIGHT * channels
        noise = bytes((i * i * 31 + i * 7) % 256 for i in range(count))
        smooth = bytes(40 + i * 3 // WIDTH % 150 for i in range(count))
        for name, data in (("noise", noise), ("smooth", smooth)):
            yield name, channels, Image.frombytes(mode, (WIDTH, HEIGHT), data)


def hue(image, turn):
    if image.mode == "L":
        return image
    h, s, v = image.convert("HSV").split()
    h = numpy.array(h, dtype=numpy.uint8) + numpy.uint8(int(turn * 255) % 256)
    return Image.merge("HSV", (Image.fromarray(h), s, v)).convert("RGB")


OPERATIONS = {
    "brightness": (lambda image, x: ImageEnhance.Brightness(image).enhance(x), [0, 0.37, 1, 1.9]),
    "contrast": (lambda image, x: ImageEnhance.Contrast(image).enhance(x), [0, 0.37, 1, 1.9]),
    "saturation": (lambda image, x: ImageEnhance.Color(image).enhance(x), [0, 0.37, 1, 1.9]),
    "sharpness": (lambda image, x: ImageEnhance.Sharpness(image).enhance(x), [0, 0.37, 1, 1.9]),
    "hue": (hue, [-0.5, -0.13, 0, 0.21, 0.5]),
    "posterize": (lambda image, x: ImageOps.posterize(image, x), [1, 4, 7, 8]),
    "solarize": (lambda image, x: ImageOps.solarize(image, x), [0, 76.5, 255, 256]),
    "autocontrast": (lambda image, x: ImageOps.autocontrast(image), [0]),
    "equalize": (lambda image, x: ImageOps.equalize(image), [0]),
}

cases = []
for name, channels, picture in pictures():
    for operation, (function, arguments) in OPERATIONS.items():
        for x in arguments:
            digest = hashlib.sha256(function(picture, x).tobytes()).hexdigest()
            cases.append({"picture": name, "channels": channels, "operation": operation, "x": x,
                          "sha256": digest})

rows = ",\n".join("  " + json.dumps(case) for case in cases)
print(f'{{"made_by": "Pillow {PIL.__version__}",\n "cases": [\n{rows}\n]}}')
