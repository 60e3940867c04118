"""Axes: sizes as symbols and numbers, read and written as the documentation writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnscope.axes import Axes, Axis, Reason, Role, Size, role_of, shape_text, tuple_text

SIZES = {"N": 3, "L": 5, "D": 2, "num_layers": 4, "H_in": 10, "H_cell": 20, "H_out": 7}


@pytest.mark.parametrize(
    ("symbol", "value"),
    [("N", 3), ("D*num_layers", 8), ("4*H_cell", 80), ("12", 12), ("D*H_out", 14), ("0*N", 0)],
)
def test_a_size_is_the_product_of_its_factors(symbol: str, value: int) -> None:
    assert Size.of(symbol, SIZES) == Size(symbol, value)


def test_an_unknown_factor_is_an_error() -> None:
    with pytest.raises(ValueError, match="H_hidden"):
        Size.of("N*H_hidden", SIZES)


@pytest.mark.parametrize(
    ("symbol", "role"),
    [
        ("N", Role.BATCH),
        ("L", Role.TIME),
        ("D*num_layers", Role.LAYERS),
        ("num_layers", Role.LAYERS),
        ("sum(lengths)", Role.STEPS),
        ("H_in", Role.FEATURE),
        ("D*H_out", Role.FEATURE),
        ("4*H_cell", Role.GATES),
        ("H_cell", Role.FEATURE),
        ("C", Role.UNKNOWN),
    ],
)
def test_roles_follow_from_symbols(symbol: str, role: Role) -> None:
    assert role_of(symbol) is role


def test_axes_are_read_in_order() -> None:
    axes = Axes.of("D*num_layers N H_out", SIZES)
    assert [axis.role for axis in axes] == [Role.LAYERS, Role.BATCH, Role.FEATURE]
    assert axes.shape == (8, 3, 7)
    assert axes.numel == 168
    assert str(axes) == "(D*num_layers, N, H_out) = (8, 3, 7)"
    assert [str(axis) for axis in axes][1] == "batch N = 3"


def test_the_position_of_a_role() -> None:
    axes = Axes.of("N L D*H_out", SIZES)
    assert axes.index(Role.TIME) == 1
    assert axes.index(Role.LAYERS) is None
    assert len(axes) == 3


@given(st.lists(st.integers(0, 9), max_size=4).map(tuple))
def test_measured_axes_know_numbers_only(shape: tuple[int, ...]) -> None:
    axes = Axes.measured(shape)
    assert axes.shape == shape
    assert {axis.role for axis in axes} <= {Role.UNKNOWN}


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4).map(tuple))
def test_a_shape_is_printed_as_python_prints_it(shape: tuple[int, ...]) -> None:
    assert shape_text(shape) == str(shape)


def test_the_comma_of_one_element() -> None:
    assert tuple_text(["4*H_cell"]) == "(4*H_cell,)"


def test_a_reason_is_part_of_an_axis() -> None:
    size = Size("N", 3)
    assert Axis(Role.BATCH, size, Reason.BATCH_FIRST) != Axis(Role.BATCH, size)


def test_roles_and_reasons_are_their_text() -> None:
    assert f"{Role.LAYERS}" == "layers*directions"
    assert len({reason.value for reason in Reason}) == len(Reason)
