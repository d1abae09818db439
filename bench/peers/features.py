"""The peer of bench/features.cpp: PyTorch eager, channels-last, in batches of 8, which of 1, 8, 16
and 32 was the fastest for it. Pictures are decoded and resized by Pillow, ahead, in processes of a
DataLoader. Prints one line of JSON."""
import argparse
import io
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from networks import ZOO
from train_step import read_safetensors

MEAN, DEVIATION = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


class Pictures(Dataset):
    def __init__(self, folder):
        paths = sorted(p for p in Path(folder).rglob("*") if p.is_file())
        self.files = [p.read_bytes() for p in paths]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        picture = Image.open(io.BytesIO(self.files[i])).convert("RGB")
        pixels = np.asarray(picture.resize((224, 224), Image.Resampling.BILINEAR), np.float32) / 255
        return torch.from_numpy((pixels - np.float32(MEAN)) / np.float32(DEVIATION)).permute(2, 0, 1)


def extract(model, loader):
    rows = []
    for batch in loader:
        rows.append(model(batch.to(memory_format=torch.channels_last)))
    return torch.cat(rows)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--pictures")
    ap.add_argument("--weights")
    ap.add_argument("--threads", type=int, default=1)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    model = ZOO["resnet50"](3, classes=1000)
    model.load_state_dict(read_safetensors(args.weights))
    model.fc = torch.nn.Identity()
    model = model.to(memory_format=torch.channels_last).eval()
    pictures = Pictures(args.pictures)
    loader = DataLoader(pictures, batch_size=8, num_workers=args.threads, persistent_workers=True)
    with torch.inference_mode():
        extract(model, loader)
        begin = time.perf_counter()
        rows = extract(model, loader)
        seconds = time.perf_counter() - begin
    print(json.dumps({"pictures_per_second": len(rows) / seconds, "pictures": len(rows),
                      "features": rows[0].tolist(), "first": rows[:, 0].tolist()}))


main()
