"""RNN602: the attribute that is reset between sequences is not the one the model reads."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.axis_evidence import at
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.experiment_results import CarriedState


@rule("RNN602", "reset-without-effect", Severity.WARNING, CarriedState)
def reset_without_effect(state: CarriedState) -> Iterator[Problem]:
    """An attribute is set between sequences that nobody reads, while the states live on elsewhere.

    What it does
    ------------
    Where a layer starts again and again from the states that it left, looks for an assignment to
    another attribute of the same model that nothing in the file ever reads.

    Why is this bad?
    ----------------
    The reset does nothing: every sequence starts from the end of the one before.

    Example
    -------
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6)
                self.state = torch.zeros(1, 1, 6)
            def forward(self, x):
                _, state = self.gru(x, self.state)
                self.state = state.detach()
                return state[-1]
        model = Model()
        for song in torch.randn(6, 5, 1, 4):
            model.hidden = torch.zeros(1, 1, 6)  # RNN602
            model(song).sum().backward()

    Use instead
    -----------
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(4, 6)
                self.state = torch.zeros(1, 1, 6)
            def forward(self, x):
                _, state = self.gru(x, self.state)
                self.state = state.detach()
                return state[-1]
        model = Model()
        for song in torch.randn(6, 5, 1, 4):
            model.state = torch.zeros(1, 1, 6)
            model(song).sum().backward()
    """
    dropped = state.reset.endswith("()")
    what = (
        f"{state.reset} returns fresh states, and nobody takes them."
        if dropped
        else f"setting .{state.reset} has no effect: nothing reads it."
    )
    yield Problem(
        f"{what} The model keeps its states in .{state.kept}, and started from those of the call "
        f"before in {state.times} of {state.calls} calls.",
        fix=f"assign the result to .{state.kept}"
        if dropped
        else f"set .{state.kept} instead of .{state.reset}",
        location=state.reset_at,
        related=at(state.location, f"the {state.kind} starts from .{state.kept} here"),
    )
