#!/usr/bin/env python3
"""What PyTorch computes with single layers, values and gradients, as one safetensors file.

    python3 pytorch_layers.py src/test/resources/io/github/bmr4j/models/layer/layers.safetensors

For each layer NAME: its input NAME.x, the weights of each block with the bias behind them NAME.0,
NAME.1, the output NAME.y, the gradient NAME.c that comes back to it, and what it makes of that:
NAME.dx, NAME.d0, NAME.d1. Computed in double. LayersTest compares.
"""

import sys
from pathlib import Path

import torch
from pytorch_networks import save
from torch import nn
from torch.nn import functional

tensors = {}


def write(name, x, function, *blocks):
    """blocks: the parameters of each, which are joined in the file"""
    leaf = x.is_floating_point()
    x = x.detach().clone().requires_grad_(leaf)
    y = function(x)
    c = torch.randn_like(y)
    (y * c).sum().backward()
    tensors.update({f"{name}.x": x.detach(), f"{name}.y": y.detach(), f"{name}.c": c})
    if leaf:
        tensors[f"{name}.dx"] = x.grad
    for i, block in enumerate(blocks):
        tensors[f"{name}.{i}"] = torch.cat([p.detach().flatten() for p in block])
        tensors[f"{name}.d{i}"] = torch.cat([p.grad.flatten() for p in block])


def both(layer):
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 0.3, 0.5)
    return [layer.weight, layer.bias]


def main():
    torch.manual_seed(2)
    torch.set_default_dtype(torch.float64)
    images = torch.randn(3, 4, 9, 7)
    groups = nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2)
    write("grouped_convolution", images, groups, both(groups))
    depthwise = nn.Conv2d(4, 8, 3, 1, 1, groups=4)
    write("depthwise_convolution", images, depthwise, both(depthwise))
    write("average_pooling", images, nn.AvgPool2d(3, 2, 1))
    write("average_pooling_tiles", images, nn.AvgPool2d(2))
    write("max_pooling", images, nn.MaxPool2d(3, 2, 1))
    batch = nn.BatchNorm2d(4)
    write("batch_norm", images, batch, both(batch))
    tensors["batch_norm.running"] = torch.cat([batch.running_mean, batch.running_var])
    tokens = torch.randn(2, 5, 6)
    norm = nn.LayerNorm(6)
    write("layer_norm", tokens, norm, both(norm))
    attention = nn.MultiheadAttention(6, 3, batch_first=True)
    for parameter in attention.parameters():
        nn.init.normal_(parameter, 0, 0.5)
    write(
        "self_attention",
        tokens,
        lambda x: attention(x, x, x, need_weights=False)[0],
        [attention.in_proj_weight, attention.in_proj_bias],
        [attention.out_proj.weight, attention.out_proj.bias],
    )
    embedding = nn.Embedding(7, 5)
    write("embedding", torch.tensor([[3, 0, 6, 3], [1, 1, 5, 2]]), embedding, [embedding.weight])
    dense = nn.Linear(6, 4)
    write("dense", torch.randn(3, 6), dense, both(dense))
    values = 3 * torch.randn(2, 40)
    write("relu", values, torch.relu)
    write("tanh", values, torch.tanh)
    write("swish", values, functional.silu)
    write("gelu", values, functional.gelu)
    write("gelu_tanh", values, lambda x: functional.gelu(x, approximate="tanh"))
    save(Path(sys.argv[1]), tensors)


if __name__ == "__main__":
    main()
