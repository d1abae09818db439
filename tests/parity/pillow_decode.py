"""Prints tests/golden/pillow_decode.json: small pictures and what Pillow reads from them.

    python3 tests/parity/pillow_decode.py > tests/golden/pillow_decode.json

Each case holds the encoded file (base64) and the SHA-256 of the pixels (rows of interleaved
bytes) of Image.open(f).convert("RGB") and .convert("L"); each of "oriented" that of
ImageOps.exif_transpose(Image.open(f)). src/data/image_decode_test.cpp compares.
"""

import base64
import hashlib
import io
import json
import struct
import zlib

import numpy
import PIL
from PIL import Image, ImageOps, features


def picture(height, width, channels):
    """Smooth gradients with some noise: both kinds of JPEG block are met."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels]
    noise = numpy.random.default_rng(7).integers(0, 40, (height, width, channels))
    return ((x * 11 + y * 7 + c * 50) % 216 + noise).astype(numpy.uint8)


def encode(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def png16(values):
    """Pillow writes no 16-bit RGB, but reads it."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def ycck(data):
    """The same file, its Adobe marker saying that the first three components are YCbCr."""
    at = data.index(b"Adobe") + 11
    assert data[at] == 0
    return data[:at] + b"\2" + data[at + 1:]


def oriented(form, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(picture_rgb, form, exif=exif)


rgb = picture_rgb = Image.fromarray(picture(19, 23, 3))
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
    "jpeg_ycck": ycck(encode(rgb.convert("CMYK"), "JPEG", quality=85)),
    "png_rgb_16bit": png16(picture(19, 23, 3).astype(numpy.uint16) * 257 - picture(19, 23, 3) // 2),
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
    "oriented": [
        {
            "name": f"{form.lower()}_{orientation}",
            "file": base64.b64encode(data).decode(),
            "rgb": hashlib.sha256(
                ImageOps.exif_transpose(Image.open(io.BytesIO(data))).tobytes()).hexdigest(),
        }
        for form, orientation in [("JPEG", n) for n in range(1, 9)] + [("PNG", 6), ("WEBP", 5)]
        for data in [oriented(form, orientation)]
    ],
}
print(json.dumps(golden, indent=1))
