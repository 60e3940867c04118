"""RNN607: a trained model is asked for answers in training mode."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects.facts import EvaluatedInTraining


@rule("RNN607", "evaluated-in-training-mode", Severity.WARNING, EvaluatedInTraining)
def evaluated_in_training_mode(fact: EvaluatedInTraining) -> Iterator[Problem]:
    """A model is trained, and then asked without gradients while it is in training mode.

    What it does
    ------------
    Looks for calls under `torch.no_grad()`, after training steps, in which dropout or batch norm
    are still on, and whose answers no loss is made of. A model that is asked several times with
    the same input draws samples on purpose, and is left alone.

    Why is this bad?
    ----------------
    Dropout makes the answers random and worse than they are, and batch norm takes its statistics
    from the batch that is evaluated, and remembers them.

    Example
    -------
        gru, drop, head = nn.GRU(4, 6), nn.Dropout(0.5), nn.Linear(6, 2)
        model = nn.ModuleList([gru, drop, head]).train()
        x, y = torch.randn(5, 3, 4), torch.tensor([0, 1, 1])
        for _ in range(2):
            F.cross_entropy(head(drop(gru(x)[1][-1])), y).backward()
        with torch.no_grad():
            answers = head(drop(gru(x)[1][-1])).argmax(-1)  # RNN607

    Use instead
    -----------
        gru, drop, head = nn.GRU(4, 6), nn.Dropout(0.5), nn.Linear(6, 2)
        model = nn.ModuleList([gru, drop, head]).train()
        x, y = torch.randn(5, 3, 4), torch.tensor([0, 1, 1])
        for _ in range(2):
            F.cross_entropy(head(drop(gru(x)[1][-1])), y).backward()
        model.eval()
        with torch.no_grad():
            answers = head(drop(gru(x)[1][-1])).argmax(-1)
    """
    yield Problem(
        f"the model was trained, and is asked here without gradients while its {fact.what} is "
        "still on: it is in training mode",
        "model.eval()  # before, and model.train() when training goes on",
        fact.location,
    )
