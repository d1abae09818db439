"""Writes tests/golden/keras_augment.json: what Keras' ImageDataGenerator makes of given draws.

    KERAS_BACKEND=torch python3 tests/parity/keras_augment.py > tests/golden/keras_augment.json

Needs keras 3.15.1, scipy 1.17.1, pillow 13.0.0 and a backend, which are too large for the pinned
environment of ./bootstrap --dev; so this is run by hand. The input of each case is byte i =
(i * i * 31 + i * 7) % 256 over rows of interleaved channels, so that
src/transforms/keras_test.cpp can make it too. `values` are the output's, times 100, as four
hexadecimal digits each.
"""

import json
import random

import keras
import numpy
import scipy
from keras.src.legacy.preprocessing.image import ImageDataGenerator

SIZES = [(13, 9, 3), (10, 10, 3), (9, 14, 1)]  # width, height, channels
FILLS = ["nearest", "constant", "reflect", "wrap"]


def picture(width, height, channels):
    count = width * height * channels
    values = [(i * i * 31 + i * 7) % 256 for i in range(count)]
    return numpy.array(values, "float32").reshape(height, width, channels)


def draws(rng, size):
    yield {"theta": rng.uniform(-60, 60)}
    yield {"tx": rng.uniform(-6, 6), "ty": rng.uniform(-6, 6)}
    yield {"shear": rng.uniform(-30, 30), "zx": rng.uniform(0.6, 1.6), "zy": rng.uniform(0.6, 1.6)}
    yield {
        "theta": rng.uniform(-180, 180),
        "tx": rng.uniform(-40, 40),
        "ty": rng.uniform(-9, 9),
        "shear": rng.uniform(-20, 20),
        "zx": rng.uniform(0.5, 2),
        "zy": rng.uniform(0.5, 2),
        "channel_shift_intensity": rng.randint(-60, 60),
        "flip_horizontal": True,
        "flip_vertical": rng.random() < 0.5,
        "brightness": rng.uniform(0.3, 1.9),
    }


def transformed():
    rng = random.Random(7)
    for size in SIZES:
        for fill in FILLS:
            generator = ImageDataGenerator(fill_mode=fill, cval=77)
            for draw in draws(rng, size):
                out = generator.apply_transform(picture(*size), draw)
                values = "".join(f"{round(float(x) * 100):04x}" for x in out.ravel())
                yield {"size": size, "fill": fill, "draw": draw, "values": values}


def standardized():
    for options in [
        {"rescale": 1 / 255},
        {"samplewise_center": True},
        {"rescale": 1 / 255, "samplewise_std_normalization": True},
    ]:
        out = ImageDataGenerator(**options).standardize(picture(*SIZES[0]))
        yield {"options": options, "values": [float(x) for x in out.ravel()[:60]]}


def main():
    made_by = f"Keras {keras.__version__}, SciPy {scipy.__version__}"
    groups = {"transformed": transformed(), "standardized": standardized()}
    parts = [f'"made_by": "{made_by}"']
    for name, cases in groups.items():
        rows = ",\n".join("  " + json.dumps(case) for case in cases)
        parts.append(f'"{name}": [\n{rows}\n]')
    print("{" + ",\n ".join(parts) + "}")


main()
