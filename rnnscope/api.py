"""The whole river on one page: what each verb does, in the order in which data flows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnscope import conclusions
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.errors import SubjectError
from rnnscope.findings import Severity
from rnnscope.prediction import check_packs, predict
from rnnscope.report import Report
from rnnscope.results import LayerResult, Outcome
from rnnscope.rules import examine
from rnnscope.subjects import Construction, LayerCall, TensorSpec
from rnnscope.torch_import import import_torch, torch_version
from rnnscope.weights import names_weights

if TYPE_CHECKING:
    from torch import Tensor

    from rnnscope.dependence.facts import Dependence
    from rnnscope.dependence.report import Depends
    from rnnscope.explained import Explained
    from rnnscope.gating import Gates
    from rnnscope.measuring.inspection import CallInspection, LayerInspection, ModelInspection
    from rnnscope.verified import Verified


def inspect(subject: object, *inputs: object, reference: bool = False, **named: object) -> Report:
    """Tell every parameter and every tensor of a layer, or of each recurrent layer in a model.

    ``subject`` is an RNNConfig, a text such as ``"LSTM(10, 20)"``, a live layer, any module with
    recurrent layers inside, or a weights file such as ``"model.safetensors"``. With ``inputs`` (and
    ``named`` ones) the module is run on them once, and each layer's real calls are told; when it
    raises half way, the report holds every layer up to there and the reason. Of parts that look
    recurrent and are none of torch's the axes are told by behaviour. A single layer is also
    recomputed from scratch: at once with ``reference``, else when the report is printed. Nothing of
    the module is changed.
    Raises SubjectError, ConfigError, TargetError.

    >>> inspect("LSTM(10, 20, num_layers=2)").layers[0].facts.tensor("h_n").shape
    (2, 3, 20)
    """
    if isinstance(subject, str | Path) and names_weights(subject):
        return inspect_weights(subject)
    if isinstance(subject, str):
        subject = RNNConfig.parse(subject)
    if isinstance(subject, RNNConfig):
        return inspect_config(subject, reference=reference or None)
    import_torch()
    from rnnscope.measuring.inspection import inspect_model

    behaviours: tuple[tuple[str, Dependence], ...] = ()
    if inputs and not named:
        from rnnscope.dependence.parts import recurrent_parts

        behaviours = recurrent_parts(subject, inputs)
    try:
        found = inspect_model(subject, *inputs, **named)
    except SubjectError:
        if not behaviours:
            raise
        return Report(torch=torch_version(), behaviours=behaviours)
    layers = tuple(_layer_result(layer, call) for layer in found.layers for call in layer.calls)
    report = Report(
        layers,
        found.failure.findings if found.failure else (),
        torch=torch_version(),
        outcome=_outcome(found),
        model=not found.single,
        behaviours=behaviours,
    )
    # Only torch's own classes: one that extends them may compute something else.
    plain = type(subject).__module__ == "torch.nn.modules.rnn"
    if plain and inputs and found.failure is None:
        return _with_reference(report, subject, inputs, at_once=reference)
    return report


def inspect_target(
    target: str, arguments: str | None = None, shapes: Sequence[str] = (), seed: int = 0
) -> Report:
    """Build ``path/to/file.py:Name`` as ``verify`` does and tell its recurrent layers.

    ``arguments`` are those of the class, when they cannot be told from their names. With the
    ``shapes`` of its inputs it is run once, on random ones; the state of torch's random stream
    stays. Raises TargetError, SubjectError, CallError.
    """
    import_torch()
    from rnnscope.measuring.inputs import random_inputs
    from rnnscope.verification.construct import built

    with built(target, arguments) as model:
        return inspect(model, *random_inputs(model, shapes, seed))


def inspect_config(
    config: RNNConfig,
    call: Call | None = None,
    *,
    seed: int = 0,
    run: bool = True,
    reference: bool | None = True,
) -> Report:
    """Predict one layer and, with ``run``, build it, run it on random inputs, and compare.

    ``seed`` gives the weights and inputs; torch's own random stream is left as it was. With
    ``reference`` the layer is also recomputed from scratch; None puts that off until the report is
    printed. Raises DeviceError.
    """
    facts = predict(config, call or Call())
    findings = examine(Construction(config.kind, kwargs=config.arguments(), config=config))
    if not run:
        return Report((LayerResult(facts),), findings)
    import_torch()
    from rnnscope.measuring.random_run import measure_config

    trial = measure_config(config, facts.call, seed=seed)
    layer = LayerResult(facts, measured=trial.facts, incomplete=trial.incomplete)
    report = Report((layer,), findings, torch=torch_version())
    if reference is False or not trial.complete:
        return report
    return _with_reference(report, trial.module, trial.inputs, at_once=bool(reference))


def inspect_weights(
    path: str | Path, *, prefix: str = "", against: str | None = None, values: bool = False
) -> Report:
    """Tell every recurrent layer in a weights file, by names and shapes; nothing of it is run.

    ``prefix`` keeps the layers below one path. ``against`` is what they should fit: a text such as
    ``"nn.LSTM(10, 20, 2)"`` for each, or ``"model.py:Net"``, which is built. ``values`` reads the
    numbers, too. Raises TargetError, SubjectError, ConfigError.
    """
    from rnnscope.weights.inspection import report_of

    return report_of(Path(path), prefix, against, values)


def configs_of(weights: str | Path | Mapping[str, object]) -> dict[str, RNNConfig]:
    """The recurrent layers in a weights file or a state_dict, by their paths.

    What names and shapes do not tell (batch_first, dropout, the nonlinearity of an RNN) has torch's
    default; parameters that are no layer of torch.nn are left out. Raises TargetError.

    >>> from torch import nn
    >>> print(configs_of(nn.Sequential(nn.GRU(10, 20, bidirectional=True)).state_dict())["0"])
    GRU(10, 20, bidirectional=True)
    """
    from rnnscope.weights.checking import held_layers, stored_layers

    if isinstance(weights, str | Path):
        layers = stored_layers(Path(weights))
    else:
        layers = held_layers(weights)
    return {layer.path: layer.config for layer in layers if layer.config is not None}


def explain(
    subject: Any,
    name: str | None = None,
    *,
    time: int | None = None,
    layer: int | None = None,
    call: Call | None = None,
    seed: int = 0,
    run: bool = True,
) -> Explained:
    """Explain one tensor or parameter of a layer, or without a name one whole time step.

    ``subject`` is a text such as ``"LSTM(10, 20)"``, an RNNConfig, or a live layer. Every claim is
    checked on the real layer: on the live one, or on one built from ``seed``. ``time`` and
    ``layer`` choose the step that is shown; without ``run`` the arithmetic is told alone.
    Raises UnknownNameError, CallError, ConfigError, SubjectError.

    >>> explain("GRU(10, 20, batch_first=True)", "h_n").axes.shape
    (1, 3, 20)
    """
    from rnnscope.explained import Explained
    from rnnscope.explanation.explaining import explain as explanation_of

    told = explanation_of(subject, name, time=time, layer=layer, call=call, seed=seed, run=run)
    return Explained.of(told)


def verify(
    target: object,
    like: str | RNNConfig,
    *,
    arguments: str | None = None,
    mapping: str | None = None,
) -> Verified:
    """Tell whether a hand-written layer is the same function as torch's, and if not, what differs.

    ``target`` is a class, an object, or a text ``"path/to/file.py:Name"``; ``arguments`` are those
    of the class when they cannot be told from their names, and ``mapping`` says which parameter
    holds which of torch's, as the report prints it. The object is copied, never changed.
    Raises TargetError, ConfigError.

    >>> from torch import nn
    >>> verify(nn.LSTM, like="LSTM(10, 20)").same
    True
    """
    import_torch()
    from rnnscope.unobserved import tell
    from rnnscope.verification.verifying import verify as verification_of
    from rnnscope.verified import Verified

    found = Verified.of(verification_of(target, like, arguments, mapping), torch_version())
    tell(found.findings)
    return found


def depends(target: Any, *inputs: Any, parts: bool = False) -> Depends:
    """Tell what each axis of a module of any kind is, by what moves when something changes.

    ``target`` is a module, an object with a ``forward``, a function, or a text as the command line
    takes it. Each of ``inputs`` is what the target is called with; a tuple of numbers stands for a
    tensor of these sizes, None among them for a small one, and without inputs they are chosen. At
    most ``4 + 2 * axes`` forward passes are run, each on a copy as new. With ``parts`` every part
    is looked at as well. Raises CallError, TargetError.

    >>> from torch import nn
    >>> depends(nn.GRU(4, 5, batch_first=True), (3, 7, 4)).axes("input")
    ('batch', 'time causal', 'features')
    """
    import_torch()
    from rnnscope.dependence.asking import depends_of_module, depends_of_target

    if isinstance(target, str):
        return depends_of_target(target, given=inputs, parts=parts)
    return depends_of_module(target, inputs, parts)


def gates(
    subject: Any,
    *inputs: Any,
    loss: Callable[..., Tensor] | None = None,
    seed: int = 0,
    **named: Any,
) -> Gates:
    """Tell what every gate of a layer did at every step of ``layer(input, hx)``.

    ``subject`` is a live recurrent layer or cell, an RNNConfig, or a text such as
    ``"LSTM(10, 20)"``; without an input a random one is drawn from ``seed``. Of a model each
    recurrent layer's last call in ``model(*inputs, **named)`` is told. The reference
    recomputes the layer openly, without dropout, and must agree with it. ``loss`` is called with
    what the layer or model returns, as in ``lambda output, states: criterion(output[-1], target)``,
    and its gradient is told step by step. Nothing of the layer is changed.
    Raises SubjectError, ConfigError, CallError, and what torch raises for an input that it refuses.

    >>> seen = gates("LSTM(10, 20)", loss=lambda output, states: output[-1].sum())
    >>> tuple(seen["layer 0 forward"].forget.shape), seen.agrees
    ((5, 3, 20), True)
    """
    import_torch()
    from rnnscope.gating.asking import gates_of

    return gates_of(subject, inputs, named, loss, seed)


def convert(
    subject: Any,
    *,
    to: str | None = None,
    from_: str | None = None,
    like: Any = None,
    **options: Any,
) -> dict[str, Tensor]:
    """The weights of a layer under another framework's names, or a framework's under torch's.

    With ``to`` the subject is a layer or its state_dict, with ``from_`` a mapping of the
    framework's arrays, and ``like`` the layer that they are to be: live, an RNNConfig or a text.
    The frameworks are onnx, keras and flax. Their conventions may be given, as in
    ``reset_after=False``, and are refused where torch has no such function.
    Raises ConfigError, SubjectError, CallError, UnknownNameError.

    >>> lstm = RNNConfig("LSTM", 10, 20).build()
    >>> {name: tuple(a.shape) for name, a in convert(lstm, to="keras").items()}
    {'layer_0/kernel': (10, 80), 'layer_0/recurrent_kernel': (20, 80), 'layer_0/bias': (80,)}
    """
    import_torch()
    from rnnscope.layouts.conversion import converted

    return converted(subject, to, from_, like, options)


def _with_reference(report: Report, module: Any, inputs: tuple[Any, ...], at_once: bool) -> Report:
    """The report with the reference's word on these inputs: now, or when it is printed."""
    layer = report.layers[0]

    def recompute() -> LayerResult:
        from rnnscope.reference.agreement import TOLERANCES, disagreement

        tolerance = TOLERANCES[layer.facts.config.dtype]
        return replace(layer, reference=disagreement(module, *inputs), tolerance=tolerance)

    if at_once:
        return replace(report, layers=(recompute(), *report.layers[1:]))
    return replace(report, recompute=recompute)


def _layer_result(layer: LayerInspection, call: CallInspection) -> LayerResult:
    return LayerResult(
        call.predicted,
        measured=call.measured,
        incomplete=call.incomplete,
        paths=tuple(path for path in layer.paths if path),
        notes=layer.notes,
        call_index=call.index,
        calls=call.count,
    )


def _outcome(found: ModelInspection) -> Outcome | None:
    return Outcome(found.failure.exception, found.failure.message) if found.failure else None


def check_plan(
    config: RNNConfig,
    input: TensorSpec | None,
    states: TensorSpec | None = None,
    lengths: tuple[int, ...] | None = None,
    built: Construction | None = None,
) -> Report:
    """What is wrong with a call of these sizes; when nothing is, the facts of the call as well.

    ``lengths`` mean that the padded input is packed; ``built`` is the layer as it was written.
    Imports no torch.
    Raises CallError for a cell with lengths.
    """
    if lengths is not None:
        check_packs(config)
    from rnnscope.subjects.planned_call import call_of, findings_of_plan

    planned = LayerCall(config, input, states)
    built = built or Construction(config.kind, kwargs=config.arguments(), config=config)
    found = (*examine(built), *findings_of_plan(planned, lengths))
    call = None if any(f.severity is Severity.ERROR for f in found) else call_of(planned, lengths)
    layers = (LayerResult(predict(config, call)),) if call else ()
    return Report(layers, found, conclusion=conclusions.of_call(planned, found))


def check(layer: Any, input: Any = None, hx: Any = None) -> Report:
    """Find what is wrong with ``layer(input, hx)`` before torch runs it.

    ``layer`` is a live layer, an RNNConfig or a text such as ``"LSTM(10, 20)"``; input and states
    are tensors, or their shapes as tuples of ints. Nothing is run.
    Raises SubjectError, ConfigError.

    >>> [f.code for f in check("GRU(10, 20, batch_first=True)", (3, 5, 10), (3, 1, 20)).findings]
    ['RNN202']
    """
    from rnnscope.subjects.planned_call import written
    from rnnscope.subjects.tensor_spec import holds_tensors, sketch_of

    built = written(layer) if isinstance(layer, str) else None
    if built is not None:
        layer = built.config
    config = layer if isinstance(layer, RNNConfig) else RNNConfig.of(layer)
    given, states = sketch_of(input), sketch_of(hx)
    if holds_tensors(input):
        live = LayerCall(config, given, states, live=True)
        found = examine(live)
        return Report((), found, conclusion=conclusions.of_call(live, found))
    return check_plan(config, given if input is not None else None, states, built=built)


def diagnose(subject: BaseException | str) -> Report:
    """Explain an exception, or the text of an error, a warning or a whole traceback.

    The report has no findings when the text is not about recurrent layers.

    >>> [f.code for f in diagnose("Expected hidden size (2, 3, 20), got [3, 2, 20]").findings]
    ['RNN202']
    """
    from rnnscope.diagnosis import diagnosed, failures_of
    from rnnscope.frames import source_line
    from rnnscope.repair import completed

    failure, found = diagnosed(failures_of(subject))
    if failure is not None and failure.source == source_line(failure.location):
        found = completed(found)  # the file is the one that the text speaks of
    outcome = Outcome(failure.exception, failure.text) if failure else Outcome()
    conclusion = conclusions.of_message(str(subject), found)
    return Report((), found, outcome=outcome, conclusion=conclusion)
