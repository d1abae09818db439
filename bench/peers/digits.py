"""The peer of `keelrow run` on examples/digits: pictures in a folder per class -> trained, tested
model.   python digits.py PICTURES MODEL.pt"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

EPOCHS, BATCH, RATE, SEED = 16, 64, 5e-3, 7


def load(root):
    files = sorted(Path(root).glob("*/*.png"))
    classes = sorted({f.parent.name for f in files})
    x = np.stack([np.asarray(Image.open(f).convert("L").resize((28, 28))) for f in files])
    x = (torch.from_numpy(x)[:, None] / 255 - 0.1307) / 0.3081
    y = torch.tensor([classes.index(f.parent.name) for f in files])
    parts = [[], [], []]
    for c in range(len(classes)):  # 70/15/15, stratified
        of_class = (y == c).nonzero().flatten()
        of_class = of_class[torch.randperm(len(of_class))]
        a, b = int(0.7 * len(of_class)), int(0.85 * len(of_class))
        for part, chosen in zip(parts, (of_class[:a], of_class[a:b], of_class[b:])):
            part.append(chosen)
    return [(x[i], y[i]) for i in map(torch.cat, parts)]


def augment(x, rotation=10, shift=0.08):
    n = len(x)
    angle = (torch.rand(n) * 2 - 1) * rotation * torch.pi / 180
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = angle.cos()
    theta[:, 0, 1], theta[:, 1, 0] = -angle.sin(), angle.sin()
    theta[:, :, 2] = (torch.rand(n, 2) * 2 - 1) * 2 * shift
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def accuracy(model, x, y):
    model.eval()
    with torch.inference_mode():
        return sum((model(a).argmax(1) == b).sum().item()
                   for a, b in zip(x.split(256), y.split(256))) / len(y)


def main(root, out):
    torch.manual_seed(SEED)
    train, validation, test = load(root)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 49, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    steps = -(-len(train[0]) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, epochs=EPOCHS, steps_per_epoch=steps, pct_start=0.1)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True)
    for epoch in range(EPOCHS):
        model.train()
        for i in torch.randperm(len(train[0])).split(BATCH):
            loss = F.cross_entropy(model(augment(train[0][i])), train[1][i])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update_parameters(model)
        print(f"epoch {epoch + 1} loss {loss.item():.4f} validation {accuracy(average, *validation):.4f}")
    torch.save(average.module.state_dict(), out)
    print(json.dumps({"test_accuracy": accuracy(average, *test)}))


main(*sys.argv[1:])
