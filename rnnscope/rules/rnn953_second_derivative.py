"""RNN953: a second derivative through cuDNN."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN953", "second-derivative", Severity.ERROR, Reading)
def second_derivative(reading: Reading) -> Iterator[Problem]:
    """cuDNN has no second derivative of a recurrent layer.

    What it does
    ------------
    Explains cuDNN's refusal of a double backward.

    Why is this bad?
    ----------------
    A gradient penalty differentiates a gradient. Without cuDNN the layer can do it, more slowly.

    Example
    -------
    lstm = nn.LSTM(10, 20, device="cuda")  # needs CUDA
    x = torch.randn(5, 3, 10, device="cuda", requires_grad=True)
    (gradient,) = torch.autograd.grad(lstm(x)[0].sum(), x, create_graph=True)
    gradient.sum().backward()  # RNN953

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    x = torch.randn(5, 3, 10, requires_grad=True)
    with torch.backends.cudnn.flags(enabled=False):
        output, _ = lstm(x)
    (gradient,) = torch.autograd.grad(output.sum(), x, create_graph=True)
    gradient.sum().backward()
    """
    yield Problem(
        "cuDNN cannot differentiate a recurrent layer twice, as a gradient penalty does.",
        "with torch.backends.cudnn.flags(enabled=False): output, _ = lstm(input)",
    )
