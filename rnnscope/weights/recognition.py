"""The recurrent layers among the tensors of a file, told by names and shapes alone.

A layer is recognised when its parameters are exactly those that ``predict`` gives for one
configuration: one that is missing, or of another shape, and it is no layer of torch.nn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rnnscope.axes import shape_text
from rnnscope.cells import KINDS
from rnnscope.config import DTYPES, RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.facts import LayerFacts, ParameterFact
from rnnscope.prediction import predict
from rnnscope.weights.stored import Stored

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """The parameters under one path of a file, and the layer of torch.nn that they are.

    ``config`` is None where they are none, and ``problem`` says why. Options that shapes do not
    tell have torch's default in ``config``, and are listed in ``unknown``. ``parameters`` are by
    torch's names; ``notes`` say which of them the file keeps in another form.
    """

    path: str
    parameters: Mapping[str, Stored]
    config: RNNConfig | None = None
    problem: str | None = None
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each parameter."""
        return {name: stored.shape for name, stored in self.parameters.items()}

    def facts(self) -> LayerFacts:
        """What is so of the layer, with the dtypes and bytes of the file."""
        assert self.config is not None
        predicted = predict(self.config)
        own = tuple(_as_stored(p, self.parameters[p.name]) for p in predicted.parameters)
        return replace(predicted, parameters=own, tensors=(), macs=None)


def _as_stored(parameter: ParameterFact, stored: Stored) -> ParameterFact:
    """The parameter with the file's dtype and bytes, and its gates in the order of the file."""
    rows = {row.gate.letter: row for row in parameter.rows}
    places = [(row.start, row.stop) for row in parameter.rows]
    if stored.gates and rows:
        moved = zip(stored.gates, places, strict=True)
        own = tuple(replace(rows[gate], start=start, stop=stop) for gate, (start, stop) in moved)
        parameter = replace(parameter, rows=own)
    return replace(parameter, dtype=stored.dtype, nbytes=stored.nbytes)


def layers_in(tensors: Iterable[Stored]) -> tuple[StoredLayer, ...]:
    """Every group of parameters that are named like a recurrent layer's, in the file's order.

    >>> weights = {"weight_ih": (9, 2), "weight_hh": (9, 3)}
    >>> (found,) = layers_in(Stored(f"rnn.{name}", weights[name], "float32") for name in weights)
    >>> print(found.path, found.config)
    rnn GRUCell(2, 3, bias=False)
    """
    groups: dict[str, dict[str, dict[str, Stored]]] = {}
    for tensor in tensors:
        if place := _NAME.fullmatch(tensor.name):
            path, name, form = place.groups(default="")
            groups.setdefault(path, {}).setdefault(name, {})[form] = tensor
    paths = _shown(list(groups))
    return tuple(_layer(paths[path], group) for path, group in groups.items())


_NAME = re.compile(
    r"(?:(.+?)\.)??(?:parametrizations\.)?"
    r"((?:weight_(?:ih|hh|hr)|bias_(?:ih|hh))(?:_l[0-9]{1,5}(?:_reverse)?)?)"
    r"(\.original[0-9]?|\.[0-9]+\._[uv]|_g|_v|_u|_orig|_mask)?"
)
# What wrappers and pickled modules put between the names that the user gave.
_INNER = frozenset(("_orig_mod", "_modules", "_parameters"))
_OUTER = ("state_dict", "module")


def _shown(paths: list[str]) -> dict[str, str]:
    """The paths without what wrappers add to them, where that leaves them different."""
    shown = {path: _plain(path) for path in paths}
    alike = Counter(shown.values())
    return {path: path if alike[plain] > 1 else plain for path, plain in shown.items()}


def _plain(path: str) -> str:
    parts = [part for part in path.split(".") if part not in _INNER]
    for outer in _OUTER:
        if parts[:1] == [outer]:
            del parts[0]
    return ".".join(parts)


def _layer(path: str, group: Mapping[str, Mapping[str, Stored]]) -> StoredLayer:
    parameters, notes = {}, []
    for name, forms in group.items():
        found = _stands_for(forms)
        if found is None:
            kept = " and ".join(name + form for form in forms)
            return StoredLayer(path, {}, problem=f"{name} is kept as {kept}, an unknown form")
        form, stored = found
        parameters[name] = replace(stored, name=name, offset=None if form else stored.offset)
        if form:
            notes.append(f"{name} is computed of {' and '.join(name + form for form in forms)}")
    layer = told(path, parameters)
    return replace(layer, notes=(*layer.notes, *notes))


def _stands_for(forms: Mapping[str, Stored]) -> tuple[str, Stored] | None:
    """The stored tensor that has the shape of the parameter: weight_norm and others split it."""
    for scale, direction in ((".original0", ".original1"), ("_g", "_v")):
        if scale in forms and direction in forms:
            stored = forms[direction]
            rows = (stored.shape[:1] or (0,))[0]
            return (direction, stored) if forms[scale].shape == (rows, 1) else None
    return next(((form, forms[form]) for form in ("", ".original", "_orig") if form in forms), None)


def told(path: str, parameters: Mapping[str, Stored]) -> StoredLayer:
    """The layer of torch.nn whose parameters these are, or why they are none."""
    shapes = {name: stored.shape for name, stored in parameters.items()}
    config = _config(shapes, _dtype(parameters))
    problem = _misfit(config, shapes) if isinstance(config, RNNConfig) else config
    problem = problem or _not_computed(parameters)
    if problem or not isinstance(config, RNNConfig):
        return StoredLayer(path, parameters, problem=problem)
    notes = [f"{s.name} is {s.dtype}" for s in parameters.values() if s.dtype != config.dtype]
    notes += dict.fromkeys(s.note for s in parameters.values() if s.note)
    return StoredLayer(path, parameters, config, unknown=_unknown(config), notes=tuple(notes))


def _dtype(parameters: Mapping[str, Stored]) -> str:
    first = next(iter(parameters.values())).dtype
    return first if first in DTYPES else "float32"


def _not_computed(parameters: Mapping[str, Stored]) -> str | None:
    strange = next((s for s in parameters.values() if s.dtype not in DTYPES), None)
    return f"{strange.name} is {strange.dtype}, no dtype of a recurrent layer" if strange else None


def _config(shapes: Mapping[str, Shape], dtype: str) -> RNNConfig | str:
    """The only configuration that these parameters can have, or why there is none."""
    cell = "weight_hh" in shapes or "weight_ih" in shapes
    end = "" if cell else "_l0"
    missing = [name for name in (f"weight_ih{end}", f"weight_hh{end}") if name not in shapes]
    if missing:
        return f"{missing[0]} is missing"
    for name in (f"weight_ih{end}", f"weight_hh{end}", f"weight_hr{end}"):
        if len(shapes.get(name, (0, 0))) != 2:
            return f"{name} is {shape_text(shapes[name])}, and torch's has two axes"
    (_, columns), (rows, width) = shapes[f"weight_ih{end}"], shapes[f"weight_hh{end}"]
    projection, hidden = shapes.get(f"weight_hr{end}", (0, width))
    kinds = [
        k for k in KINDS.values() if k.single_step == cell and k.cell.gate_multiple * hidden == rows
    ]
    if len(kinds) != 1:
        shown = f"weight_hh{end} is {shape_text((rows, width))}"
        return f"{shown}: its rows are not 4 (LSTM), 3 (GRU) or 1 (RNN) times {hidden}"
    if projection and kinds[0].name != "LSTM":
        shown = shape_text(shapes[f"weight_hr{end}"])
        return f"weight_hr{end} is {shown}: only the LSTM has one, of other sizes"
    layers = [int(number) for name in shapes for number in re.findall(r"_l([0-9]+)", name)]
    options: dict[str, Any] = {} if cell else {
        "num_layers": 1 + max(layers),
        "bidirectional": any(name.endswith("_reverse") for name in shapes),
        "proj_size": projection,
    }  # fmt: skip
    bias = any(name.startswith("bias") for name in shapes)
    try:
        return RNNConfig(kinds[0].name, columns, hidden, bias=bias, dtype=dtype, **options)
    except ConfigError as error:
        return str(error).rstrip(".")


def _misfit(config: RNNConfig, shapes: Mapping[str, Shape]) -> str | None:
    """How these parameters differ from those of the configuration that they come nearest to."""
    try:
        wanted = {p.name: p.shape for p in predict(config).parameters}
    except ConfigError as error:
        return str(error).rstrip(".")
    wrong = [
        *(f"{name} is missing" for name in wanted if name not in shapes),
        *(f"{name} has no place in it" for name in shapes if name not in wanted),
        *(
            f"{name} is {shape_text(shapes[name])}, not {shape_text(shape)}"
            for name, shape in wanted.items()
            if shapes.get(name, shape) != shape
        ),
    ]
    more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return f"{', '.join(wrong[:3])}{more}, if it is to be {config}" if wrong else None


def _unknown(config: RNNConfig) -> tuple[str, ...]:
    """The options that leave no trace in names and shapes."""
    silent = ("nonlinearity", "batch_first", "dropout")
    return tuple(name for name in silent if name in KINDS[config.kind].options)
