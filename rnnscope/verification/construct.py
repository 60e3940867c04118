"""Building a hand-written class with the sizes that are wanted, whatever it calls them."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from rnnscope.config import RNNConfig
from rnnscope.errors import TargetError
from rnnscope.measuring.randomness import preserved_randomness
from rnnscope.verification.runner import method_of
from rnnscope.verification.target import loaded, said

VOCABULARY = 131  # words: a prime, like the sizes of a probe, and larger than each of them

# What people call torch's options. A name may carry a prefix or suffix of these in its words.
NAMES: dict[str, tuple[str, ...]] = {
    "kind": ("kind", "cell", "cell_type", "rnn_type", "rnn", "mode", "cell_name", "type", "name"),
    "input_size": (
        "input_size", "input_dim", "embedding_dim", "embed_dim", "emb_dim", "embed_size", "in_size",
        "in_dim", "n_in", "in_features", "input_sz", "input_features", "input_units", "inputs",
        "n_inputs", "num_inputs", "num_features", "n_features", "feature_size", "features", "input",
        "d_in", "dim_in", "in_channels", "d_input", "x_dim", "x_size", "insize", "ninp",
        "nin", "n_input", "size_in", "inp", "feature_dim", "feat_dim", "emsize", "i", "xdim", "in_",
    ),
    "hidden_size": (
        "hidden_size", "hidden_dim", "hidden", "hidden_sz", "hidden_units", "n_hidden", "nhid",
        "num_hidden", "units", "num_units", "n_units", "d_hidden", "dim_hidden", "h_dim", "h_size",
        "state_size", "cell_size", "out_features", "hid", "hid_dim", "hid_size", "rnn_size",
        "hsize",
        "output_size", "output_dim", "out_size", "n_out", "d_model", "h", "hdim", "lstm_size",
        "gru_size", "out_dim", "nh", "size_hidden", "hidden_features", "num_hiddens", "dim",
    ),
    "num_layers": (
        "num_layers", "n_layers", "layers", "nlayers", "num_layer", "n_layer", "layer_num", "depth",
        "layer_count", "number_of_layers", "stack",
    ),
    "bias": ("bias", "use_bias", "with_bias", "has_bias"),
    "batch_first": ("batch_first", "batchfirst"),
    "dropout": ("dropout", "dropout_rate", "drop", "p_drop", "dropout_p", "p", "drop_prob"),
    "bidirectional": ("bidirectional", "bidir", "bi", "is_bidirectional", "use_bidirectional"),
    "nonlinearity": ("nonlinearity", "activation", "act", "non_linearity"),
    "proj_size": ("proj_size", "projection_size", "proj_dim", "proj"),
}  # fmt: skip
_TOKENS = (
    "vocab", "vocab_size", "vocabulary", "vocabulary_size", "num_embeddings", "n_tokens", "ntoken",
    "num_tokens", "n_records", "n_vocab", "num_words", "n_words", "n_chars", "num_chars",
)  # fmt: skip
_OPTION_OF = {name: option for option, names in NAMES.items() for name in names}


def is_class(target: object) -> bool:
    """True for what must be called to give a layer: a class or a factory function."""
    return isinstance(target, type) or inspect.isfunction(target)


@contextmanager
def built(target: str, arguments: str | None) -> Iterator[Any]:
    """What ``path/to/file.py:Name`` builds; Python's and torch's random streams stay."""
    with loaded(target) as found, preserved_randomness():
        yield build(found, RNNConfig("LSTM", 10, 20), arguments)


def build(target: Any, config: RNNConfig, arguments: str | None = None) -> Any:
    """A layer from a class, or a copy of an object. Raises TargetError, one sentence.

    ``arguments`` is what is written between the parentheses, literals only; without it each
    argument of the class gets the option of ``config`` that its name speaks of.
    """
    name = name_of(target)
    if not is_class(target):
        return _copied(target)
    if arguments is not None:
        positional, keywords = parse_arguments(arguments)
    else:
        positional, keywords = arguments_for(target, config)
    try:
        layer = target(*positional, **keywords)
    except (Exception, SystemExit) as error:
        written = ", ".join([*map(repr, positional), *(f"{k}={v!r}" for k, v in keywords.items())])
        raise TargetError(
            f"{name}({written}) cannot be built: it raises {said(error)}; give its arguments "
            f'with --args, as in --args "{config.input_size}, {config.hidden_size}".'
        ) from None
    _check_layer(layer, name)
    return layer.to(config.device) if isinstance(layer, nn.Module) else layer


def _copied(target: object) -> Any:
    _check_layer(target, name_of(target))
    try:
        return copy.deepcopy(target)
    except Exception as error:
        raise TargetError(
            f"{name_of(target)} cannot be copied: {said(error)}; give its class instead, or an "
            "object that has not been called yet."
        ) from None


def _check_layer(layer: object, name: str) -> None:
    no_forward = isinstance(layer, nn.Module) and type(layer).forward is nn.Module.forward
    try:
        method_of(layer)
    except AttributeError:
        no_forward = True
    if no_forward:
        raise TargetError(
            f"{name} is no layer: it has no forward method; give a class or object that "
            "computes, such as an nn.Module."
        )


def name_of(target: Any) -> str:
    """The name of a class, or of an object's class."""
    return target.__name__ if is_class(target) else type(target).__name__


def arguments_for(target: Any, config: RNNConfig) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a class, by what its parameters are called. Raises TargetError."""
    parameters = _parameters(target)
    known = {**config.arguments(), "kind": config.kind, "bidirectional": config.bidirectional,
             "proj_size": config.proj_size, "num_layers": config.num_layers,
             "batch_first": config.batch_first, "dropout": config.dropout}  # fmt: skip
    keywords: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            taken = {_OPTION_OF.get(name) for name in keywords}
            keywords |= {k: v for k, v in config.arguments().items() if k not in taken}
        elif parameter.kind is parameter.VAR_POSITIONAL:
            if len(parameters) == 1:
                return list(_sizes(config)), {}
        else:
            _choose(parameter, known, keywords, target)
    return [], keywords


def _sizes(config: RNNConfig) -> tuple[int, ...]:
    return (config.input_size, config.hidden_size, config.num_layers)[
        : 2 if config.single_step else 3
    ]


def _parameters(target: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return []


def _choose(
    parameter: inspect.Parameter, known: dict[str, Any], keywords: dict[str, Any], target: object
) -> None:
    """Give one parameter its value; those with a default that nothing is known of keep it."""
    name = parameter.name.casefold().strip("_")
    option = _OPTION_OF.get(name)
    taken = {_OPTION_OF.get(k.casefold().strip("_")) for k in keywords}
    if option == "nonlinearity" and known.get(option) is None:
        option = None
    if option and option not in taken and _fits(option, parameter.default):
        keywords[parameter.name] = known[option]
    elif name in _TOKENS:
        keywords[parameter.name] = VOCABULARY
    elif parameter.default is parameter.empty:
        raise TargetError(
            f"{name_of(target)} takes {parameter.name!r}, and it is not known what that is: "
            f"give the arguments with --args, as in "
            f'--args "{known["input_size"]}, {known["hidden_size"]}".'
        )


def _fits(option: str, default: object) -> bool:
    """A default of another type means something else: activation=torch.tanh is no name."""
    if default is inspect.Parameter.empty or default is None:
        return True
    if option in ("kind", "nonlinearity"):
        return isinstance(default, str)
    return isinstance(default, (int, float))


def parse_arguments(text: str) -> tuple[list[Any], dict[str, Any]]:
    """``"10, 20, num_layers=2"`` as arguments, literals only. Raises TargetError.

    >>> parse_arguments("10, 20, num_layers=2")
    ([10, 20], {'num_layers': 2})
    """
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or any(k.arg is None for k in call.keywords):
            raise ValueError
        positional = [ast.literal_eval(node) for node in call.args]
        return positional, {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        raise TargetError(
            f"--args {text!r} does not read as arguments: write literals, as in "
            '--args "10, 20, num_layers=2".'
        ) from None
