"""RNN228: indices that an Embedding does not take."""

from __future__ import annotations

from collections.abc import Iterator

from rnnscope.findings import Severity
from rnnscope.rules.registry import Problem, rule
from rnnscope.subjects import Reading


@rule("RNN228", "embedding-indices", Severity.ERROR, Reading)
def embedding_indices(reading: Reading) -> Iterator[Problem]:
    """An Embedding takes whole numbers below num_embeddings.

    What it does
    ------------
    Explains the messages of nn.Embedding in front of a recurrent layer.

    Why is this bad?
    ----------------
    Indices go from 0 to num_embeddings - 1, so the vocabulary needs a place for padding and for
    unknown words. Targets and other numbers are float, indices are int64. On CUDA an index out of
    range shows up later, as a failure of cuDNN.

    Example
    -------
    embedding = nn.Embedding(5, 3)
    x = embedding(torch.tensor([[1, 5]]))  # RNN228

    Use instead
    -----------
    embedding = nn.Embedding(6, 3)
    x = embedding(torch.tensor([[1, 5]]))
    """
    if "indices" in reading.failure.text:
        yield Problem(
            "nn.Embedding takes integer indices, got another dtype: float data goes into the "
            "recurrent layer without an Embedding.",
            "x = embedding(x.long())",
        )
    else:
        yield Problem(
            "an index is not below num_embeddings: count the padding and the unknown word, too.",
            "embedding = nn.Embedding(largest_index + 1, dim)",
        )
