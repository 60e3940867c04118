"""explain(): the parts of an explanation, gathered in one pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.explanation.claim_checker import ClaimChecker
from rnnscope.explanation.claims import claims_of
from rnnscope.explanation.descriptions import meaning, notes, pieces
from rnnscope.explanation.equation_steps import lines_of
from rnnscope.explanation.model import Check, Explanation
from rnnscope.explanation.recipes import recipes_of
from rnnscope.explanation.resolve_name import Topic, is_fact, topic
from rnnscope.explanation.themes import Theme, theme
from rnnscope.facts import LayerFacts
from rnnscope.prediction import predict
from rnnscope.torch_import import import_torch

if TYPE_CHECKING:
    from torch import nn


def explain(
    subject: str | RNNConfig | nn.Module,
    name: str | None = None,
    *,
    time: int | None = None,
    layer: int | None = None,
    call: Call | None = None,
    seed: int = 0,
    run: bool = True,
) -> Explanation:
    """Explain one tensor or parameter of a layer, or without a name one whole time step.

    ``subject`` is a text such as ``"LSTM(10, 20)"``, an RNNConfig, or a live layer; of a live layer
    the claims are checked on its own weights. ``name`` may also be a gate (``"forget gate"``), a
    family (``"bias"``), an option (``"batch_first"``) or a symbol (``"N"``). ``time`` and ``layer``
    count from 0 and choose the step that is shown; None is where the tensor is made or first used.
    The input is drawn from ``seed``. Without ``run``, or where torch does not exist, the arithmetic
    is told alone: no lines of the cell and no checks. Nothing of the module, and no random stream,
    is changed. Raises ConfigError, SubjectError, UnknownNameError, and CallError for a time or
    layer that there is not.

    >>> explanation = explain("LSTM(10, 20, num_layers=2, bidirectional=True)", "h_n")
    >>> explanation.axes.shape, explanation.pieces[2].what, explanation.holds
    ((4, 3, 20), 'layer 1 forward, the same as [-2]', True)
    """
    config = subject if isinstance(subject, RNNConfig) else _config(subject)
    facts = predict(config, call or Call())
    about, themed = _asked(facts, name, time, layer)
    module = None if isinstance(subject, str | RNNConfig) else subject
    told = _themed(about, themed) if themed else _told(about)
    if not run:
        return replace(told, unchecked="only the arithmetic was asked for")
    try:
        import_torch()
    except ImportError:
        return replace(told, unchecked="torch is not installed")
    lines = lines_of(about)
    if themed:
        lines = tuple(line for line in lines if line.tells(themed.gates))
    return _checked(replace(told, lines=lines), module, seed)


def _config(subject: Any) -> RNNConfig:
    return RNNConfig.parse(subject) if isinstance(subject, str) else RNNConfig.of(subject)


def _asked(
    facts: LayerFacts, name: str | None, time: int | None, layer: int | None
) -> tuple[Topic, Theme | None]:
    """The tensor or parameter of this name, or else the theme. Raises UnknownNameError."""
    if name is not None and not is_fact(facts, name) and (found := theme(facts, name, layer)):
        return topic(facts, None, time, layer), found
    return topic(facts, name, time, layer), None


def _themed(about: Topic, themed: Theme) -> Explanation:
    facts, claimed = about.facts, about
    if themed.claimed:
        member = next((f for f in facts.parameters if f.name.startswith(themed.claimed)), None)
        claimed = topic(facts, member.name if member else themed.claimed, None, None)
    return Explanation(
        config=facts.config,
        call=facts.call,
        name=themed.name,
        meaning=themed.meaning,
        time=about.time,
        layer=about.layer,
        direction=about.direction,
        table=themed.table,
        notes=(*themed.notes, *(notes(claimed) if themed.claimed else ())),
        checks=tuple(Check(claim) for claim in claims_of(claimed)),
    )


def _told(about: Topic) -> Explanation:
    """All that is arithmetic: every size in it comes from the facts."""
    return Explanation(
        config=about.facts.config,
        call=about.facts.call,
        name=about.name,
        meaning=meaning(about),
        time=about.time,
        layer=about.layer,
        direction=about.direction,
        axes=about.axes,
        pieces=pieces(about),
        notes=notes(about),
        recipes=recipes_of(about),
        checks=tuple(Check(claim) for claim in claims_of(about)),
    )


def _checked(explanation: Explanation, module: nn.Module | None, seed: int) -> Explanation:
    """Evaluate every claim on the real layer, the evidence of the recipes included."""
    import torch

    from rnnscope.measuring.random_run import measure_config
    from rnnscope.reference.agreement import undisturbed

    config, call = explanation.config, explanation.call
    if module is not None and config.device != "meta":
        with torch.no_grad(), undisturbed(module):
            return _on_live(explanation, module, seed)
    trial = measure_config(config, call, seed)
    if not trial.complete:
        return replace(explanation, unchecked=trial.incomplete)
    with torch.no_grad(), undisturbed(trial.module):
        return _evaluated(
            explanation, ClaimChecker(config, trial.module, trial.inputs, trial.result)
        )


def _on_live(explanation: Explanation, module: nn.Module, seed: int) -> Explanation:
    """On the user's own layer, with an input of the call's sizes; its hooks do not run."""
    from rnnscope.measuring.random_run import MOST_MACS, random_arguments

    config, call = explanation.config, explanation.call
    if (macs := explanation.facts.macs or 0) > MOST_MACS:
        words = f"{macs:,} multiply-accumulates are more than the {MOST_MACS:,} that are run"
        return replace(explanation, unchecked=words)
    inputs = random_arguments(config, call, seed)
    try:
        result = module.forward(*inputs)
    except Exception as error:  # whatever torch has against this dtype, device or memory
        reason = str(error).partition("\n")[0]
        return replace(explanation, unchecked=f"torch refuses: {reason}")
    return _evaluated(explanation, ClaimChecker(config, module, inputs, result))


def _evaluated(explanation: Explanation, checker: ClaimChecker) -> Explanation:
    evidence = [
        replace(recipe.claim, shows="each way to one row holds what is said of it")
        for recipe in explanation.recipes
        if recipe.claim
    ]
    claims = dict.fromkeys([*(check.claim for check in explanation.checks), *evidence])
    return replace(
        explanation,
        recipes=checker.filled(explanation.recipes),
        checks=tuple(checker.check(claim) for claim in claims),
    )
