"""Training loops of other packages with an LSTM inside: the same by ``python`` and when watched.

    python tests/stress/frameworks.py

Each of frameworks/with_*.py whose package is installed is run by ``python`` and by ``rnnscope
run``. Compared are the exit status, standard output (metrics, a hash of the weights and of the
three random streams at the end) and the codes of findings, of which there are none.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAMS = sorted(Path(__file__).with_name("frameworks").glob("with_*.py"))


def main() -> int:
    """Print a line for each program; 1 when one differs."""
    wrong = 0
    for program in PROGRAMS:
        plain = run(program)
        if "ModuleNotFoundError" in plain.stderr:
            print(f"{program.stem}: not installed")
            continue
        watched = run("-m", "rnnscope", "run", program)
        alike = (plain.returncode, plain.stdout) == (watched.returncode, watched.stdout)
        told = [line for line in watched.stderr.splitlines() if line.startswith("rnnscope")]
        print(f"{program.stem}: {'equal' if alike else 'DIFFERENT'}; {' '.join(told)}")
        if not alike or plain.returncode:
            print(plain.stdout, plain.stderr[-2000:], watched.stdout, watched.stderr[-2000:])
            wrong += 1
    return int(wrong > 0)


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


if __name__ == "__main__":
    raise SystemExit(main())
