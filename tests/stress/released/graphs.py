"""Graphs, whose nodes are read as sequences."""

# ruff: noqa: N802 (cases are named after the package and the class that they build)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from released.cases import Case, case, floats


def _sets(model: nn.Module) -> Case:
    """Aggregations take the elements of all sets in one tensor, and which set each is of."""

    def call(x: torch.Tensor) -> torch.Tensor:
        index = torch.arange(len(x)).repeat_interleave(x.shape[1])
        return model(x.flatten(0, 1), index, dim_size=len(x))

    return Case(model, (floats(7, 4),), call)


@case
def torch_geometric_Set2Set() -> Case:
    from torch_geometric.nn.aggr import Set2Set

    return _sets(Set2Set(4, 3, num_layers=2))


@case
def torch_geometric_LSTMAggregation() -> Case:
    from torch_geometric.nn.aggr import LSTMAggregation

    return _sets(LSTMAggregation(4, 8))


@case
def torch_geometric_GRUAggregation() -> Case:
    from torch_geometric.nn.aggr import GRUAggregation

    return _sets(GRUAggregation(4, 8))


def _graph(model: nn.Module, call: Callable[..., Any]) -> Case:
    """A ring over the nodes of each graph; the graphs of a batch are one large graph."""

    def run(x: torch.Tensor) -> torch.Tensor:
        nodes = torch.arange(x.shape[0] * x.shape[1]).view(x.shape[:2])
        edges = torch.stack([nodes.flatten(), nodes.roll(1, 1).flatten()])
        graph = torch.arange(len(x)).repeat_interleave(x.shape[1])
        return call(x.flatten(0, 1), edges, graph)

    return Case(model, (floats(5, 8),), run)


@case
def torch_geometric_AttentiveFP() -> Case:
    from torch_geometric.nn.models import AttentiveFP

    model = AttentiveFP(8, 8, 3, 1, num_layers=2, num_timesteps=2)
    return _graph(model, lambda x, e, g: model(x, e, torch.ones(e.shape[1], 1), g))


@case
def torch_geometric_GatedGraphConv() -> Case:
    from torch_geometric.nn import GatedGraphConv

    model = GatedGraphConv(8, 3)
    return _graph(model, lambda x, e, g: model(x, e))


@case
def torch_geometric_JumpingKnowledge() -> Case:
    from torch_geometric.nn.models import GIN

    model = GIN(8, 8, 3, jk="lstm")
    return _graph(model, lambda x, e, g: model(x, e))
