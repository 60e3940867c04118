"""RNN190: a recurrent layer that its model does not know, and that no optimizer updates."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import UntrainedLayer


@rule("RNN190", "untrained-layer", Severity.ERROR, UntrainedLayer)
def untrained_layer(layer: UntrainedLayer) -> Iterator[Problem]:
    """A recurrent layer gets gradients but is never updated: its model does not know it.

    What it does
    ------------
    Compares the layers that run inside of a model with ``model.modules()`` and with the parameters
    of every optimizer that steps.

    Why is this bad?
    ----------------
    A layer in a plain list, dict or local variable is no part of the model: ``parameters()``,
    ``state_dict()`` and ``to()`` leave it out, and it keeps its random weights for ever.

    Example
    -------
        class Stack(nn.Module):
            def __init__(self):
                super().__init__()
                self.cells = [nn.GRUCell(4, 4) for _ in range(2)]  # RNN190
                self.out = nn.Linear(4, 1)
            def forward(self, x):
                states = [torch.zeros(len(x), 4) for _ in self.cells]
                for x_t in x.unbind(1):
                    for k, cell in enumerate(self.cells):
                        x_t = states[k] = cell(x_t, states[k])
                return self.out(x_t)
        model = Stack()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in torch.randn(3, 2, 5, 4):
            optimizer.zero_grad()
            model(x).pow(2).mean().backward()
            optimizer.step()

    Use instead
    -----------
        class Stack(nn.Module):
            def __init__(self):
                super().__init__()
                self.cells = nn.ModuleList(nn.GRUCell(4, 4) for _ in range(2))
                self.out = nn.Linear(4, 1)
            def forward(self, x):
                states = [torch.zeros(len(x), 4) for _ in self.cells]
                for x_t in x.unbind(1):
                    for k, cell in enumerate(self.cells):
                        x_t = states[k] = cell(x_t, states[k])
                return self.out(x_t)
        model = Stack()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x in torch.randn(3, 2, 5, 4):
            optimizer.zero_grad()
            model(x).pow(2).mean().backward()
            optimizer.step()
    """
    if layer.built_in_forward:
        yield Problem(
            f"this {layer.kind} is built anew in every call, {layer.steps} times by now: it starts "
            "from new random weights each time, and no optimizer ever has them.",
            fix="build it once, in __init__, as an attribute of the model",
            location=layer.location,
        )
        return
    yield Problem(
        f"this {layer.kind} is never trained: it gets gradients, but it is not among its model's "
        "modules (a plain list or dict hides it), and no optimizer has its weights.",
        fix="keep it in nn.ModuleList or nn.ModuleDict, or assign it to an attribute of the model",
        location=layer.location,
        related=at(layer.called_at, "it runs here"),
    )
