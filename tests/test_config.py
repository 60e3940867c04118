"""RNNConfig: read from text and from live layers, built, and written."""

import pytest
import torch
from hypothesis import given
from torch import nn

from rnnscope.cells import KINDS
from rnnscope.config import RNNConfig, kind_of
from rnnscope.config_validation import DTYPES
from rnnscope.errors import ConfigError, ConfigSyntaxError, RnnscopeError, SubjectError
from rnnscope.strategies import configs


@given(configs(max_dropout=0.5, dtypes=DTYPES))
def test_a_built_layer_is_read_back_as_the_same_config(config: RNNConfig) -> None:
    assert RNNConfig.of(config.build()) == config


@given(configs(max_dropout=0.5, dtypes=DTYPES))
def test_the_text_of_a_config_is_read_back_as_the_same_config(config: RNNConfig) -> None:
    assert RNNConfig.parse(str(config)) == config


@given(configs(dtypes=["float32"]))
def test_the_text_of_a_config_is_python_that_builds_it(config: RNNConfig) -> None:
    built = eval(f"nn.{config}", {"nn": nn, "torch": torch})
    assert RNNConfig.of(built) == config


@given(configs(kinds=["LSTM", "GRU"], max_dropout=0.5, dtypes=["float32"]))
def test_the_repr_of_a_layer_is_read(config: RNNConfig) -> None:
    assert RNNConfig.parse(f"  (lstm): {config.build()!r}") == config


@pytest.mark.parametrize(
    "text",
    [
        "LSTM(10, 20, 2, bidirectional=True)",
        "nn.LSTM(10, 20, num_layers=2, bidirectional=True)",
        "torch.nn.LSTM(input_size=10, hidden_size=20, num_layers=2, bidirectional=True)",
        "lstm(10, 20, 2, True, False, 0.0, True)",
        "self.lstm = nn.LSTM(10, 20, 2, bidirectional=True)",
        "(encoder): LSTM(10, 20, num_layers=2, bidirectional=True)",
        "LSTM(10, 20, 2, bidirectional=True, device=None, dtype=torch.float32)",
        "LSTM(10, 20, 2, bidirectional=True, device=torch.device('cpu'))",
        "\n LSTM(10,\n   20, 2,\n bidirectional=True)\n",
    ],
)
def test_spellings_of_one_layer(text: str) -> None:
    assert RNNConfig.parse(text) == RNNConfig("LSTM", 10, 20, num_layers=2, bidirectional=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LSTM",
        "LSTM(10, 20",
        "LSTM(10, hidden)",
        "LSTM(10, 2 * 10)",
        "LSTM(10, __import__('os').getpid())",
        "LSTM(*[10, 20])",
        "LSTM(**{'input_size': 10})",
        "LSTM(10, 20); LSTM(10, 20)",
        "lambda: 3",
        "(" * 500,
        "LSTM(10, 20)\0",
    ],
)
def test_what_does_not_read_as_a_layer_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ConfigSyntaxError) as caught:
        RNNConfig.parse(text)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LSMT(10, 20)", ["'LSMT'", "Did you mean LSTM?"]),
        ("Linear(10, 20)", ["'Linear'", "RNN, LSTM, GRU"]),
        ("LSTM(10)", ["hidden_size"]),
        ("LSTM(0, 20)", ["input_size=0", "greater than 0"]),
        ("LSTM(10, 20.0)", ["hidden_size=20.0", "//"]),
        ("LSTM(10, hidden_dim=20)", ["hidden_dim", "Did you mean hidden_size?"]),
        ("LSTM(10, 20, bidirectionnal=True)", ["Did you mean bidirectional?"]),
        ("LSTM(10, 20, 2, 0.5)", ["bias=0.5", "dropout=0.5"]),
        ("LSTM(10, 20, 2, dropout=20)", ["dropout=20", "dropout=0.2"]),
        ("LSTM(10, 20, proj_size=20)", ["proj_size=20", "below hidden_size=20"]),
        ("GRU(10, 20, proj_size=5)", ["proj_size=5", "only the LSTM"]),
        ("RNN(10, 20, 2, True)", ["nonlinearity=True", "fourth positional"]),
        ("RNN(10, 20, nonlinearity='gelu')", ["'gelu'", "'tanh' or 'relu'"]),
        ("LSTMCell(10, 20, batch_first=True)", ["batch_first"]),
        ("LSTM(10, 20, dtype=torch.int64)", ["'int64'", "float32"]),
        ("LSTM(10, 20, input_size=3)", ["already given by position"]),
        ("LSTM(1, 2, 3, True, False, 0.0, True, 1, None, None, 5)", ["at most 10"]),
        ("GRU(10, 20, nonlinearity='tanh')", ["nonlinearity"]),
    ],
)
def test_a_refusal_names_the_value_and_what_was_meant(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        RNNConfig.parse(text)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, RnnscopeError)


def test_a_refusal_has_its_parts_as_fields() -> None:
    with pytest.raises(ConfigError) as caught:
        RNNConfig("LSTM", 10, -1)
    assert (caught.value.option, caught.value.value) == ("hidden_size", -1)
    assert "greater than 0" in caught.value.allowed


def test_the_nonlinearity_is_read_off_the_attribute_that_the_repr_drops() -> None:
    assert RNNConfig.of(nn.RNN(3, 4, nonlinearity="relu")).nonlinearity == "relu"
    assert RNNConfig.of(nn.LSTM(3, 4)).nonlinearity is None


def test_device_and_dtype_are_read_off_the_parameters() -> None:
    config = RNNConfig.of(nn.GRU(3, 4, device="meta", dtype=torch.float64))
    assert (config.device, config.dtype) == ("meta", "float64")


@pytest.mark.parametrize("thing", [nn.Linear(2, 3), nn.Sequential(nn.LSTM(2, 3)), "LSTM", None])
def test_other_objects_are_no_layer(thing: object) -> None:
    assert kind_of(thing) is None


def test_a_module_that_is_no_layer_is_refused() -> None:
    with pytest.raises(SubjectError, match=r"Linear is no torch\.nn recurrent layer"):
        RNNConfig.of(nn.Linear(2, 3))


def test_a_subclass_is_the_kind_that_it_extends() -> None:
    class Mine(nn.GRU):
        pass

    assert RNNConfig.of(Mine(3, 4)) == RNNConfig("GRU", 3, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_give_every_symbol_its_number(kind: str) -> None:
    sizes = RNNConfig(kind, 10, 20).sizes()
    assert sizes == {"H_in": 10, "H_cell": 20, "H_out": 20, "D": 1, "num_layers": 1}


def test_derived_sizes_of_a_projected_bidirectional_stack() -> None:
    config = RNNConfig("LSTM", 10, 20, num_layers=3, bidirectional=True, proj_size=5)
    assert [config.input_size_of(layer) for layer in range(3)] == [10, 10, 10]
    assert (config.output_size, config.directions, config.gate_multiple) == (5, 2, 4)


def test_options_are_changed_in_a_copy_that_is_checked_again() -> None:
    config = RNNConfig("LSTM", 10, 20)
    assert config.with_options(num_layers=2).num_layers == 2
    assert config.num_layers == 1
    with pytest.raises(ConfigError):
        config.with_options(proj_size=99)


def test_equal_configs_are_one_key() -> None:
    assert len({RNNConfig("lstm", 10, 20), RNNConfig.parse("LSTM(10, 20)")}) == 1


@pytest.mark.parametrize("options", ["--layers 0", "--proj-size -1", "--dropout 2", "--layers -1"])
def test_a_zero_on_the_command_line_is_given_and_not_left_out(
    options: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from rnnscope.cli import run

    assert run(["inspect", "LSTM", "10", "20", "--no-run", *options.split()]) == 2
    assert capsys.readouterr().err.startswith("rnnscope: ")


@given(configs())
def test_repr_makes_the_same_again_and_is_short(config: RNNConfig) -> None:
    assert eval(repr(config)) == config
    brief = RNNConfig("LSTM", 1, 2, bidirectional=True)
    assert repr(brief) == "RNNConfig('LSTM', 1, 2, bidirectional=True)"
