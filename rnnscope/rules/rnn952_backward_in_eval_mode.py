"""RNN952: backward through cuDNN in evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN952", "backward-in-eval-mode", Severity.ERROR, Reading)
def backward_in_eval_mode(reading: Reading) -> Iterator[Problem]:
    """cuDNN keeps what backward needs in training mode only.

    What it does
    ------------
    Explains cuDNN's refusal of a backward after eval().

    Why is this bad?
    ----------------
    Attacks, saliency maps and fine-tuning call eval() and then backward. The CPU does it, cuDNN
    does not. The layer alone can stay in training mode with its dropout at 0.

    Example
    -------
    lstm = nn.LSTM(10, 20, device="cuda").eval()  # needs CUDA
    output, _ = lstm(torch.randn(5, 3, 10, device="cuda"))
    output.sum().backward()  # RNN952

    Use instead
    -----------
    lstm = nn.LSTM(10, 20).train()
    output, _ = lstm(torch.randn(5, 3, 10))
    output.sum().backward()
    """
    yield Problem(
        "the model is in evaluation mode, and cuDNN keeps what backward needs in training mode "
        "only.",
        "model.eval(); model.lstm.train()  # or torch.backends.cudnn.flags(enabled=False)",
    )
