"""The networks of src/nets as a PyTorch user writes them; parameters have the same names."""
from functools import partial

import torch.nn as nn
import torch.nn.functional as F


class SmallCnn(nn.Module):
    """src/nets/small_cnn.cpp for 28x28 pictures."""

    def __init__(self, channels=1, classes=10, dropout=0.2):
        super().__init__()
        widths = (channels, 16, 32, 64)
        self.features = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b))
            for a, b in zip(widths, widths[1:]))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(64 * 7 * 7, classes)

    def forward(self, x):
        for i, (conv, norm) in enumerate(self.features):
            x = conv(x)
            if i < 2:
                x = F.max_pool2d(x, 2)
            x = F.relu(norm(x), inplace=True)
        return self.classifier(self.dropout(x.flatten(1)))


class BasicBlock(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or before != channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class Bottleneck(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        after = 4 * channels
        self.conv1 = nn.Conv2d(before, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or before != after:
            self.downsample = nn.Sequential(
                nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    """As torchvision's, which has no build beside the CPU wheel of torch."""

    def __init__(self, block, blocks, channels=3, classes=10, dropout=0.0):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        before = 64
        for stage, count in enumerate(blocks):
            width, layer = 64 << stage, []
            for i in range(count):
                layer.append(block(before, width, 2 if stage > 0 and i == 0 else 1))
                before = width * (4 if block is Bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.dropout(self.avgpool(x).flatten(1)))


class SameConv2d(nn.Conv2d):
    """TensorFlow's padding: as much as the stride needs, the odd pixel after."""

    def forward(self, x):
        pads = [max(0, (-(-n // s) - 1) * s + k - n)
                for n, k, s in zip(x.shape[-2:], self.kernel_size, self.stride)]
        (top, left) = (p // 2 for p in pads)
        x = F.pad(x, (left, pads[1] - left, top, pads[0] - top))
        return super().forward(x)


def conv(before, after, kernel, stride=1, groups=1):
    if stride == 1:
        return nn.Conv2d(before, after, kernel, padding=kernel // 2, groups=groups, bias=False)
    return SameConv2d(before, after, kernel, stride, groups=groups, bias=False)


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class DropPath(nn.Module):
    """Stochastic depth: an example's branch stays with the probability 1 - p."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        return x * x.new_empty(len(x), 1, 1, 1).bernoulli_(1 - self.p).div_(1 - self.p)


class DepthwiseSeparable(nn.Module):
    def __init__(self, before, after, kernel, stride):
        super().__init__()
        self.conv_dw, self.bn1 = conv(before, before, kernel, stride, before), norm(before)
        self.conv_pw, self.bn2 = conv(before, after, 1), norm(after)

    def forward(self, x):
        x = F.relu6(self.bn1(self.conv_dw(x)), inplace=True)
        return self.bn2(self.conv_pw(x))


class InvertedResidual(nn.Module):
    def __init__(self, before, after, kernel, stride, drop):
        super().__init__()
        hidden = 6 * before
        self.conv_pw, self.bn1 = conv(before, hidden, 1), norm(hidden)
        self.conv_dw, self.bn2 = conv(hidden, hidden, kernel, stride, hidden), norm(hidden)
        self.conv_pwl, self.bn3 = conv(hidden, after, 1), norm(after)
        self.drop = DropPath(drop) if stride == 1 and before == after else None

    def forward(self, x):
        y = F.relu6(self.bn1(self.conv_pw(x)), inplace=True)
        y = F.relu6(self.bn2(self.conv_dw(y)), inplace=True)
        y = self.bn3(self.conv_pwl(y))
        return y if self.drop is None else self.drop(y) + x


class EfficientNetLite0(nn.Module):
    """As timm's tf_efficientnet_lite0."""

    STAGES = ((24, 3, 2, 2), (40, 5, 2, 2), (80, 3, 2, 3), (112, 5, 1, 3), (192, 5, 2, 4),
              (320, 3, 1, 1))  # channels, kernel, stride, blocks
    BLOCKS = 16

    def __init__(self, channels=3, classes=10, dropout=0.2, stochastic_depth=0.2):
        super().__init__()
        self.conv_stem, self.bn1 = conv(channels, 32, 3, 2), norm(32)
        stages, before, index = [nn.Sequential(DepthwiseSeparable(32, 16, 3, 1))], 16, 1
        for after, kernel, stride, count in self.STAGES:
            stage = []
            for i in range(count):
                drop = stochastic_depth * index / self.BLOCKS
                stage.append(InvertedResidual(before, after, kernel, 1 if i else stride, drop))
                before, index = after, index + 1
            stages.append(nn.Sequential(*stage))
        self.blocks = nn.Sequential(*stages)
        self.conv_head, self.bn2 = conv(before, 1280, 1), norm(1280)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(1280, classes)

    def forward(self, x):
        x = F.relu6(self.bn1(self.conv_stem(x)), inplace=True)
        x = F.relu6(self.bn2(self.conv_head(self.blocks(x))), inplace=True)
        return self.classifier(self.dropout(F.adaptive_avg_pool2d(x, 1).flatten(1)))


ZOO = {
    "small_cnn": SmallCnn,
    "resnet18": partial(ResNet, BasicBlock, (2, 2, 2, 2)),
    "resnet50": partial(ResNet, Bottleneck, (3, 4, 6, 3)),
    "efficientnet_lite0": EfficientNetLite0,
}
