"""The other frameworks, run for real on converted weights; each is skipped where it is not there.

``python tests/test_converters.py`` prints the table of docs/converters.md.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import rnnscope
from rnnscope.config import RNNConfig
from rnnscope.errors import ConfigError
from rnnscope.layouts import LAYOUTS

pytestmark = pytest.mark.filterwarnings("ignore")

STEPS, SAMPLES = 7, 3
OPTIONS = {
    "plain": "",
    "bias=False": ", bias=False",
    "2 layers, bidirectional": ", num_layers=2, bidirectional=True",
}
KINDS = {"RNN": "", "RNN relu": ", nonlinearity='relu'", "LSTM": "", "GRU": ""}
CASES = {
    (kind, option): RNNConfig.parse(f"{kind.split()[0]}(5, 4{words}{more})")
    for kind, more in KINDS.items()
    for option, words in OPTIONS.items()
} | {(f"{k}Cell", "plain"): RNNConfig(f"{k}Cell", 5, 4) for k in ("RNN", "LSTM", "GRU")}

Run = Callable[..., Tensor]


def loaded(*names: str) -> list[Any]:
    """The modules, or a skip."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [pytest.importorskip(name) for name in names]


def of_layer(
    config: RNNConfig, arrays: Mapping[str, Any], layer: int, direction: str = ""
) -> dict[str, Any]:
    """The arrays of one place by their own names."""
    place = "" if config.single_step else f"layer_{layer}/"
    place += f"{direction}/" * (config.bidirectional and bool(direction))
    return {k.removeprefix(place): v for k, v in arrays.items() if k.startswith(place)}


def run_onnx(
    config: RNNConfig, arrays: Mapping[str, Tensor], x: Tensor, linear_before_reset: int = 1
) -> Tensor:
    """A graph with one node for each layer, run by onnxruntime."""
    onnx, runtime = loaded("onnx", "onnxruntime")
    helper, nodes, initial, name = onnx.helper, [], [], "x"
    cell = LAYOUTS["onnx"].cells[config.cell.name].name
    attributes: dict[str, Any] = {"hidden_size": config.hidden_size}
    attributes["direction"] = "bidirectional" if config.bidirectional else "forward"
    if cell == "GRU":
        attributes["linear_before_reset"] = linear_before_reset
    if config.nonlinearity == "relu":
        attributes["activations"] = ["Relu"] * config.directions
    width = config.directions * config.hidden_size
    shape = helper.make_tensor("shape", onnx.TensorProto.INT64, [3], [0, 0, width])
    for layer in range(config.num_layers):
        own = of_layer(config, arrays, layer)
        inputs = [name, *(f"{key}{layer}" for key in own)]
        initial += [onnx.numpy_helper.from_array(v.numpy(), f"{k}{layer}") for k, v in own.items()]
        nodes += [
            helper.make_node(cell, inputs, [f"y{layer}"], **attributes),
            helper.make_node("Transpose", [f"y{layer}"], [f"t{layer}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"t{layer}", "shape"], [f"out{layer}"]),
        ]
        name = f"out{layer}"
    real = onnx.TensorProto.FLOAT
    given = helper.make_tensor_value_info("x", real, list(x.shape))
    result = helper.make_tensor_value_info(name, real, [*x.shape[:2], width])
    graph = helper.make_graph(nodes, "rnn", [given], [result], [*initial, shape])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    session = runtime.InferenceSession(model.SerializeToString())
    return torch.tensor(session.run(None, {"x": x.numpy()})[0])


def run_keras(
    config: RNNConfig, arrays: Mapping[str, Tensor], x: Tensor, **conventions: Any
) -> Tensor:
    """The layers of Keras one after the other, on its torch backend."""
    os.environ["KERAS_BACKEND"] = "torch"
    (keras,) = loaded("keras")
    kind = getattr(keras.layers, LAYOUTS["keras"].cells[config.cell.name].name)
    options = {"units": config.hidden_size, "use_bias": config.bias, **conventions}
    if config.nonlinearity == "relu":
        options["activation"] = "relu"
    x = x.transpose(0, 1)
    for layer in range(config.num_layers):
        made = kind(return_sequences=True, **options)
        if config.bidirectional:
            made = keras.layers.Bidirectional(made, merge_mode="concat")
        made.build(x.shape)
        halves = {"forward": getattr(made, "forward_layer", made)}
        if config.bidirectional:
            halves["backward"] = made.backward_layer
        for direction, half in halves.items():
            for key, value in of_layer(config, arrays, layer, direction).items():
                getattr(half.cell, key).assign(value.numpy())
        x = torch.as_tensor(keras.ops.convert_to_numpy(made(x.numpy())))
    return x.transpose(0, 1)


def run_flax(config: RNNConfig, arrays: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """A cell of flax.linen, step by step."""
    jax, linen, trees = loaded("jax", "flax.linen", "flax.traverse_util")
    kind = getattr(linen, LAYOUTS["flax"].cells[config.cell.name].name)
    options = {"activation_fn": jax.nn.relu} if config.nonlinearity == "relu" else {}
    cell = kind(config.hidden_size, **options)
    rows = [step.numpy() for step in x]
    for layer in range(config.num_layers):
        halves = []
        for direction in ("forward", "backward")[: config.directions]:
            own = of_layer(config, arrays, layer, direction)
            flat = {k: jax.numpy.asarray(v.numpy()) for k, v in own.items()}
            params = {"params": trees.unflatten_dict(flat, sep="/")}
            carry = cell.initialize_carry(jax.random.key(0), rows[0].shape)
            outputs = []
            for step in rows if direction == "forward" else rows[::-1]:
                carry, output = cell.apply(params, carry, step)
                outputs.append(output)
            halves.append(outputs if direction == "forward" else outputs[::-1])
        rows = [jax.numpy.concatenate(both, -1) for both in zip(*halves, strict=True)]
    return torch.stack([torch.tensor(row.__array__()) for row in rows])


RUNS: dict[str, Run] = {"onnx": run_onnx, "keras": run_keras, "flax": run_flax}


def by_torch(config: RNNConfig, state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    layer = config.build()
    layer.load_state_dict(state)
    with torch.no_grad():
        return layer(x[0])[None] if config.kind in ("RNNCell", "GRUCell") else _output(layer, x)


def _output(layer: torch.nn.Module, x: Tensor) -> Tensor:
    result = layer(x[0])[0][None] if isinstance(layer, torch.nn.LSTMCell) else layer(x)[0]
    assert isinstance(result, Tensor)
    return result


def differences(framework: str, config: RNNConfig) -> tuple[float, float]:
    """The largest |difference| of outputs: torch's weights over there, its weights over here."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = config.build().state_dict()
        x = torch.randn(1 if config.single_step else STEPS, SAMPLES, config.input_size)
        there = rnnscope.convert(state, to=framework, like=config)
        theirs = {name: torch.randn_like(array) * 0.4 for name, array in there.items()}
    if not config.bias:
        theirs = {n: a * (not n.endswith("bias")) for n, a in theirs.items()}
    run = RUNS[framework]
    over = run(config, there, x) - by_torch(config, state, x)
    here = rnnscope.convert(theirs, from_=framework, like=config)
    back = run(config, theirs, x) - by_torch(config, here, x)
    return float(over.abs().max()), float(back.abs().max())


@pytest.mark.parametrize("case", CASES, ids=" ".join)
@pytest.mark.parametrize("framework", RUNS)
def test_the_other_framework_computes_the_same_on_converted_weights(
    framework: str, case: tuple[str, str]
) -> None:
    assert max(differences(framework, CASES[case])) < 1e-5


def test_keras_gru_with_reset_before_the_product_is_another_function_and_is_refused() -> None:
    config = RNNConfig("GRU", 5, 4, bias=False)
    state, x = config.build().state_dict(), torch.randn(STEPS, SAMPLES, 5)
    arrays = rnnscope.convert(state, to="keras")
    after, before = (run_keras(config, arrays, x, reset_after=flag) for flag in (True, False))
    assert (after - by_torch(config, state, x)).abs().max() < 1e-5
    assert (before - by_torch(config, state, x)).abs().max() > 1e-3
    with pytest.raises(ConfigError, match="reset_after=True"):
        rnnscope.convert(arrays, from_="keras", like=config, reset_after=False)


def test_onnx_gru_with_linear_before_reset_0_is_another_function_and_is_refused() -> None:
    config = RNNConfig("GRU", 5, 4)
    state, x = config.build().state_dict(), torch.randn(STEPS, SAMPLES, 5)
    arrays = rnnscope.convert(state, to="onnx")
    other = run_onnx(config, arrays, x, linear_before_reset=0)
    assert (other - by_torch(config, state, x)).abs().max() > 1e-3
    with pytest.raises(ConfigError, match="linear_before_reset=1"):
        rnnscope.convert(arrays, from_="onnx", like=config, linear_before_reset=0)


def test_keras_own_gru_without_reset_after_is_refused_by_its_bias() -> None:
    os.environ["KERAS_BACKEND"] = "torch"
    (keras,) = loaded("keras")
    layer = keras.layers.GRU(4, reset_after=False)
    layer.build((3, 7, 5))
    names = ("kernel", "recurrent_kernel", "bias")
    arrays = {f"layer_0/{n}": v for n, v in zip(names, layer.get_weights(), strict=True)}
    with pytest.raises(ConfigError, match="reset_after=False"):
        rnnscope.convert(arrays, from_="keras", like="GRU(5, 4)")


def rows() -> list[str]:
    """The rows of the table without their numbers."""
    return [f"| {kind} | {option} |" for kind, option in CASES]


def test_the_page_has_every_case() -> None:
    page = (Path(__file__).parent.parent / "docs" / "converters.md").read_text(encoding="utf-8")
    assert [row for row in rows() if row not in page] == []
    assert all(layout.title in page for layout in LAYOUTS.values())


def main() -> None:
    """Print the table, measured now."""
    print(f"| layer | options | {' | '.join(LAYOUTS[name].title for name in RUNS)} |")
    print("|---|---|" + "---|" * len(RUNS))
    for row, config in zip(rows(), CASES.values(), strict=True):
        found = [max(differences(framework, config)) for framework in RUNS]
        print(row, " | ".join(f"{value:.1e}" for value in found), "|")


if __name__ == "__main__":
    main()
