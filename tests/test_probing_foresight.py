"""A next-step predictor that reads later steps: which operation is told of, and by what proof."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from rnnscope.watching import watch


class Reader(nn.Module):
    """Attention over all states, those of later steps included."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.gru = nn.Embedding(20, 6), nn.GRU(6, 6, batch_first=True)
        self.out = nn.Linear(12, 20)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        states, _ = self.gru(self.embed(tokens) * 2)
        scores = torch.bmm(states, states.transpose(1, 2))
        context = torch.bmm(scores.softmax(-1), states)  # here later steps come in
        answers: torch.Tensor = self.out(torch.cat([states, context], dim=-1))
        return answers


def test_the_operation_that_carries_later_steps_to_earlier_ones_is_named() -> None:
    torch.manual_seed(0)
    tokens, model = torch.randint(0, 20, (4, 9)), Reader()
    with watch() as seen:
        F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten()).backward()
    (found,) = [finding for finding in seen.findings if finding.severity.counts]
    assert found.code == "RNN715"
    assert found.location is not None
    first = Reader.forward.__code__.co_firstlineno
    assert found.location.line in (first + 2, first + 3)  # the product with all states
    assert "changing the input from step 4 on moved the answer of step " in found.message


def test_without_next_inputs_as_targets_nothing_is_tried() -> None:
    torch.manual_seed(0)
    tokens, model = torch.randint(0, 20, (4, 9)), Reader()
    with watch() as seen:
        F.cross_entropy(model(tokens).flatten(0, 1), torch.randint(0, 20, (36,))).backward()
    assert [finding for finding in seen.findings if finding.severity.counts] == []
