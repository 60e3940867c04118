"""``rnnscope run`` is ``python`` to the script: compared with python itself, run beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import rnnscope
from rnnscope.errors import TargetError
from rnnscope.running.script import Target, compiled

SCRIPTS: dict[str, str | bytes] = {
    "arguments": "import sys; print(sys.argv, __name__, __file__, __package__)",
    "path": "import sys; print(sys.path[0])",
    "neighbour": "import beside; print(beside.WORD)",
    "main_is_main": "import sys; print(sys.modules['__main__'].__dict__ is globals())",
    "pickles": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))))",
    "globals": "print(sorted(k for k in globals() if k.startswith('__')))",
    "exit_number": "import sys; sys.exit(7)",
    "exit_none": "import sys; sys.exit()",
    "exit_text": "import sys; sys.exit('no data')",
    "raises": "def f():\n    return 1 / 0\nf()",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e",
    "hook": "import sys\nsys.excepthook = lambda *a: print('hooked', a[0])\nraise ValueError",
    "os_exit": "import os\nprint('last', flush=True)\nos._exit(5)",
    "at_exit": "import atexit\natexit.register(print, 'bye')\nprint('hello')",
    "thread": "import threading\nthreading.Timer(0.05, print, ['late']).start()\nprint('early')",
    "reads_stdin": "print(input())",
    "latin": b"# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))",
    "future": "print(f.__annotations__) if 'f' in globals() else print('none')",
    "exit_shell_number": "import sys; sys.exit(130)",
    "no_stderr": "import sys; sys.stderr = None; sys.exit('no data')",
    "child": "import subprocess\nsubprocess.run(['echo', 'child'])",
    "forks": (
        "import multiprocessing, os\ndef work(): os._exit(3)\nif __name__ == '__main__':\n"
        "    p = multiprocessing.get_context('fork').Process(target=work)\n"
        "    p.start(); p.join(); print(p.exitcode)"
    ),
}


def ended(command: list[str], folder: Path, text: str = "given\n") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, input=text, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "__init__.py").write_text("")
    (tmp_path / "sub" / "beside.py").write_text("WORD = 'beside'")
    return tmp_path


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_as_python_runs_it(name: str, folder: Path) -> None:
    source = SCRIPTS[name]
    path = folder / "sub" / f"{name}.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    arguments = [f"sub/{name}.py", "--format", "x", "-m", "--", "last"]
    assert ended(["-m", "rnnscope", "run", *arguments], folder) == ended(arguments, folder)


@pytest.mark.parametrize("name", ["arguments", "path", "raises", "exit_number", "main_is_main"])
def test_a_module_runs_as_python_runs_it(name: str, folder: Path) -> None:
    (folder / "sub" / f"{name}.py").write_text(str(SCRIPTS[name]))
    arguments = ["-m", f"sub.{name}", "--epochs", "1"]
    assert ended(["-m", "rnnscope", "run", *arguments], folder) == ended(arguments, folder)


def test_a_folder_with_a_main_runs(folder: Path) -> None:
    (folder / "sub" / "__main__.py").write_text("import sys, beside; print(sys.argv, __package__)")
    assert ended(["-m", "rnnscope", "run", "sub", "a"], folder) == ended(["sub", "a"], folder)


def test_an_interrupted_script_ends_by_the_signal(folder: Path) -> None:
    source = "import atexit\natexit.register(print, 'bye')\nraise KeyboardInterrupt"
    (folder / "stop.py").write_text(source)
    status, output, error = ended(["-m", "rnnscope", "run", "stop.py"], folder)
    assert (status, output) == (-signal.SIGINT, "bye\n")
    assert error.splitlines()[-1] == "KeyboardInterrupt"


def test_an_interrupted_script_with_findings_ends_by_the_signal_too(folder: Path) -> None:
    (folder / "stop.py").write_text(WARNS + "raise KeyboardInterrupt\n")
    status, _, error = ended(["-m", "rnnscope", "run", "stop.py"], folder)
    assert status == -signal.SIGINT
    assert "RNN101" in error


def test_an_interrupt_while_threads_end_is_told_as_python_tells_it(folder: Path) -> None:
    source = """import os, signal, threading
stop = threading.Event()
threading.Thread(target=stop.wait).start()
def interrupt():
    threading.main_thread().join()
    os.kill(os.getpid(), signal.SIGINT)
    stop.set()
threading.Thread(target=interrupt).start()
"""
    (folder / "waits.py").write_text(source)
    (status, output, error), plain = (
        ended([*command, "waits.py"], folder) for command in (["-m", "rnnscope", "run"], [])
    )
    assert (status, output) == plain[:2]
    assert error.split() == plain[2].replace("Interrupt: ", "Interrupt").split()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"x = (", "bad.py:1 is not Python that"),
        (b"x = '\xe9'", "(unicode error) 'utf-8' codec can't decode byte 0xe9"),
        (b"x = \x00", "null bytes"),
    ],
)
def test_what_is_no_python_is_refused_in_one_sentence(
    source: bytes, said: str, folder: Path
) -> None:
    (folder / "bad.py").write_bytes(source)
    status, output, error = ended(["-m", "rnnscope", "run", "bad.py"], folder)
    assert (status, output, error.count("\n")) == (2, "", 1)
    assert said in error
    assert error.startswith("rnnscope: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.py"], "cannot open 'nothing.py': no such file or directory; give the path"),
        (["-m", "no.module"], "cannot run -m no.module:"),
        (["sub"], "'sub' has no __main__.py"),
        ([], "Missing argument"),
        (["--format", "pdf", "x.py"], "there is no format 'pdf'"),
        (["--select", "E501", "x.py"], "no rule begins with 'E501'"),
    ],
)
def test_what_cannot_run_is_refused_in_one_sentence(
    arguments: list[str], said: str, folder: Path
) -> None:
    status, output, error = ended(["-m", "rnnscope", "run", *arguments], folder)
    assert (status, output, error.count("\n")) == (2, "", 1)
    assert said in error


def test_with_a_format_standard_output_holds_the_report_alone(folder: Path) -> None:
    (folder / "loud.py").write_text(
        "import os, subprocess, sys\nprint('printed')\nsubprocess.run(['echo', 'child'])\n"
        "os.write(1, b'written\\n')\nsys.__stdout__.write('original\\n')\nraise OSError('gone')"
    )
    status, output, error = ended(["-m", "rnnscope", "run", "--format", "json", "loud.py"], folder)
    data = json.loads(output)
    assert status == 1
    assert data["findings"] == []
    assert data["outcome"] == {"exception": {"type": "OSError", "message": "gone"}, "status": 1}
    assert all(word in error for word in ("printed", "child", "written", "original", "Traceback"))


def test_a_report_in_a_file_leaves_the_streams_alone(folder: Path) -> None:
    (folder / "plain.py").write_text("print('printed')")
    command = ["-m", "rnnscope", "run", "--output", "report.json", "plain.py"]
    assert ended(command, folder) == (0, "printed\n", "")
    assert json.loads((folder / "report.json").read_text())["outcome"]["status"] == 0


def test_the_report_is_where_it_was_asked_for_wherever_the_script_goes(folder: Path) -> None:
    (folder / "moves.py").write_text("import os; os.chdir('sub')")
    assert ended(["-m", "rnnscope", "run", "--output", "r.json", "moves.py"], folder)[0] == 0
    assert (folder / "r.json").exists()


def test_a_report_does_not_follow_the_scripts_own_standard_error(folder: Path) -> None:
    (folder / "own.py").write_text(WARNS + "import io, sys\nsys.stderr = io.StringIO()\n")
    (folder / "none.py").write_text(WARNS + "import sys\nsys.stderr = None\n")
    for name in ("own.py", "none.py"):
        status, output, error = ended(["-m", "rnnscope", "run", name], folder)
        assert (status, output) == (1, "torch.Size([3, 2, 5])\n")
        assert "[RNN101]" in error


def test_a_forked_child_reports_nothing(folder: Path) -> None:
    (folder / "forks.py").write_text(
        WARNS + "import os, sys\nchild = os.fork()\nif child == 0: sys.exit(3)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    status, output, error = ended(["-m", "rnnscope", "run", "forks.py"], folder)
    assert (status, output.splitlines()[-1]) == (1, "3")
    assert error.count("[RNN101]") == 1


def test_torch_is_not_imported_before_the_script_does(folder: Path) -> None:
    (folder / "late.py").write_text("import sys; print('torch' in sys.modules)")
    assert ended(["-m", "rnnscope", "run", "late.py"], folder) == (0, "False\n", "")


BROKEN = """import torch
from torch import nn

lstm = nn.LSTM(10, 20, 2)


def forward(x):
    h_0 = torch.zeros(3, 2, 20)
    return lstm(x, (h_0, h_0))


forward(torch.zeros(5, 3, 10))
"""


def test_a_crash_is_explained_at_the_users_line(folder: Path) -> None:
    (folder / "broken.py").write_text(BROKEN)
    command = ["-m", "rnnscope", "run", "-q", "--format", "json", "broken.py"]
    status, output, error = ended(command, folder)
    first, *others = json.loads(output)["findings"]
    assert (status, others) == (1, [])
    assert (first["code"], first["severity"]) == ("RNN202", "error")
    place = {"file": "broken.py", "line": 8, "column": 11, "end_line": 8, "end_column": 22}
    assert first["location"] == place
    assert [(related["line"], related["column"]) for related in first["related"]] == [(9, 12)]
    assert "(2, 3, 20), got (3, 2, 20)" in first["message"]
    last = "RuntimeError: Expected hidden[0] size (2, 3, 20), got [3, 2, 20]"
    assert error.splitlines()[-1] == last
    frames = [line for line in error.splitlines() if line.lstrip().startswith("File ")]
    assert frames
    assert not any(str(Path(rnnscope.__file__).parent) in frame for frame in frames)


WARNS = """import torch
from torch import nn

gru = nn.GRU(4, 5, dropout=0.5)
print(gru(torch.zeros(3, 2, 4))[0].shape)
"""


def test_a_warning_is_shown_and_explained(folder: Path) -> None:
    (folder / "warns.py").write_text(WARNS)
    status, output, error = ended(["-m", "rnnscope", "run", "warns.py"], folder)
    assert (status, output) == (1, "torch.Size([3, 2, 5])\n")
    assert "UserWarning: dropout option adds dropout" in error
    assert error.count("warning[RNN101] dropout-on-one-layer") == error.count("warns.py:4 ") == 1


def test_noqa_and_ignore_silence_a_finding(folder: Path) -> None:
    (folder / "a.py").write_text(WARNS.replace("0.5)", "0.5)  # noqa: RNN101"))
    (folder / "b.py").write_text(WARNS)
    for command in (["a.py"], ["--ignore", "RNN1", "b.py"]):
        status, _, error = ended(["-W", "ignore", "-m", "rnnscope", "run", "-q", *command], folder)
        assert (status, error) == (0, "")


CELLS = (
    ["%matplotlib inline\n", "!pip install torch\n", "import torch\n", "from torch import nn"],
    "%%bash\nls",
    "",
    "%%time\ngru = nn.GRU(4, 5,\n  dropout=0.5\n  % 1)",
    "print(gru(torch.zeros(3, 2, 4))[0].shape, __name__)\n1 / 0",
    "print('never')",
)


def notebook(*cells: str | list[str]) -> str:
    code = [{"cell_type": "code", "source": source} for source in cells]
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "#"}, *code]})


def test_the_cells_of_a_notebook_run_in_one_main(folder: Path) -> None:
    (folder / "book.ipynb").write_text(notebook(*CELLS))
    command = ["-W", "ignore", "-m", "rnnscope", "run", "--format", "plain", "book.ipynb"]
    status, output, error = ended(command, folder)
    assert status == 1
    assert output.startswith("In[3]:2:")
    assert ": RNN101 " in output
    first, printed, *_ = error.splitlines()
    said = "rnnscope: only IPython runs In[1]:1, In[1]:2, In[2]:1, In[3]:1; skipped."
    assert (first, printed) == (said, "torch.Size([3, 2, 5]) __main__")
    assert 'File "In[4]", line 2, in <module>\n    1 / 0\n' in error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "'book.ipynb' is not a notebook of format 4: open it in Jupyter"),
        ("{", "is not a notebook of format 4"),
        (notebook("x = 1", "y = ="), "In[2]:1 is not Python that"),
        (notebook("x = !ls"), "In[1]:1 is not Python that"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_sentence(
    content: str, said: str, folder: Path
) -> None:
    (folder / "book.ipynb").write_text(content)
    status, output, error = ended(["-m", "rnnscope", "run", "book.ipynb"], folder)
    assert (status, output, error.count("\n")) == (2, "", 1)
    assert said in error


def test_compiling_is_refused_with_the_place(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("a = 1\nb = = 2\n")
    with pytest.raises(TargetError, match=r"x\.py:2 is not Python"):
        compiled(str(path))


def test_the_folder_of_a_target_is_what_python_puts_first(tmp_path: Path) -> None:
    assert Target(str(tmp_path / "x.py")).folder == str(tmp_path.resolve())
    assert Target("package.module", module=True).folder == os.getcwd()
