"""RNN144: sizes that torch.export fixes to those of the example."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN144", "exported-sizes", Severity.WARNING, Reading)
def exported_sizes(reading: Reading) -> Iterator[Problem]:
    """An exported program keeps the sizes of its example unless they are made dynamic.

    What it does
    ------------
    Explains the failures of torch.export, and of the program that it makes, for recurrent layers.

    Why is this bad?
    ----------------
    The time axis of a recurrent layer is unrolled at export, so it cannot be dynamic; a batch
    size is fixed too when h_0 is built with a number. Packing needs values of lengths, which
    export does not have.

    Example
    -------
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(10, 20)

        def forward(self, x):
            return self.lstm(x)[0]

    exported = torch.export.export(Model(), (torch.randn(5, 3, 10),)).module()  # RNN152
    output = exported(torch.randn(5, 4, 10))  # RNN144

    Use instead
    -----------
    lstm = nn.LSTM(10, 20)
    output, _ = lstm(torch.randn(5, 4, 10))
    """
    yield Problem(
        "torch.export fixes sizes to those of the example: the time axis of a recurrent layer "
        "always, the batch when h_0 is built with a number; packing cannot be exported.",
        "mark only the batch as dynamic, build h_0 from input.size(), and pad instead of packing",
    )
