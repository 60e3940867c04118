"""Facts: looked up by name, counted, and compared field by field."""

from dataclasses import replace
from typing import Any

import pytest

from rnnscope.axes import Axes
from rnnscope.call import Call
from rnnscope.config import RNNConfig
from rnnscope.facts import Difference, LayerFacts, differences
from rnnscope.prediction import predict

CONFIG = RNNConfig("LSTM", 10, 20, num_layers=2, bidirectional=True)
FACTS = predict(CONFIG)
PACKED = predict(CONFIG, Call(lengths=(2, 5, 2, 5)))


def with_parameter(facts: LayerFacts, name: str, **changes: Any) -> LayerFacts:
    parameters = (replace(p, **changes) if p.name == name else p for p in facts.parameters)
    return replace(facts, parameters=tuple(parameters))


def with_tensor(facts: LayerFacts, name: str, **changes: Any) -> LayerFacts:
    tensors = (replace(t, **changes) if t.name == name else t for t in facts.tensors)
    return replace(facts, tensors=tuple(tensors))


def with_packed(facts: LayerFacts, **changes: Any) -> LayerFacts:
    assert facts.packed is not None
    return replace(facts, packed=replace(facts.packed, **changes))


def test_parameters_and_tensors_are_found_by_name() -> None:
    assert FACTS.parameter("weight_hh_l1_reverse").shape == (80, 20)
    assert FACTS.tensor("output").shape == (5, 3, 40)
    assert FACTS.parameter("weight_ih_l2") is None
    assert FACTS.tensor("hidden") is None


def test_totals() -> None:
    assert FACTS.parameter_count == 15040
    assert FACTS.parameter_bytes == 4 * 15040


def test_facts_agree_with_themselves() -> None:
    assert differences(FACTS, FACTS) == ()
    assert differences(PACKED, PACKED) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("axes", Axes.measured((80, 11))), ("dtype", "float16"), ("nbytes", 1)],
)
def test_a_parameter_that_differs_is_named(field: str, value: Axes | int | str) -> None:
    found = differences(FACTS, with_parameter(FACTS, "weight_ih_l0", **{field: value}))
    assert [(d.name, d.field) for d in found] == [
        ("weight_ih_l0", "shape" if field == "axes" else field)
    ]


def test_a_difference_holds_both_values() -> None:
    changed = with_tensor(FACTS, "h_n", axes=Axes.measured((3, 4, 20)))
    assert differences(FACTS, changed) == (Difference("h_n", "shape", (4, 3, 20), (3, 4, 20)),)


def test_a_missing_parameter_and_another_order_are_differences() -> None:
    fewer = replace(FACTS, parameters=FACTS.parameters[1:])
    turned = replace(FACTS, parameters=FACTS.parameters[::-1])
    assert [d.field for d in differences(FACTS, fewer)] == ["order"]
    assert [d.field for d in differences(FACTS, turned)] == ["order"]


def test_tensors_that_were_not_measured_are_no_difference() -> None:
    assert differences(PACKED, replace(PACKED, tensors=(), packed=None)) == ()


def test_packed_against_padded_is_a_difference() -> None:
    assert [d.field for d in differences(PACKED, replace(PACKED, packed=None))] == ["packed"]


def test_sequences_of_equal_length_may_be_packed_in_any_order() -> None:
    assert PACKED.packed.sorted_indices == (1, 3, 0, 2)
    other = with_packed(PACKED, sorted_indices=(3, 1, 2, 0), unsorted_indices=(3, 1, 2, 0))
    assert differences(PACKED, other) == ()


def test_sorted_lengths_may_come_with_indices_that_change_nothing() -> None:
    facts = predict(CONFIG, Call(lengths=(5, 3, 2)))
    other = with_packed(facts, sorted_indices=(0, 1, 2), unsorted_indices=(0, 1, 2))
    assert differences(facts, other) == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"batch_sizes": (4, 4, 2, 2, 1)}, "batch_sizes"),
        ({"real_steps": 13}, "real_steps"),
        ({"sorted_indices": (0, 1, 2, 3), "unsorted_indices": (0, 1, 2, 3)}, "sorted_indices"),
        ({"unsorted_indices": (1, 3, 0, 2)}, "unsorted_indices"),
        ({"padded_output": Axes.measured((4, 5, 40))}, "padded"),
    ],
)
def test_other_packing_is_a_difference(changes: dict[str, Any], field: str) -> None:
    assert [d.field for d in differences(PACKED, with_packed(PACKED, **changes))] == [field]


def test_facts_are_frozen_and_can_be_keys() -> None:
    with pytest.raises(AttributeError):
        FACTS.macs = 0  # type: ignore[misc]
    assert len({FACTS, predict(CONFIG)}) == 1
