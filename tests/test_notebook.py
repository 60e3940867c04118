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


READ = """
with rnnscope.watch() as seen:
    output, _ = nn.LSTM(4, 6, batch_first=True)(torch.randn(3, 5, 4))
    nn.Linear(6, 1)(output[-1]).sum().backward()"""
# Each cell, and words of the one output that it has.
CELLS = {
    "rnnscope.inspect(nn.LSTM(10, 20))": "✓ measured on cpu",
    'rnnscope.check("GRU(10, 20)", (5, 3, 10), (3, 1, 20))': "[RNN202]",
    'rnnscope.check("GRU(10, 20)", (5, 3, 10))': "(5, 3, 20)",
    'rnnscope.diagnose("hello")': "nothing is known",
    'rnnscope.explain("LSTM(10, 20)", "h_n")': "One row for each sample",
    'rnnscope.verify(nn.GRU, like="GRU(10, 20)")': "same function",
    READ: "error[RNN401]",
    "seen": "error[RNN401]",
    "print(seen)": "error[RNN401]",
    "print(rnnscope.inspect(nn.LSTM(10, 20)))": "✓ measured on cpu",
    "print(rnnscope.inspect(nn.LSTM(10, 20)).to_text('html')[:15])": "<!DOCTYPE html>",
    "str(rnnscope.inspect('GRU(2, 3)')) != ''": "True",
}


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The cells above, run by Jupyter."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat").v4
    pytest.importorskip("ipykernel")
    start = "import rnnscope, torch\nfrom torch import nn"
    sources = [start, *CELLS]
    book = nbformat.new_notebook(cells=[nbformat.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(book, kernel_name="python3", timeout=300).execute()
    return list(book.cells[1:])


@pytest.mark.filterwarnings("ignore")
def test_in_jupyter_everything_is_shown_once(cells: list[Any]) -> None:
    for cell, words in zip(cells, CELLS.values(), strict=True):
        assert len(cell.outputs) == 1, cell.source
        (output,) = cell.outputs
        shown = output.text if output.output_type == "stream" else output.data["text/plain"]
        assert words in shown, cell.source
        assert shown.count(words) == 1 or words == "(5, 3, 20)", cell.source


@pytest.mark.filterwarnings("ignore")
def test_in_jupyter_a_report_is_coloured_in_a_font_of_one_width(cells: list[Any]) -> None:
    html = cells[0].outputs[0].data["text/html"]
    assert html.startswith("<pre style=")
    assert "monospace" in html
    assert "✓ measured on cpu" in html
