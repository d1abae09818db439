"""What the peers of the suite `serving` answer with: the networks of bench/serving_models.cpp as a
PyTorch user loads them, and their preprocessing. PEER_WEIGHTS names the file, PEER_THREADS how many
threads one inference takes."""
import io
import os

import numpy as np
import torch
import torch.nn as nn
from PIL import Image

from networks import ZOO
from train_step import read_safetensors

MEAN, DEVIATION = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
LABELS = [f"class{i}" for i in range(10)]

torch.set_num_threads(int(os.environ.get("PEER_THREADS", "1")))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(16, 64)
        self.output = nn.Linear(64, 3)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


def load(model):
    model.load_state_dict(read_safetensors(os.environ["PEER_WEIGHTS"]))
    return model.eval()


def load_mlp():
    return load(Mlp())


def load_photo():
    # As in features.py: the layout in which PyTorch's CPU kernels are fastest.
    return load(ZOO["efficientnet_lite0"](3, classes=10)).to(memory_format=torch.channels_last)


def pixels(jpeg):
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    rows = np.asarray(picture.resize((224, 224), Image.Resampling.BILINEAR), np.float32) / 255
    return torch.from_numpy((rows - MEAN) / DEVIATION).permute(2, 0, 1)


def classes(model, pictures):
    """One answer a picture, in the form of Keelrow's."""
    batch = torch.stack(pictures).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        rows = model(batch).softmax(1)
    return [{"label": LABELS[row.argmax()], "probabilities": dict(zip(LABELS, row.tolist()))}
            for row in rows]
