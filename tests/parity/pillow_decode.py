"""Prints tests/golden/pillow_decode.json: small pictures and what Pillow reads from them.

    python3 tests/parity/pillow_decode.py > tests/golden/pillow_decode.json

Each case holds the encoded file (base64) and the SHA-256 of the pixels (rows of interleaved
bytes) of Image.open(f).convert("RGB") and .convert("L"). src/data/image_decode_test.cpp compares.
"""

import base64
import hashlib
import io
import json

import numpy
import PIL
from PIL import Image, features


def picture(height, width, channels):
    """Smooth gradients with some noise: both kinds of JPEG block are met."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels]
    noise = numpy.random.default_rng(7).integers(0, 40, (height, width, channels))
    return ((x * 11 + y * 7 + c * 50) % 216 + noise).astype(numpy.uint8)


def encode(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


rgb = Image.fromarray(picture(19, 23, 3))
gray = Image.fromarray(picture(19, 23, 1)[:, :, 0])
rgba = Image.fromarray(picture(19, 23, 4))
cases = {
    "png_rgb": encode(rgb, "PNG"),
    "png_gray": encode(gray, "PNG"),
    "png_gray_1bit": encode(gray.convert("1"), "PNG"),
    "png_palette": encode(rgb.quantize(37), "PNG"),
    "png_palette_2bit": encode(rgb.quantize(4), "PNG", bits=2),
    "png_palette_transparent": encode(rgb.quantize(37), "PNG", transparency=3),
    "png_rgba": encode(rgba, "PNG"),
    "png_gray_alpha": encode(rgba.convert("LA"), "PNG"),
    "jpeg_444": encode(rgb, "JPEG", subsampling=0, quality=90),
    "jpeg_422": encode(rgb, "JPEG", subsampling=1, quality=80),
    "jpeg_420": encode(rgb, "JPEG", subsampling=2, quality=75),
    "jpeg_420_progressive": encode(rgb, "JPEG", subsampling=2, quality=60, progressive=True),
    "jpeg_gray": encode(gray, "JPEG"),
    "jpeg_cmyk": encode(rgb.convert("CMYK"), "JPEG", quality=85),
    "webp_lossless": encode(rgb, "WEBP", lossless=True),
    "webp_lossless_alpha": encode(rgba, "WEBP", lossless=True, exact=True),
    "webp_lossy": encode(rgb, "WEBP", quality=80),
}


def digest(data, mode):
    return hashlib.sha256(Image.open(io.BytesIO(data)).convert(mode).tobytes()).hexdigest()


golden = {
    "made_by": f"Pillow {PIL.__version__}, libjpeg-turbo {features.version('libjpeg_turbo')}",
    "cases": [
        {
            "name": name,
            "file": base64.b64encode(data).decode(),
            "rgb": digest(data, "RGB"),
            "gray": digest(data, "L"),
        }
        for name, data in cases.items()
    ],
}
print(json.dumps(golden, indent=1))
