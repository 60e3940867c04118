"""Scripts that go wrong, under ``rnnscope run`` and under ``python``: the same in both.

    python tests/stress/broken_scripts.py --examples 60 --seed 0

Each script is one to four drawn fragments: exits, exceptions, threads, closed streams, odd bytes.
Compared are exit status, standard output and standard error, byte by byte; a script that is no
Python is refused by both, rnnscope with status 2 and one sentence.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 120
FRAGMENTS = [
    "print('hello', __name__, __file__.endswith('script.py'))",
    "import sys; print(sys.argv[1:], sys.path[0] == __import__('os').path.dirname(__file__))",
    "import sys; sys.exit()",
    "import sys; sys.exit(3)",
    "import sys; sys.exit('a message')",
    "import sys; sys.exit(-1)",
    "import sys; sys.exit([1, 2])",
    "raise SystemExit(2.5)",
    "exit(4)",
    "import os; print('last', flush=True); os._exit(5)",
    "raise KeyboardInterrupt",
    "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(5)",
    "raise ValueError('it\\nhas\\nlines')",
    "def deep(n): return deep(n + 1)\ndeep(0)",
    "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise KeyError('k') from error",
    "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no text')\nraise Odd",
    "import threading; threading.Thread(target=lambda: print('thread')).start()",
    "import threading; threading.Thread(target=lambda: 1 / 0, name='t').start()",
    "def late():\n    import time; time.sleep(0.2); print('late')\n"
    "import threading; threading.Thread(target=late).start()",
    "import atexit; atexit.register(print, 'at exit')",
    "import atexit; atexit.register(lambda: 1 / 0)",
    "import sys; sys.stdout.close()",
    "import sys; sys.stderr.close()",
    "import sys; sys.stdout = None",
    "import os; os.close(1)",
    "print('x' * 3_000_000)",
    "import sys; sys.stdout.buffer.write(bytes(range(256)))",
    "print('héllo ☃ 🙂')",
    "import warnings; warnings.warn('careful')",
    "print(input() if __import__('sys').stdin.isatty() else __import__('sys').stdin.read())",
    "import missing_module",
    "assert 1 == 2, 'sums'",
    "import sys; sys.setrecursionlimit(200)",
    "import sys; sys.excepthook = lambda *a: print('my hook', a[0].__name__)",
    "del __builtins__",
    "import gc; gc.disable(); del gc",
    "import sys; sys.modules.clear()",
    "import os; os.chdir('/')",
    "x: int = 'annotated'; print(__annotations__)",
    "import pickle\nclass P: pass\nprint(type(pickle.loads(pickle.dumps(P()))).__name__)",
    "import multiprocessing as m\nif __name__ == '__main__':\n"
    "    print(m.get_context('fork').Pool(1).map(abs, [-1]))",
]
NO_PYTHON = [
    b"def broken(:\n",
    b"print('no end\n",
    b"\xff\xfe not utf-8\n",
    b"# -*- coding: nonsense -*-\n",
    b"x = 1\x00\n",
    b"  indented\n x",
    b"return 1\n",
]
WHOLE = [
    b"",
    b"# -*- coding: latin-1 -*-\nprint('caf\xe9')\n",
    b"\xef\xbb\xbfprint('with a byte order mark')\n",
    b"print('carriage')\r\nprint('return')\r\n",
    b"#!/usr/bin/env python\nprint('shebang')",
]


def behaviour(words: list[str], folder: str) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, input=b"typed\n", capture_output=True, timeout=SECONDS
    )
    # Addresses differ from run to run, and the depth at which the stack is full by our own frames.
    told = re.sub(rb"0x[0-9a-f]+|repeated \d+ more times", b"...", done.stderr)
    return done.returncode, done.stdout, told


def fault_of(source: bytes, refused: bool) -> str | None:
    """Run one script both ways; None when both are the same."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "script.py").write_bytes(source)
        words = ["script.py", "--epochs", "1", "-x", "a b"]
        try:
            plain = behaviour(words, folder)
            ours = behaviour(["-m", "rnnscope", "run", *words], folder)
        except subprocess.TimeoutExpired as error:
            return f"no end: {error.cmd}"
    if refused:
        sentence = ours[2].decode(errors="replace").strip()
        good = (ours[0], ours[1]) == (2, b"") and sentence.startswith("rnnscope: ")
        return None if good and "\n" not in sentence else f"not refused in one sentence: {ours}"
    names = ("exit status", "standard output", "standard error")
    pairs = zip(names, plain, ours, strict=True)
    told = [f"{name}: python {a!r:.600}, run {b!r:.600}" for name, a, b in pairs if a != b]
    return "\n  ".join(told) or None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--examples", type=int, default=60, help="scripts of several fragments")
    parser.add_argument("--seed", type=int, default=0)
    choice = parser.parse_args()
    draw = random.Random(choice.seed)
    scripts = [(fragment.encode(), False) for fragment in FRAGMENTS]
    scripts += [(source, False) for source in WHOLE] + [(source, True) for source in NO_PYTHON]
    for _ in range(choice.examples):
        fragments = draw.sample(FRAGMENTS, k=draw.randint(2, 4))
        scripts.append(("\n".join(fragments).encode(), False))
    faults = 0
    for source, refused in scripts:
        fault = fault_of(source, refused)
        if fault:
            faults += 1
            print(f"{source!r:.300}\n  {fault}\n", flush=True)
    print(f"{len(scripts)} scripts, {faults} that differ")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
