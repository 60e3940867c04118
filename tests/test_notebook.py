"""In IPython and Jupyter a watch shows its findings in the cell that was run."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

import rnnscope


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a stand-in for IPython is asked to display."""
    displayed: list[dict[str, Any]] = []
    shell, display = ModuleType("IPython"), ModuleType("IPython.display")
    shell.get_ipython = object  # type: ignore[attr-defined]
    display.display = lambda data, raw: displayed.append(data)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return displayed


def read(last: Any) -> None:
    output, _ = nn.LSTM(4, 6, batch_first=True)(torch.randn(3, 5, 4))
    nn.Linear(6, 1)(output[last]).sum().backward()


def test_findings_are_shown_as_text_and_in_colour(shown: list[dict[str, Any]]) -> None:
    with rnnscope.watch():
        read(-1)
    (looks,) = shown
    assert "RNN401" in looks["text/plain"]
    assert looks["text/html"].startswith("<pre style=")
    assert "RNN401" in looks["text/html"]


def test_nothing_found_is_nothing_shown(shown: list[dict[str, Any]]) -> None:
    with rnnscope.watch():
        read((slice(None), -1))
    assert shown == []


def test_nested_watches_show_their_own(shown: list[dict[str, Any]]) -> None:
    with rnnscope.watch() as outer, outer:
        read(-1)
    assert len(shown) == 1


def test_without_ipython_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with rnnscope.watch() as seen:
        read(-1)
    assert [finding.code for finding in seen.findings] == ["RNN401"]
