#!/usr/bin/env python3
"""Networks with random weights and what PyTorch computes with them, as safetensors files.

Writes FOLDER/NAME.safetensors with the weights under the names of timm (and, for NAME-hf, those of
Hugging Face's transformers), an input `x` and the logits `y`. PretrainedWeightsTest compares. The
small ones lie in src/test/resources; the full ones are written where PyTorch is installed:

    python3 pytorch_networks.py small src/test/resources/io/github/bmr4j/models/network
    python3 pytorch_networks.py full /somewhere
    ./mvnw -pl models/core -am test -Dtest=PretrainedWeightsTest -Dbmr4j.pytorch=/somewhere
"""

import json
import re
import struct
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional


def convolution(inputs, outputs, size, stride=1):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, width, outputs, stride, bottleneck):
        super().__init__()
        sizes = [(1, 1), (3, stride), (1, 1)] if bottleneck else [(3, stride), (3, 1)]
        self.count = len(sizes)
        channels = [inputs] + [width] * (self.count - 1) + [outputs]
        for i, (size, step) in enumerate(sizes, 1):
            setattr(self, f"conv{i}", convolution(channels[i - 1], channels[i], size, step))
            setattr(self, f"bn{i}", nn.BatchNorm2d(channels[i]))
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = torch.relu(y) if i < self.count else y
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, blocks, bottleneck, width, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage, count in enumerate(blocks):
            layers = []
            for i in range(count):
                inner = width << stage
                out = 4 * inner if bottleneck else inner
                layers.append(Block(inputs, inner, out, 2 if stage and not i else 1, bottleneck))
                inputs = out
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(inputs, outputs)

    def forward(self, x):
        y = functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            y = getattr(self, f"layer{stage}")(y)
        return self.fc(y.mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        n, tokens, width = x.shape
        size = width // self.heads
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, size).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-2, -1) / size**0.5, -1)
        return self.proj((weights @ v).transpose(1, 2).reshape(n, tokens, width))


class Perceptron(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class Encoder(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, 1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, 1e-6)
        self.mlp = Perceptron(width, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Patches(nn.Module):
    def __init__(self, patch, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, width, depth, heads, hidden, outputs):
        super().__init__()
        self.patch_embed = Patches(patch, width)
        self.cls_token = nn.Parameter(torch.empty(1, 1, width))
        self.pos_embed = nn.Parameter(torch.empty(1, (size // patch) ** 2 + 1, width))
        self.blocks = nn.Sequential(*[Encoder(width, heads, hidden) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, 1e-6)
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        tokens = self.patch_embed(x)
        tokens = torch.cat((self.cls_token.expand(len(x), -1, -1), tokens), 1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])


def randomize(network):
    """Weights of a size that keeps activations near 1, and statistics that are not 0 and 1."""
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.dim() < 2:
            centre = 1.0 if re.search(r"(bn\d|norm\d?|downsample\.1)\.weight$", name) else 0.0
            value.normal_(centre, 0.1)
        else:
            value.normal_(0, value[0].numel() ** -0.5)


def hugging_face(tensors):
    """The same tensors with the names of Hugging Face's transformers; queries, keys, values apart."""
    inside = {
        "norm1": "layernorm_before",
        "norm2": "layernorm_after",
        "attn.proj": "attention.output.dense",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
    }
    outside = {
        "cls_token": "vit.embeddings.cls_token",
        "pos_embed": "vit.embeddings.position_embeddings",
        "patch_embed.proj": "vit.embeddings.patch_embeddings.projection",
        "norm": "vit.layernorm",
        "head": "classifier",
        "conv1": "resnet.embedder.embedder.convolution",
        "bn1": "resnet.embedder.embedder.normalization",
        "fc": "classifier.1",
    }
    renamed = {}
    for name, value in tensors.items():
        base, _, kind = name.rpartition(".")
        block = re.match(r"blocks\.(\d+)\.(.*)", base)
        residual = re.match(r"layer(\d)\.(\d)\.(conv|bn|downsample\.)(\d)", base)
        if block:
            layer = f"vit.encoder.layer.{block[1]}."
            if block[2] == "attn.qkv":
                for part, rows in zip(("query", "key", "value"), value.chunk(3)):
                    renamed[f"{layer}attention.attention.{part}.{kind}"] = rows
            else:
                renamed[f"{layer}{inside[block[2]]}.{kind}"] = value
        elif residual:
            number = int(residual[4])
            shortcut = residual[3] == "downsample."
            is_convolution = number == 0 if shortcut else residual[3] == "conv"
            place = "shortcut" if shortcut else f"layer.{number - 1}"
            what = "convolution" if is_convolution else "normalization"
            stage = f"resnet.encoder.stages.{int(residual[1]) - 1}.layers.{residual[2]}"
            renamed[f"{stage}.{place}.{what}.{kind}"] = value
        elif name in outside:
            renamed[outside[name]] = value
        else:
            renamed[f"{outside[base]}.{kind}" if base in outside else name] = value
    return renamed


def save(path, tensors):
    header, offset = {}, 0
    for name, value in tensors.items():
        size = 4 * value.numel()
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            file.write(value.contiguous().numpy().astype("<f4").tobytes())
    print(path, offset, "bytes")


def write(folder, name, network, size):
    network.eval()
    with torch.no_grad():
        randomize(network)
        x = torch.randn(2, 3, size, size)
        y = network(x)
        tensors = {
            key: value
            for key, value in network.state_dict().items()
            if not key.endswith("num_batches_tracked")
        }
        ends = {"x": x, "y": y}
        save(folder / f"{name}.safetensors", tensors | ends)
        save(folder / f"{name}-hf.safetensors", hugging_face(tensors) | ends)


def main():
    torch.manual_seed(1)
    folder = Path(sys.argv[2])
    if sys.argv[1] == "full":
        write(folder, "resnet18", ResNet([2, 2, 2, 2], False, 64, 1000), 224)
        write(folder, "resnet50", ResNet([3, 4, 6, 3], True, 64, 1000), 224)
        write(folder, "vit", VisionTransformer(224, 16, 768, 12, 12, 3072, 1000), 224)
    else:
        write(folder, "resnet18", ResNet([2, 2, 2, 2], False, 2, 7), 32)
        write(folder, "resnet50", ResNet([1, 2, 1, 1], True, 2, 7), 32)
        write(folder, "vit", VisionTransformer(16, 8, 12, 2, 3, 16, 7), 16)


if __name__ == "__main__":
    main()
