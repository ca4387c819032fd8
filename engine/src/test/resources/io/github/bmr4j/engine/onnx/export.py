"""Writes the models and expected outputs of OnnxPredictionTest; seen with PyTorch 2.13 and onnx 1.23.

Run in this folder: python export.py
"""
import warnings

import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
torch.manual_seed(0)


class Rows(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), -1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + torch.sigmoid(self.linear(x)).mean(dim=1, keepdim=True)


class Operators(nn.Module):
    """What the others have not."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(4)
        self.norm.running_mean = torch.randn(4)
        self.norm.running_var = torch.rand(4) + 0.5
        self.conv = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, bias=False)
        self.token = nn.Parameter(torch.randn(1, 1, 6))

    def forward(self, x):
        y = self.conv(F.pad(F.relu(self.norm(x)), (1, 2, 0, 1)))
        y = F.max_pool2d(y, 3, 2, 1) - 0.5 * F.avg_pool2d(y, 3, 2, 1)
        y = F.silu(y) + F.gelu(y, approximate="tanh") / 3 + torch.log(1 + torch.exp(y)) * torch.erf(y) ** 2
        tokens = y.flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(tokens.size(0), -1, -1), tokens[:, 1::2]], dim=1)
        scores = F.log_softmax(tokens, dim=1) + torch.sin(tokens[:, :1]) * torch.cos(tokens)
        squares = tokens @ tokens.transpose(1, 2)
        pooled = F.adaptive_avg_pool2d(y, 1).squeeze(-1).squeeze(-1)
        return torch.cat(
            [scores.flatten(1), torch.sqrt(torch.exp(pooled)), squares.mean(dim=(1, 2)).unsqueeze(1)],
            dim=1)


models = {
    "perceptron": (
        nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5), nn.GELU(), nn.Linear(5, 3), nn.LogSoftmax(dim=1)),
        (6,)),
    "lenet": (
        nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4),
            nn.ReLU(), nn.MaxPool2d(2), Rows(), nn.Linear(4, 3), nn.Dropout(0.5), nn.Softmax(dim=1)),
        (1, 8, 8)),
    "attention": (nn.Sequential(Block(), nn.Flatten(), nn.Linear(40, 3)), (5, 8)),
    "operators": (Operators(), (4, 9, 7)),
}
for name, (network, shape) in models.items():
    network.eval()
    x = torch.randn(4, *shape)
    with open(name + ".txt", "w") as text:
        for values in (x, network(x).detach()):
            text.write(" ".join(f"{v:.9g}" for v in values.flatten().tolist()) + "\n")
    torch.onnx.export(
        network, (x,), name + "-script.onnx", input_names=["x"], output_names=["y"], dynamo=False,
        dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    torch.onnx.export(
        network, (x,), name + "-program.onnx", input_names=["x"], output_names=["y"], dynamo=True,
        dynamic_shapes=({0: torch.export.Dim("batch")},), external_data=False)
    # Much of a program's file is where its lines came from.
    import onnx
    program = onnx.load(name + "-program.onnx")
    for node in program.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    program.graph.ClearField("value_info")
    onnx.save(program, name + "-program.onnx")
    print(name, [node.op_type for node in program.graph.node])
