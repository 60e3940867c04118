"""The user's files, read and written as they are: encoding, line ends, and all at once."""

from __future__ import annotations

import os
import tempfile
import tokenize
from collections.abc import Iterable
from pathlib import Path

from rnnscope.findings import Edit
from rnnscope.frames import is_users
from rnnscope.repair.edits import applied, between, unified


def read(file: str | Path) -> tuple[str, str]:
    """The text of a source file with its own line ends, and its encoding."""
    with open(file, "rb") as opened:
        encoding, _ = tokenize.detect_encoding(opened.readline)
        opened.seek(0)
        return opened.read().decode(encoding), encoding


def write_text(file: Path, text: str, encoding: str) -> None:
    """Write a file so that it is never half written, with the permissions that it had."""
    target = file.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(text.encode(encoding))
        os.chmod(name, target.stat().st_mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def by_file(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """The edits of each file."""
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.file, []).append(edit)
    return found


def composed(edits: Iterable[Edit], further: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits of the files, and then edits of what they have become, as edits of the files."""
    first, second = by_file(edits), by_file(further)
    made: list[Edit] = []
    for file in {**first, **second}:
        text, _ = read(file)
        changed = applied(applied(text, first.get(file, [])), second.get(file, []))
        made += between(file, text, changed)
    return tuple(made)


def diff(edits: Iterable[Edit]) -> str:
    """The edits as one unified diff; ``git apply`` takes it in the current folder."""
    parts = []
    for file, own in by_file(edits).items():
        name = Path(os.path.relpath(file)).as_posix()
        parts.append(unified(name, read(file)[0], own))
    return "".join(parts)


def refusal(file: str, folders: Iterable[Path], since: float) -> str | None:
    """Why a file is left alone: not the user's, elsewhere, or written since the run began."""
    path = Path(file).resolve()
    if not path.is_file() or not is_users(str(path)):
        return "it is no file of yours"
    if not any(path.is_relative_to(folder.resolve()) for folder in folders):
        return "it lies outside of the script's folder and of the current one"
    return "it was changed since the run began" if path.stat().st_mtime > since else None


def write(edits: Iterable[Edit], folders: Iterable[Path], since: float) -> list[str]:
    """Write the edits into the user's files; what comes back names those that were left alone.

    ``since`` is when the run began, in seconds as ``time.time`` counts them.
    """
    told, allowed = [], list(folders)
    for file, own in by_file(edits).items():
        reason = refusal(file, allowed, since)
        if reason is not None:
            told.append(f"{file} is left as it is: {reason}.")
            continue
        text, encoding = read(file)
        write_text(Path(file), applied(text, own), encoding)
    return told
