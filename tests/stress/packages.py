"""Recurrent models out of released packages, watched: none of them may be accused wrongly.

    python tests/stress/packages.py                  every model
    python tests/stress/packages.py asteroid tsai    those whose names contain one of these

Each is built small, from scratch, and trained for one epoch of a shuffling DataLoader, then run in
evaluation mode, all under rnnscope.watch(). It is done twice: with the package as a library, as a
user has it, and as if its files were the user's own, as its authors see it. What is found is
printed with its line; exit status 1 when something was found that is not in CAUGHT. Packages that
are not installed, or do not import, are named and passed over; packages-requirements.txt says how
to install them. The models are in released/; real mistakes, with their proofs, are in CAUGHT.

Silence says most where the probe compares samples too. It does not where the samples of a call lie
in one axis with something else (graphs), where no loader says which they are, where a package runs
another path for other values, and in layers written by hand.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import torch
from released import CASES, Case
from released.cases import BATCH, Outputs
from torch.utils.data import DataLoader, TensorDataset

import rnnscope
from rnnscope import frames
from rnnscope.findings import Finding
from rnnscope.recording import user_code

PACKAGES = [
    "asteroid",
    "darts",
    "demucs",
    "denoiser",
    "easyocr",
    "espnet",
    "gluonts",
    "neuralforecast",
    "openunmix",
    "pyannote",
    "pytorch_forecasting",
    "recbole",
    "sb3_contrib",
    "speechbrain",
    "stable_baselines3",
    "stanza",
    "tianshou",
    "torch_geometric",
    "transformers",
    "tsai",
]

# Real mistakes in released packages, by model and code, each with its proof.
LAST_STEP = (
    "models/RNN.py takes output[:, -1] also when bidirectional: the backward half of it has seen "
    "the last step only. weight_hh_l0_reverse gets exactly zero gradient, weight_hh_l0 does not."
)
TORN = (
    "nnet/RNN.py reshapes the states from (batch, layers, 2*hidden) to (2*layers, batch, hidden) "
    "without moving axes. LiGRU(8, (6, 10, 5), num_layers=2, bidirectional=True).eval(): changing "
    "sample 0 moves the returned states of sample 1 by 0.41, the output of no sample but 0."
)
CAUGHT: dict[tuple[str, str], str] = {
    ("speechbrain_LiGRU", "RNN303"): TORN,
    ("tsai_GRU_bidirectional", "RNN402"): LAST_STEP,
    ("tsai_LSTMPlus", "RNN402"): LAST_STEP.replace(
        "models/RNN.py takes output[:, -1]", "LastStep of models/layers.py takes x[..., -1]"
    ),
}


class _StandIn(types.ModuleType):
    """A module of which anything may be imported: its models here use none of it."""

    __path__: list[str] = []  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StandIn(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) else _StandIn("result")

    def __len__(self) -> int:
        return 0

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (object,)


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the stand-ins: parts compiled against another torch, imported and not used here."""

    NAMES = ("torchaudio", "torchvision", "torchcodec", "torch_audiomentations", "ray", "optuna")

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name.split(".")[0] not in self.NAMES:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: Any) -> types.ModuleType:
        module = _StandIn(spec.name)
        module.__dict__["__version__"] = "2.11.0"
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
    elif hasattr(value, "values") and callable(value.values):
        yield from _tensors(list(value.values()))


def loss_of(outputs: Outputs) -> torch.Tensor:
    """The mean square of everything that a model returns and that has a gradient."""
    parts = [t for t in _tensors(outputs) if t.is_floating_point() and t.requires_grad]
    return torch.stack([part.pow(2).mean() for part in parts]).sum()


def train_and_evaluate(subject: Case) -> None:
    loader = DataLoader(TensorDataset(*subject.data), batch_size=BATCH, shuffle=True)
    weights = [p for p in subject.model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=1e-3)
    subject.model.train()
    for batch in loader:
        optimizer.zero_grad()
        outputs = subject.run(*batch)
        if any(t.requires_grad for t in _tensors(outputs)):
            loss_of(outputs).backward()
            optimizer.step()
    subject.model.eval()
    with torch.no_grad():
        for batch in loader:
            subject.run(*batch)


def watched(name: str, as_authors: bool) -> tuple[Finding, ...]:
    """What a watch finds in one model, of severity error or warning."""
    if as_authors:
        user_code.is_users = _is_authors
    _forget_places()
    torch.manual_seed(0)
    try:
        subject = CASES[name]()
        with rnnscope.watch() as seen:
            train_and_evaluate(subject) if isinstance(subject, Case) else subject()
    finally:
        user_code.is_users = frames.is_users
        _forget_places()
    return tuple(f for f in seen.findings if f.severity.counts)


def _is_authors(filename: str) -> bool:
    """True for the user's files, and for those of the package that the models come from."""
    package = filename.partition("/site-packages/")[2].partition("/")[0]
    return frames.is_users(filename) or package in PACKAGES


def _forget_places() -> None:
    user_code._kinds.clear()
    user_code._places.clear()
    user_code._instructions.clear()


def report(name: str) -> tuple[str, bool]:
    """(what to print, whether it is as it must be) for one model."""
    found: dict[tuple[str, str], Finding] = {}
    for as_authors in (False, True):
        for finding in watched(name, as_authors):
            found.setdefault((finding.code, str(as_authors)), finding)
    lines = [f"{name}: {'silent' if not found else ''}"]
    fine = True
    for (code, authors), finding in found.items():
        known = CAUGHT.get((name, code))
        fine &= known is not None
        lines.append(f"  {'catch' if known else 'ALARM'} (authors: {authors}) {finding}")
        lines += [f"      {related}" for related in finding.related]
        lines += [f"      proof: {known}"] if known else []
    return "\n".join(lines), fine


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("names", nargs="*", help="parts of names of models")
    wanted = options.parse_args().names
    sys.meta_path.append(_StandIns())
    torch.set_num_threads(2)
    warnings.simplefilter("ignore")
    ran, absent, alarms = 0, 0, 0
    for name in [n for n in CASES if not wanted or any(w in n for w in wanted)]:
        try:
            with redirect_stdout(sys.stderr):
                text, fine = report(name)
        except Exception as failure:
            absent += 1
            print(f"{name}: not run: {type(failure).__name__}: {str(failure)[:150]}", flush=True)
            continue
        ran, alarms = ran + 1, alarms + (not fine)
        print(text, flush=True)
    print(f"{ran} models ran, {absent} did not, {alarms} with alarms")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
