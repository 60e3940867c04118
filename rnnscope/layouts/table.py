"""The one table of other frameworks' layouts: what each array holds of torch's parameters.

Gates are named by torch's letters. Sources are in each row; what ``proven`` says was found by
running the framework on the same weights and input, see docs/converters.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError, UnknownNameError


class Join(str, Enum):
    """How one array holds two of torch's parameters."""

    SUM = "summed"
    END_TO_END = "one after the other"
    STACKED = "as two rows"


@dataclass(frozen=True, slots=True)
class Array:
    """One array: the parameters that it holds (without their place), and its gates in order.

    ``transposed`` means inputs in rows and gates in columns, the other way round than in torch.
    """

    name: str
    of: tuple[str, ...]
    gates: str = ""
    transposed: bool = False
    join: Join | None = None

    @property
    def bias(self) -> bool:
        """True for biases, which have one axis and are not transposed."""
        return self.of[0].startswith("bias")


@dataclass(frozen=True, slots=True)
class Convention:
    """An option of the framework that must have one value for the function to be torch's."""

    option: str
    value: object
    reason: str

    def __str__(self) -> str:
        return f"{self.option}={self.value!r}"


@dataclass(frozen=True, slots=True)
class CellLayout:
    """A cell of torch's in another framework; ``name`` is its class or operator there.

    ``convention`` is None where the function is the same whatever the options.
    """

    name: str
    arrays: tuple[Array, ...]
    convention: Convention | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A framework: its cells by torch's names, and where this is written, cell for cell.

    ``directions_axis`` is True where the directions of a layer are the first axis of its arrays,
    False where each has arrays of its own. ``bias_option`` is False where biases are always there.
    """

    name: str
    title: str
    cells: Mapping[str, CellLayout]
    source: str
    proven: bool = True
    directions_axis: bool = False
    bias_option: bool = True
    options: Mapping[str, str] = field(default_factory=dict)

    def cell_for(self, config: RNNConfig) -> CellLayout:
        """The framework's counterpart of a layer. Raises ConfigError where it has none."""
        cell = self.cells[config.cell.name]
        if config.proj_size and not any("weight_hr" in array.of for array in cell.arrays):
            raise ConfigError(
                "proj_size",
                config.proj_size,
                f"{self.title} has no LSTM with a projected state",
                "Leave proj_size out, or multiply weight_hr in by hand at every step.",
            )
        return cell

    def check(self, config: RNNConfig, options: Mapping[str, object]) -> None:
        """Raise ConfigError for an option under which the function is another one than torch's."""
        known = self.cell_for(config).convention
        for option, value in options.items():
            if known is None or option != known.option:
                allowed = f"{self.title} {config.cell.name} takes {known or 'no option'} here"
                raise ConfigError(option, value, allowed)
            if value != known.value:
                raise ConfigError(option, value, f"torch has only {known}: {known.reason}")


def _pair(input: str, state: str, gates: str, transposed: bool = False) -> tuple[Array, ...]:
    """The two weights of a cell."""
    return (
        Array(input, ("weight_ih",), gates, transposed),
        Array(state, ("weight_hh",), gates, transposed),
    )


def _biases(name: str, gates: str, join: Join) -> Array:
    return Array(name, ("bias_ih", "bias_hh"), gates, join=join)


def _onnx(name: str, gates: str, convention: Convention | None = None) -> CellLayout:
    arrays = (*_pair("W", "R", gates), _biases("B", gates, Join.END_TO_END))
    return CellLayout(name, arrays, convention)


def _keras(
    name: str, gates: str, join: Join = Join.SUM, convention: Convention | None = None
) -> CellLayout:
    weights = _pair("kernel", "recurrent_kernel", gates, transposed=True)
    return CellLayout(name, (*weights, _biases("bias", gates, join)), convention)


def _flax(name: str, arrays: str) -> CellLayout:
    """``"ii hi+ "``: each word a layer of its own, one gate each; + marks those with a bias."""
    made = []
    for word in arrays.split():
        dense = word.rstrip("+*")
        side, gate = ("ih" if dense[0] == "i" else "hh"), dense[1:] or "h"
        made.append(Array(f"{dense}/kernel", (f"weight_{side}",), gate, transposed=True))
        if word.endswith("+"):
            made.append(_biases(f"{dense}/bias", gate, Join.SUM))
        elif word.endswith("*"):
            made.append(Array(f"{dense}/bias", (f"bias_{side}",), gate))
    return CellLayout(name, tuple(made))


def _tensorflow(name: str, gates: str, scope: str = "") -> tuple[Array, ...]:
    both = ("weight_ih", "weight_hh")
    kernel = Array(f"{scope}kernel", both, gates, transposed=True, join=Join.END_TO_END)
    return kernel, _biases(f"{scope}bias", gates, Join.SUM)


def _cudnn(cell: str) -> tuple[Array, ...]:
    """One matrix and one bias for each linLayerID: the gates of the input, then of the state."""
    letters = [gate.letter for gate in KINDS[cell].cell.gates]
    numbered = enumerate((side, letter) for side in ("ih", "hh") for letter in letters)
    return tuple(
        Array(f"linLayerID {number} {what}", (f"{stem}_{side}",), letter)
        for number, (side, letter) in numbered
        for what, stem in (("matrix", "weight"), ("bias", "bias"))
    )


_AFTER = "it multiplies r_t into W_hn h_(t-1) + b_hn, after the product, not into h_(t-1) before it"
_RELU = "nonlinearity='relu' is activation='relu' there"

LAYOUTS: Mapping[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            "onnx",
            "ONNX",
            {
                "RNN": _onnx("RNN", "h"),
                "LSTM": _onnx("LSTM", "iofg"),
                "GRU": _onnx("GRU", "zrn", Convention("linear_before_reset", 1, _AFTER)),
            },
            "https://onnx.ai/onnx/operators/onnx__{cell}.html",
            directions_axis=True,
            options={"RNN": "nonlinearity='relu' is activations=['Relu'] for each direction"},
        ),
        Layout(
            "keras",
            "Keras",
            {
                "RNN": _keras("SimpleRNN", "h"),
                "LSTM": _keras("LSTM", "ifgo"),
                "GRU": _keras("GRU", "zrn", Join.STACKED, Convention("reset_after", True, _AFTER)),
            },
            "https://keras.io/api/layers/recurrent_layers/",
            options={"RNN": _RELU},
        ),
        Layout(
            "flax",
            "Flax",
            {
                "RNN": _flax("SimpleCell", "i+ h"),
                "LSTM": _flax("OptimizedLSTMCell", "ii if ig io hi+ hf+ hg+ ho+"),
                "GRU": _flax("GRUCell", "ir+ iz+ in* hr hz hn*"),
            },
            "https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html",
            bias_option=False,
            options={"RNN": "nonlinearity='relu' is activation_fn=jax.nn.relu there"},
        ),
        Layout(
            "coreml",
            "Core ML",
            {
                "RNN": CellLayout(
                    "rnn",
                    (*_pair("weight_ih", "weight_hh", "h"), _biases("bias", "h", Join.SUM)),
                ),
                "LSTM": CellLayout(
                    "lstm",
                    (*_pair("weight_ih", "weight_hh", "ifog"), _biases("bias", "ifog", Join.SUM)),
                    note="The backward direction's arrays are weight_ih_back, weight_hh_back and "
                    "bias_back of the same operation",
                ),
                "GRU": CellLayout(
                    "gru",
                    (*_pair("weight_ih", "weight_hh", "rnz"), _biases("bias", "rnz", Join.SUM)),
                    note="b_hn has no place of its own there: only where it is 0 is the function "
                    "torch's",
                ),
            },
            "https://github.com/apple/coremltools, mil/ops/defs/iOS15/recurrent.py",
            proven=False,
            options={"RNN": _RELU},
        ),
        Layout(
            "tensorflow1",
            "TensorFlow 1",
            {
                "RNN": CellLayout("BasicRNNCell", _tensorflow("BasicRNNCell", "h")),
                "LSTM": CellLayout(
                    "LSTMCell",
                    (
                        *_tensorflow("LSTMCell", "igfo"),
                        Array("projection/kernel", ("weight_hr",), transposed=True),
                    ),
                    note="forget_bias, 1.0 unless given, is added at every step and is not in bias",
                ),
                "GRU": CellLayout(
                    "GRUCell",
                    (
                        *_tensorflow("GRUCell", "rz", "gates/"),
                        *_tensorflow("GRUCell", "n", "candidate/"),
                    ),
                    note="GRUCell multiplies r_t into h_(t-1) before the product: another function "
                    "than torch's, whatever the weights",
                ),
            },
            "https://www.tensorflow.org/api_docs/python/tf/compat/v1/nn/rnn_cell/{cell}",
            proven=False,
        ),
        Layout(
            "cudnn",
            "cuDNN",
            {
                "RNN": CellLayout("CUDNN_RNN_TANH", _cudnn("RNN")),
                "LSTM": CellLayout(
                    "CUDNN_LSTM",
                    (*_cudnn("LSTM"), Array("linLayerID 8 matrix", ("weight_hr",))),
                ),
                "GRU": CellLayout("CUDNN_GRU", _cudnn("GRU")),
            },
            "https://docs.nvidia.com/deeplearning/cudnn/latest/api/cudnn-adv-library.html",
            proven=False,
            options={"RNN": "nonlinearity='relu' is CUDNN_RNN_RELU"},
        ),
    )
}


def layout_named(name: str) -> Layout:
    """The layout of a framework, whatever the case. Raises UnknownNameError.

    >>> layout_named("ONNX").cells["LSTM"].arrays[0].gates
    'iofg'
    """
    found = LAYOUTS.get(name.casefold())
    if found is None:
        raise UnknownNameError(f"no framework {name!r} is known: choose {', '.join(LAYOUTS)}.")
    return found


def array_name(layout: Layout, config: RNNConfig, array: Array, layer: int, direction: str) -> str:
    """The name that ``convert`` gives an array: the place in the stack, then the array.

    >>> lstm = RNNConfig("LSTM", 10, 20, bidirectional=True)
    >>> keras = layout_named("keras")
    >>> array_name(keras, lstm, keras.cells["LSTM"].arrays[0], 0, "backward")
    'layer_0/backward/kernel'
    """
    parts = [] if config.single_step else [f"layer_{layer}"]
    if config.bidirectional and not layout.directions_axis:
        parts.append(direction)
    return "/".join([*parts, array.name])
