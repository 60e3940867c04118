"""Imports point downward only, and half of the package lives where torch does not exist."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rnnscope

PACKAGE = Path(rnnscope.__file__).parent

# The order in which data flows: a module imports only from what stands before it. A name stands for
# everything below it that has no line of its own, and files of one entry may import each other.
_RIVER = """
errors legible axes cells config_validation layer_parser config equations call facts prediction
reasons dependence.facts dependence.telling drawing findings summary frames sources spans subjects
subjects.tensor_spec torch_import unobserved recording experiments blame measuring.randomness
measuring.devices measuring.measurement measuring.random_run measuring.preserve_model
measuring.find_layers measuring.call_hooks reference live_specs
subjects.experiment_results subjects.facts state_names rules.pages messages subjects.state_shapes
subjects.comparison subjects.promises subjects.packing rules selection failures
subjects.planned_call diagnosis live_calls axis_names probing questions session
measuring.inspection measuring
explanation verification weights conclusions results formats repair printing report layouts
explained verified gating dependence weights.inspection api testing strategies fuzzing
running.import_hook running.output running.cells running.script running.execution
running.distributed running.notebook console watching running.watched_run running pytest_plugin
commands cli
"""
RIVER = _RIVER.split()


@cache
def sources() -> dict[str, Path]:
    """Every module by its dotted name below ``rnnscope``; a package is its ``__init__``."""
    files = {
        path.relative_to(PACKAGE).with_suffix("").parts: path for path in PACKAGE.rglob("*.py")
    }
    named = {".".join(p for p in parts if p != "__init__"): f for parts, f in files.items()}
    return {name: path for name, path in sorted(named.items()) if name not in ("", "__main__")}


def imported(tree: ast.AST) -> set[str]:
    """The modules of rnnscope that a source imports, at whatever depth, for types included."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)}
    inner = {name.removeprefix("rnnscope.") for name in found if name.startswith("rnnscope.")}
    return {_module(name) for name in inner if name != "__version__"}


def _module(name: str) -> str:
    """``config.RNNConfig`` is a name inside the module ``config``."""
    if name in sources():
        return name
    parent = name.rpartition(".")[0]
    return _module(parent) if parent else "rnnscope"


@cache
def edges(types: bool = True) -> dict[str, set[str]]:
    """What each module imports; without ``types`` only what really runs."""
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in sources().items()}
    if not types:
        trees = {name: WithoutTypes().visit(tree) for name, tree in trees.items()}
    return {name: imported(tree) - {name} for name, tree in trees.items()}


class WithoutTypes(ast.NodeTransformer):
    """Leaves out what stands under ``if TYPE_CHECKING``."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def place(module: str, river: list[str]) -> int | None:
    """Where a module stands: at its own name, or at that of the nearest package above it."""
    while module and module not in river:
        module = module.rpartition(".")[0]
    return river.index(module) if module else None


def upward(graph: dict[str, set[str]], river: list[str]) -> list[str]:
    """Every import that does not point downward."""
    return [
        f"{name} imports {other}"
        for name, others in graph.items()
        for other in sorted(others)
        if other == "rnnscope" or (place(other, river) or 0) > (place(name, river) or 0)
    ]


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of a circle of imports, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_module_has_its_place_in_the_river() -> None:
    assert [name for name in sources() if place(name, RIVER) is None] == []
    assert [name for name in RIVER if name not in sources()] == []


def test_imports_point_downward() -> None:
    assert upward(edges(), RIVER) == []


def test_imports_make_no_circle() -> None:
    assert cycle(edges(types=False)) == []


def test_an_import_that_points_upward_would_be_found() -> None:
    river = ["low", "middle", "middle.part", "high"]
    graph = {"low": set(), "middle.a": {"low", "middle.part"}, "high": {"middle.a", "rnnscope"}}
    assert upward(graph, river) == [
        "middle.a imports middle.part",
        "high imports rnnscope",
    ]
    assert place("middle.other.inner", river) == 1
    assert place("unknown", river) is None
    assert sorted(set(cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}))) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "source",
    [
        "import rnnscope.config",
        "from rnnscope.config import RNNConfig",
        "from rnnscope import config",
        "def f():\n    from rnnscope.config import RNNConfig",
        "if TYPE_CHECKING:\n    from rnnscope.config import RNNConfig",
        "import_module('rnnscope.config')",
    ],
)
def test_an_import_is_found_wherever_it_is(source: str) -> None:
    assert imported(ast.parse(source)) == {"config"}


def test_an_import_for_types_alone_does_not_run() -> None:
    tree = ast.parse("if TYPE_CHECKING:\n    import rnnscope.config\nimport rnnscope.call")
    assert imported(WithoutTypes().visit(tree)) == {"call"}


def test_public_names_are_imported_from_the_top_by_nobody_inside() -> None:
    assert imported(ast.parse("from rnnscope import watch")) == {"rnnscope"}
    assert imported(ast.parse("from rnnscope import __version__")) == set()


BLOCKED = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "numpy"):
            raise ImportError(f"{name} was imported")

sys.meta_path.insert(0, NoTorch())
"""


def without_torch(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in which importing torch raises."""
    command = [sys.executable, "-W", "error", "-c", BLOCKED + program]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@cache
def live() -> set[str]:
    """The modules that need torch as soon as they are loaded, and those that load them at once."""
    trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in sources().items()}
    direct = {name for name, tree in trees.items() if any(map(_is_torch, _at_once(tree)))}
    loads = {name: _loaded_with(name, tree) for name, tree in trees.items()}
    found: set[str] = set()
    while direct - found:
        found |= direct
        direct = {name for name, others in loads.items() if others & found}
    return found


def _at_once(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]


def _is_torch(node: ast.Import | ast.ImportFrom) -> bool:
    names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return any(name.partition(".")[0] == "torch" for name in names)


def _loaded_with(name: str, tree: ast.Module) -> set[str]:
    """What is loaded at once: top-level imports, and the packages around each of them."""
    found = imported(ast.Module([*_at_once(tree)], [])) | {name}
    around = {".".join(n.split(".")[:i]) for n in found for i in range(1, n.count(".") + 1)}
    return (found | around) - {name}


# What works on live tensors and modules. Everything else must load where torch does not exist.
_LIVE = """
recording experiments blame questions session measuring.randomness measuring.devices
measuring.measurement measuring.random_run measuring.find_layers measuring.preserve_model
measuring.call_hooks measuring.inspection measuring.inputs measuring.surroundings reference
live_calls live_specs probing verification verified formats.verified
gating layouts.conversion weights.initial weights.values testing dependence
"""
LIVE = _LIVE.split()


def test_only_live_modules_need_torch_to_be_loaded() -> None:
    assert [name for name in sorted(live()) if place(name, LIVE) is None] == []


def test_the_other_half_loads_where_torch_does_not_exist() -> None:
    names = [f"import rnnscope.{name}" for name in sources() if name not in live()]
    assert len(names) > 30
    result = without_torch("\n".join(["import rnnscope", *names]))
    assert (result.returncode, result.stderr) == (0, "")


COMMANDS = [
    ("--help", 0),
    ("--version", 0),
    ("inspect --help", 0),
    ("inspect LSTM 10 20 --layers 2 --bidirectional --no-run", 0),
    ("inspect LSTM 10 20 --no-run --format json", 0),
    ("inspect LSTM 10 20 --no-run --format svg", 0),
    ("inspect LSTM 10 20 --no-run --format html", 0),
    ("explain LSTM 10 20 h_n --no-run --format html", 0),
    ("inspect LSTM(100000,200000,num_layers=8,bidirectional=True) --no-run", 0),
    ("inspect LSTM 10 0", 2),
    ("explain LSTM 10 20 h_n", 0),
    ("check LSTM 10 20 --input 5,3,10", 0),
    ("check LSTM 10 20 --input 5,3,11", 1),
    ("rules", 0),
    ("rule RNN201", 0),
]


def run_command(arguments: str) -> subprocess.CompletedProcess[str]:
    return without_torch(f"from rnnscope.cli import main\nmain({arguments.split()!r})")


@pytest.mark.parametrize(("arguments", "status"), COMMANDS)
def test_what_is_only_arithmetic_does_not_import_torch(arguments: str, status: int) -> None:
    result = run_command(arguments)
    assert (result.returncode, result.stderr if status != 2 else "") == (status, "")
    assert result.stdout or status == 2


def test_doctor_reads_a_message_without_torch() -> None:
    program = """from rnnscope.cli import main
main(["doctor", "Expected hidden[0] size (2, 3, 20), got [3, 2, 20]"])"""
    result = without_torch(program)
    assert (result.returncode, result.stderr) == (1, "")
    assert "RNN202" in result.stdout


def test_these_tests_can_fail() -> None:
    for program in ("import torch", "import rnnscope.measuring.measurement", "import torch.nn"):
        result = without_torch(program)
        assert result.returncode == 1
        assert "torch was imported" in result.stderr
    assert "torch was imported" in run_command("inspect LSTM 10 20").stderr
