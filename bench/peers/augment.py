"""The peer of bench/augment.cpp: Keras' flow_from_directory with the same augmentation, in batches
from a folder per class. Prints one line of JSON."""
import argparse
import json
import os
import time

os.environ.setdefault("KERAS_BACKEND", "torch")

from keras.src.legacy.preprocessing.image import ImageDataGenerator  # noqa: E402


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--pictures")
    ap.add_argument("--epochs", type=int, default=1)
    ap.add_argument("--batch", type=int, default=32)
    args = ap.parse_args()
    generator = ImageDataGenerator(
        rotation_range=20, width_shift_range=0.2, height_shift_range=0.2, horizontal_flip=True)
    begin = time.perf_counter()
    batches = generator.flow_from_directory(
        args.pictures, target_size=(224, 224), batch_size=args.batch, seed=7)
    pictures, total = 0, 0.0
    for _ in range(args.epochs * len(batches)):
        x, _ = next(batches)
        pictures += len(x)
        total += float(x.ravel()[::97].mean(dtype="float64")) * len(x)
    seconds = time.perf_counter() - begin
    print(json.dumps({"pictures_per_second": pictures / seconds, "pictures": pictures,
                      "mean": total / pictures}))


main()
