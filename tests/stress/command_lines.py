"""Every command under drawn arguments: exit status 0, 1 or 2, no traceback, no hang.

    python tests/stress/command_lines.py --examples 1000 --seed 0

Runs them in this process, each under an alarm; a drawn line that does not hold is printed as it
would be typed.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import shlex
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from rnnscope.cli import COMMANDS
from rnnscope.cli import run as run_line

SECONDS = 60
KINDS = ["LSTM", "gru", "RNN", "LSTMCell", "GRUCell", "RNNCELL", "LTSM", "", "Linear", "🙂"]
SIZES = [
    "1",
    "3",
    "10",
    "20",
    "0",
    "-1",
    "2.5",
    "x",
    "",
    "1e3",
    "99999999999999999999",
    "٣",
    "5" * 5000,
]
LAYERS = [
    "LSTM(10, 20)",
    "nn.GRU(3, 4, num_layers=2, bidirectional=True)",
    "torch.nn.LSTM(10, 20, 2, True, True)",
    "LSTM(10, 20",
    "LSTM(a, b)",
    "LSTM()",
    "(" * 300,
    "__import__('os').system('true')",
    "LSTM(10, 20, proj_size=5)",
    "GRU(10, 20, hidden_dim=3)",
    "RNN(10, 20, nonlinearity='gelu')",
    "LSTM(10, 20, dropout=0.5, dtype=torch.float16)",
    "lstm: LSTM(10, 20, batch_first=True)",
    "LSTM(*[1, 2])",
    "LSTM(10, 20)\nGRU(1, 2)",
    "\x00",
]
SHAPES = ["3,5,10", "5,3,10", "(5, 3, 10)", "10", "", ",", "a,b", "-1,2", "3x5", "1," * 50, "0,0,0"]
MESSAGES = [
    "Expected hidden[0] size (2, 3, 20), got [3, 2, 20]",
    "input.size(-1) must be equal to input_size. Expected 10, got 11",
    "nothing of the kind",
    "",
    'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    x\nIndexError: a',
    "For batched 3-D input, hx should also be 3-D but got 2-D tensor",
    "\udcff\x1b[31m",
]
FILES = ["good.py", "bad.py", "missing.py", "model.py:Model", "model.py:Nothing", ".", "latin.py"]
VALUES = {
    "--layers": SIZES,
    "--num-layers": SIZES,
    "--nonlinearity": ["tanh", "relu", "gelu", ""],
    "--no-bias": None,
    "--batch-first": None,
    "--bidirectional": None,
    "--unbatched": None,
    "--states": None,
    "--no-run": None,
    "--no-reference": None,
    "--dropout": ["0", "0.5", "1", "2", "-1", "nan", "inf", "x"],
    "--proj-size": SIZES,
    "--dtype": ["float32", "float64", "float16", "bfloat16", "complex64", "int8", "", "FLOAT32"],
    "--device": ["cpu", "cuda", "cuda:7", "mps", "meta", "abacus", ""],
    "--batch": SIZES[:9],
    "--seq-len": SIZES[:9],
    "--lengths": ["5,3,2", "1", "9", "0", "3,3", "", "a", "5,-1", "(2, 1)"],
    "--seed": ["0", "7", "-1", "x", "99999999999999999999999"],
    "--format": [
        "terminal",
        "json",
        "markdown",
        "html",
        "svg",
        "plain",
        "github",
        "sarif",
        "x",
        "",
    ],
    "--output": ["out.json", "out.svg", "out.html", "no/such/place.md", ".", "/dev/null", "out"],
    "--input": SHAPES,
    "--h0": SHAPES,
    "--c0": SHAPES,
    "--time": SIZES,
    "--layer": SIZES,
    "--like": LAYERS,
    "--select": ["RNN2", "RNN401,RNN5", "x", ""],
    "--ignore": ["RNN", "", "RNN202"],
    "--examples": ["1", "5", "0", "-3", "x"],
    "--jobs": ["1", "0", "x"],
    "--kind": KINDS,
    "--profile": ["quick", "slow"],
    "--stats": None,
    "--no-probe": None,
    "--help": None,
    "--version": None,
    "-m": ["nothing.here", "this"],
    "--nonsense": ["1"],
}
NAMES = ["h_n", "hn", "output", "weight_ih_l0", "bias_hh_l1_reverse", "nothing", "c_0", ""]
RULES = ["RNN202", "rnn401", "state-batch-first", "RNN999", "", "*"]
SCRIPTS = {
    "good.py": "print('hello')\n",
    "bad.py": "import torch\ntorch.nn.LSTM(3, 4)(torch.zeros(2, 2, 5))\n",
    "model.py": "from torch import nn\nclass Model(nn.Module):\n    pass\n",
    "latin.py": b"# caf\xe9\nprint(1)\n",
}


class Hang(BaseException):
    """The alarm went off."""


def drawn_line(draw: random.Random) -> list[str]:
    """One command line: mostly a command with arguments that it knows, and some nonsense."""
    command = draw.choice([*COMMANDS, *COMMANDS, "nonsense", "", "--help"])
    words = [command]
    if command in ("inspect", "explain", "check"):
        words += (
            [draw.choice(LAYERS)]
            if draw.random() < 0.3
            else [draw.choice(KINDS[:7] + KINDS[:6]), *draw.choices(SIZES[:4] * 3 + SIZES, k=2)]
        )
    if command == "explain" or draw.random() < 0.05:
        words.append(draw.choice(NAMES))
    words += {
        "rule": [draw.choice(RULES)],
        "doctor": [draw.choice(MESSAGES)] if draw.random() < 0.7 else [],
        "run": [draw.choice(FILES)],
        "verify": [draw.choice(FILES), "--like", draw.choice(LAYERS)],
        "fuzz": ["--examples", draw.choice(VALUES["--examples"] or [])],
    }.get(command, [])
    for name in draw.sample(sorted(VALUES), k=draw.choice([0, 0, 1, 1, 2, 3])):
        if name == "--profile" and command == "fuzz":
            continue
        values = VALUES[name]
        words += [name] if values is None else [name, draw.choice(values)]
    return words


def stream(text: str = "") -> io.TextIOWrapper:
    """A standard stream as Python makes them: text over bytes."""
    return io.TextIOWrapper(io.BytesIO(text.encode(errors="replace")), encoding="utf-8")


def fault_of(words: list[str]) -> str | None:
    """Run one line; None when it ended as every line should, else what went wrong."""
    out, err = stream(), stream()
    err.reconfigure(errors="backslashreplace")
    signal.alarm(SECONDS)
    try:
        with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings():
            status = run_line(words)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    except Hang:
        return f"no end after {SECONDS} seconds"
    except BaseException:
        return traceback.format_exc()
    finally:
        signal.alarm(0)
    if status not in (0, 1, 2):
        return f"exit status {status}"
    out.flush()
    err.flush()
    said = err.buffer.getvalue().decode()
    # Under run the traceback is the user's own.
    if "Traceback" in said and words[0] not in ("run", "doctor"):
        return said
    if status == 2 and words[0] != "run" and not said.strip():
        return "exit status 2 without a word on standard error"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    choice = parser.parse_args()

    def hang(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, hang)
    draw, seen, faults = random.Random(choice.seed), Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in SCRIPTS.items():
            Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        for _ in range(choice.examples):
            words = drawn_line(draw)
            sys.stdin = stream(draw.choice(MESSAGES))
            fault = fault_of(words)
            seen[words[0]] += 1
            if fault:
                faults += 1
                print(f"rnnscope {shlex.join(w[:80] for w in words)}\n{fault}\n", flush=True)
    print(f"{choice.examples} command lines, {faults} faults:", dict(seen))
    # Scripts under run may have left threads behind: they are not ours to wait for.
    sys.stdout.flush()
    os._exit(1 if faults else 0)


if __name__ == "__main__":
    main()
