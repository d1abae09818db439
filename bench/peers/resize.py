"""The peer of bench/resize.cpp: Pillow decodes and resizes. Prints one line of JSON."""
import argparse
import hashlib
import io
import json
import time
from pathlib import Path

from PIL import Image

FILTERS = [Image.Resampling[name] for name in ("BILINEAR", "BICUBIC", "BOX", "LANCZOS")]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--pictures")
    ap.add_argument("--rounds", type=int, default=1)
    args = ap.parse_args()
    paths = sorted(p for p in Path(args.pictures).rglob("*") if p.is_file())
    files = [p.read_bytes() for p in paths]
    begin = time.perf_counter()
    for _ in range(args.rounds):
        out = [Image.open(io.BytesIO(file)).convert("RGB").resize((224, 224), method)
               for method in FILTERS for file in files]
    seconds = time.perf_counter() - begin
    digest = hashlib.sha256(b"".join(picture.tobytes() for picture in out)).hexdigest()
    print(json.dumps({"pictures_per_second": len(out) * args.rounds / seconds,
                      "pictures": len(out), "sha256": digest}))


main()
