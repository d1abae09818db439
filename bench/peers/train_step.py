"""The peer of bench/train_step.cpp: the plain PyTorch training loop, from the weights and batches
that it wrote. Prints one line of JSON."""
import argparse
import json
import time

import numpy as np
import torch
import torch.nn.functional as F

from networks import ZOO, DropPath

COMPARED_STEPS, WARM_UP_STEPS, RATE, WEIGHT_DECAY = 10, 5, 1e-3, 1e-2


def read_safetensors(path):
    raw = open(path, "rb").read()
    size = int.from_bytes(raw[:8], "little")
    types = {"F32": np.float32, "I64": np.int64}
    return {
        name: torch.from_numpy(np.frombuffer(
            raw[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]],
            types[t["dtype"]]).reshape(t["shape"]).copy())
        for name, t in json.loads(raw[8:8 + size]).items() if name != "__metadata__"
    }


def make(args, start, drawing=True):
    model = ZOO[args.network](args.channels)
    if not drawing:
        for module in model.modules():
            if isinstance(module, (torch.nn.Dropout, DropPath)):
                module.p = 0.0
    model.load_state_dict({k: start[k] for k in model.state_dict()})
    model = model.to(memory_format=torch.channels_last).train()
    # As usual, and as ours: no decay of biases and norms.
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}],
        lr=RATE, weight_decay=WEIGHT_DECAY, fused=True)
    return model, optimizer


def steps(model, optimizer, batches, count):
    losses = []
    for i in range(count):
        x, y = batches[i % len(batches)]
        x = x.to(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--network", choices=ZOO)
    ap.add_argument("--start")
    for number in ("channels", "size", "batch", "steps", "threads"):
        ap.add_argument("--" + number, type=int)
    args = ap.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(7)
    start = read_safetensors(args.start)
    batches = [(start[f"pictures.{i}"], start[f"labels.{i}"])
               for i in range(sum(k.startswith("labels.") for k in start))]
    losses = steps(*make(args, start, drawing=False), batches, COMPARED_STEPS)
    model, optimizer = make(args, start)
    steps(model, optimizer, batches, WARM_UP_STEPS)
    begin = time.perf_counter()
    steps(model, optimizer, batches, args.steps)
    seconds = time.perf_counter() - begin
    print(json.dumps({"steps_per_second": args.steps / seconds, "losses": losses}))


if __name__ == "__main__":
    main()
