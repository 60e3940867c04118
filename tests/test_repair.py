"""Repairs as edits: applied, shown, written, and what is left alone."""

from __future__ import annotations

import linecache
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnscope.findings import Edit, Finding, Location, Severity
from rnnscope.repair import completed, files
from rnnscope.repair.code import Code, code_of
from rnnscope.repair.edits import applied, changed_lines, unified
from rnnscope.repair.trying import Ending, tried
from rnnscope.spans import tree_of

SCRIPT = """import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, batch_first=True)
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        # größer
        _, (h_n, _) = self.lstm(x)
        return self.out(h_n[0])

torch.manual_seed(0)
net, x, y = Net(), torch.randn(8, 5, 3), torch.randn(8, 1)
for _ in range(2):
    nn.functional.mse_loss(net(x), y).backward()
print("done")
"""


def edit(line: int, column: int, end: int, text: str, file: str = "a.py") -> Edit:
    return Edit(file, line, column, line, end, text)


def test_edits_are_about_the_text_before_any_of_them() -> None:
    edits = [edit(1, 1, 2, "xyz"), edit(1, 5, 6, ""), edit(2, 1, 1, "new\n")]
    assert applied("a = b\nc\n", edits) == "xyz = \nnew\nc\n"


def test_the_file_keeps_its_line_ends() -> None:
    assert applied("a\r\nb\r\n", [edit(1, 2, 2, "\nc")]) == "a\r\nc\r\nb\r\n"


def test_two_edits_of_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="same characters"):
        applied("abcdef", [edit(1, 1, 4, "x"), edit(1, 3, 6, "y")])


def test_changed_lines_show_old_and_new_without_their_indentation() -> None:
    text = "def f():\n    a = 1\n    b = 2\n    c = 3\n"
    edits = [edit(2, 9, 10, "5"), edit(4, 9, 10, "7")]
    assert changed_lines(text, edits) == "- a = 1\n+ a = 5\n- c = 3\n+ c = 7"
    assert changed_lines(text, [edit(1, 1, 1, "x = 1\n\n\n")]) == "+ x = 1\n+\n+"


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_git_takes_the_diff(end: str, tmp_path: Path) -> None:
    old = f"a = 1\nb = 2{end}" if end != "\r\n" else "a = 1\r\nb = 2\r\n"
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.py").write_bytes(old.encode())
    diff = unified("a.py", old, [edit(2, 5, 6, "3")])
    command = ["git", "apply", "--unsafe-paths", "-"]
    subprocess.run(command, cwd=inner, input=diff.encode(), check=True)
    assert (inner / "a.py").read_bytes().decode() == old.replace("2", "3")


def test_encoding_permissions_and_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "old.py"
    path.write_bytes("# -*- coding: latin-1 -*-\r\na = 'ü'\r\n".encode("latin-1"))
    path.chmod(0o755)
    assert files.write([edit(2, 1, 2, "b", str(path))], [tmp_path], time.time() + 60) == []
    assert path.read_bytes() == "# -*- coding: latin-1 -*-\r\nb = 'ü'\r\n".encode("latin-1")
    assert path.stat().st_mode & 0o777 == 0o755
    assert [each.name for each in tmp_path.iterdir()] == ["old.py"]


@pytest.mark.parametrize(
    ("folder", "since", "reason"),
    [
        ("project", 0.0, "it was changed since the run began"),
        ("elsewhere", 9e9, "it lies outside of the script's folder and of the current one"),
        ("project/site-packages/x", 9e9, "it is no file of yours"),
    ],
)
def test_a_file_is_left_alone_and_named(
    folder: str, since: float, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / folder / "net.py"
    path.parent.mkdir(parents=True)
    path.write_text("a = 1\n")
    told = files.write([edit(1, 1, 2, "b", str(path))], [tmp_path / "project"], since)
    assert told == [f"{path} is left as it is: {reason}."]
    assert path.read_text() == "a = 1\n"


def code(text: str, folder: Path) -> Code:
    path = folder / "net.py"
    path.write_text(text, encoding="utf-8")
    tree_of.cache_clear()
    code_of.cache_clear()
    found = code_of(str(path))
    assert found is not None
    return found


def test_origins_go_through_names_attributes_calls_and_parameters(tmp_path: Path) -> None:
    net = code(
        "class Net:\n"
        "    def __init__(self, size=3):\n"
        "        self.size = size\n"
        "    def zeros(self, n):\n"
        "        shape = (n, self.size)\n"
        "        return shape\n"
        "net = Net(7)\n"
        "state = net.zeros(2)\n"
        "use(state)\n",
        tmp_path,
    )
    [call] = net.calls_at(9, "use")
    assert [net.text(each) for each in net.origins(call.args[0])][:4] == [
        "state",
        "net.zeros(2)",
        "shape",
        "(n, self.size)",
    ]
    [function] = net.functions("__init__")
    [target] = [v for t, v in net.assigned(function)]
    assert [net.text(each) for each in net.origins(target)] == ["size", "7", "3"]


def test_a_name_that_is_made_of_itself_ends(tmp_path: Path) -> None:
    net = code("x = f(x)\nx = g(x)\nx = x.detach()\nuse(x)\n", tmp_path)
    [call] = net.calls_at(4, "use")
    assert len(list(net.origins(call.args[0]))) < 20
    assert len(list(net.ancestors(call.args[0]))) < 40


def test_a_file_of_any_shape_costs_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text("f(*a)[0](**b)\n")
    for known in ("RNN401", "RNN203", "RNN301", "RNN999"):
        one = Finding(known, "name", Severity.ERROR, "m", "f[1]", Location(str(path), 1))
        assert [each.code for each in completed([one])] == [known]


@pytest.mark.parametrize(
    ("after", "cured"),
    [
        (Ending((), None, 0), True),
        (Ending((("RNN301", 5, ()),), None, 0), True),
        (Ending((("RNN401", 7, ()),), None, 0), False),
        (Ending((("RNN455", 9, ()),), None, 0), False),
        (Ending((), "RuntimeError", 1), False),
        (Ending((), None, 3), False),
    ],
)
def test_what_counts_as_a_cure(after: Ending, cured: bool) -> None:
    former = Ending((("RNN401", 3, ()), ("RNN301", 5, ())), None, 0)
    assert after.cures("RNN401", former) is cured


def test_edits_of_what_edits_made_are_edits_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a = 1\r\nb = 2\r\nc = 3\r\n")
    first, second = edit(1, 5, 6, "10", str(path)), edit(3, 5, 6, "30", str(path))
    both = files.composed([first], [second, edit(1, 6, 7, "1", str(path))])
    text, _ = files.read(path)
    assert applied(text, both) == "a = 11\r\nb = 2\r\nc = 30\r\n"


class Canned:
    """A trial that ends as is written for the texts of its edits."""

    def __init__(self, endings: dict[str, Ending]) -> None:
        self.endings, self.asked = endings, list[str]()

    def run(self, edits: tuple[Edit, ...]) -> Ending | None:
        self.asked.append(" ".join(each.replacement.strip() for each in edits))
        return next((end for text, end in self.endings.items() if text in self.asked[-1]), None)


RNN390 = Finding("RNN390", "samples-mix", Severity.ERROR, "m", location=Location("a.py", 2))


@pytest.fixture
def softmax(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import torch\na = torch.softmax(s, dim=0)\nb = s.view(2)\n")
    for cached in (linecache.clearcache, tree_of.cache_clear, code_of.cache_clear):
        cached()


@pytest.mark.usefixtures("softmax")
def test_the_first_suggestion_that_cures_is_taken() -> None:
    trial = Canned({"1": Ending((("RNN311", 2, ()),), None, 0), "-1": Ending((), None, 0)})
    trial.endings = dict(reversed(trial.endings.items()))
    former = Ending.before([RNN390], None, 0)
    [finding], edits = tried([RNN390], former, trial)  # type: ignore[arg-type]
    assert trial.asked == ["1", "-1"]
    assert [each.replacement for each in edits] == ["-1"]
    assert finding.repair is not None
    assert finding.repair.tried
    assert finding.repair.text.endswith("+ a = torch.softmax(s, dim=-1)")


@pytest.mark.usefixtures("softmax")
def test_what_comes_up_behind_a_repair_is_repaired_with_it() -> None:
    further = edit(3, 7, 11, "reshape")
    trial = Canned(
        {
            "reshape": Ending((), None, 0),
            "-1": Ending((("RNN390", 2, ()),), None, 0),
            "1": Ending((("RNN351", 3, (further,)),), "RuntimeError", 1),
        }
    )
    former = Ending.before([RNN390], None, 0)
    [finding], _ = tried([RNN390], former, trial)  # type: ignore[arg-type]
    assert finding.repair is not None
    assert finding.repair.text.splitlines()[2:] == [
        "+ a = torch.softmax(s, dim=1)",
        "+ b = s.reshape(2)",
    ]


@pytest.mark.usefixtures("softmax")
def test_what_no_suggestion_cures_has_no_repair() -> None:
    former = Ending.before([RNN390], None, 0)
    [finding], edits = tried([RNN390], former, Canned({}))  # type: ignore[arg-type]
    assert finding.repair is None
    assert edits == ()


def rnnscope(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "rnnscope", "run", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False)


def test_a_repair_is_tried_and_written(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_bytes(SCRIPT.replace("\n", "\r\n").encode())
    done = rnnscope(tmp_path, "--fix", "train.py")
    assert b"rnnscope: repaired train.py." in done.stderr
    assert b"tried: the program ran, and this finding was gone" in done.stderr
    assert done.stdout.count(b"done") == 1, "what the trial prints is nobody's business"
    wanted = SCRIPT.replace("h_n[0]", "h_n[-1]").replace("\n", "\r\n").encode()
    assert script.read_bytes() == wanted
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".py"] == ["train.py"]


def test_a_program_that_changes_the_folder_is_left_alone(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    (tmp_path / "other").mkdir()
    script.write_text(f"import os; os.chdir('other')\n{SCRIPT}", encoding="utf-8")
    before = script.read_text(encoding="utf-8")
    done = rnnscope(tmp_path, "--fix", "train.py")
    assert b"rnnscope: no repair, the program changed the current folder." in done.stderr
    assert b"[RNN404]" in done.stderr
    assert script.read_text(encoding="utf-8") == before


def test_a_diff_has_standard_output_for_itself(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    done = rnnscope(tmp_path, "--diff", "--no-try", "train.py")
    assert done.stdout.decode().startswith("--- a/train.py\n+++ b/train.py\n@@ ")
    assert "done" not in done.stdout.decode()
    assert "tried:" not in done.stderr.decode()
    assert (tmp_path / "train.py").read_text(encoding="utf-8") == SCRIPT
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=done.stdout, check=True)
    assert "h_n[-1]" in (tmp_path / "train.py").read_text(encoding="utf-8")


def test_a_diff_and_another_format_are_refused(tmp_path: Path) -> None:
    done = rnnscope(tmp_path, "--diff", "--format", "json", "train.py")
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "rnnscope: --diff prints a diff, --format json something else: take one.\n"
    )
