"""Which repairs are looked for, by the code of a finding; the likeliest first."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from rnnscope.findings import Edit, Finding
from rnnscope.repair import (
    constructors,
    graphs,
    handing_on,
    losses,
    moving,
    operands,
    packing,
    padding,
    reading,
    states,
    training,
)
from rnnscope.repair.code import Code, code_of
from rnnscope.repair.edits import Suggestion

Repairer: TypeAlias = Callable[[Finding, Code], Iterator[Suggestion]]

# What elsewhere in the file does not go together, and may show anywhere.
_LAYOUTS: tuple[Repairer, ...] = (
    packing.unpacked_batch_first,
    reading.index_of_layout,
    constructors.layout_of_others,
)

REPAIRERS: dict[str, tuple[Repairer, ...]] = {
    "RNN101": (constructors.no_dropout,),
    "RNN102": (constructors.by_name,),
    "RNN103": (constructors.option_of_fix,),
    "RNN104": (constructors.option_of_fix,),
    "RNN105": (constructors.whole_size,),
    "RNN106": (constructors.at_least_one,),
    "RNN108": (constructors.option_of_fix,),
    "RNN109": (constructors.known_option,),
    "RNN110": (constructors.option_of_fix,),
    "RNN114": (constructors.option_of_fix,),
    "RNN115": (training.only_in_training,),
    "RNN121": (graphs.without_gradient,),
    "RNN125": (training.requires_grad,),
    "RNN131": (constructors.options_of_checkpoint,),
    "RNN132": (training.state_dict,),
    "RNN141": (training.with_graph_breaks,),
    "RNN190": (constructors.wrapped_in_container,),
    "RNN191": (training.all_parameters,),
    "RNN192": (training.cleared,),
    "RNN201": (moving.steps_kept, operands.turned_input, constructors.input_size),
    "RNN202": (states.layers_first, operands.turned_states, states.made_anew),
    "RNN203": (
        states.like_the_other,
        states.number_of_slots,
        states.made_anew,
    ),
    "RNN204": (
        states.like_the_other,
        constructors.other_layout,
        operands.turned_states,
        states.batch_of_input,
        states.made_anew,
        constructors.layout_of_others,
    ),
    "RNN205": (states.like_the_other, constructors.width_of_state, states.made_anew),
    "RNN207": (states.no_axis_too_many, operands.turned_states),
    "RNN208": (operands.turned_input,),
    "RNN209": (states.one_state,),
    "RNN210": (states.pair_of_states,),
    "RNN211": (operands.made_as_floats, operands.turned_input),
    "RNN212": (states.like_the_weights, operands.made_as_floats, operands.turned_states),
    "RNN213": (operands.turned_input,),
    "RNN214": (states.like_the_weights, operands.turned_states),
    "RNN215": (operands.turned_input,),
    "RNN217": (states.paired_arguments,),
    "RNN218": (states.no_states,),
    "RNN219": (operands.tensor_of_tuple,),
    "RNN223": (operands.turned_states,),
    "RNN228": (packing.unpacked_batch_first,),
    "RNN229": (training.kept_states, states.one_state, operands.tensor_of_tuple),
    "RNN301": (constructors.batch_first, packing.batch_first),
    "RNN302": (moving.classes_last,),
    "RNN303": (moving.repeated_rows, moving.batch_to_the_front),
    "RNN305": (operands.one_step,),
    "RNN307": (operands.around_the_call,),
    "RNN310": (operands.turned_value,),
    "RNN311": (operands.axis_of_steps,),
    "RNN312": (moving.other_permutation,),
    "RNN313": (operands.axis_of_fix,),
    "RNN351": (moving.reshape,),
    "RNN353": (*_LAYOUTS, moving.product_of_steps, operands.other_axis),
    "RNN354": (moving.outer_axes,),
    "RNN355": (operands.implicit_axis,),
    "RNN390": (
        *_LAYOUTS,
        constructors.batch_first,
        operands.axis_of_steps,
        moving.batch_to_the_front,
    ),
    "RNN401": (reading.index_of_fix, constructors.batch_first),
    "RNN402": (reading.final_states,),
    "RNN403": (moving.layers_before_directions, reading.final_states),
    "RNN404": (reading.index_of_fix, reading.final_states),
    "RNN405": (reading.index_of_fix,),
    "RNN406": (reading.names_of_fix,),
    "RNN407": (moving.layers_before_directions, moving.slots_in_order),
    "RNN408": (states.swapped_states,),
    "RNN409": (reading.hidden_for_cell,),
    "RNN410": (reading.index_of_fix,),
    "RNN411": (reading.index_before_length,),
    "RNN412": (moving.slots_in_order,),
    "RNN413": (padding.used_result,),
    "RNN490": (training.next_input,),
    "RNN451": (operands.output_of_sequence, operands.tensor_of_tuple),
    "RNN452": (operands.each_of_pair,),
    "RNN453": (packing.padded_again,),
    "RNN455": (constructors.both_directions, *_LAYOUTS, operands.other_axis),
    "RNN501": (
        packing.neutral_padding,
        reading.last_real_step,
        padding.infinite_mask,
        padding.packed_call,
    ),
    "RNN502": (reading.same_order, padding.same_rows),
    "RNN514": (padding.own_lengths, padding.last_step_counted),
    "RNN515": (padding.flipped_before,),
    "RNN551": (packing.any_order,),
    "RNN552": (packing.no_empty_row,),
    "RNN553": (packing.samples_first, packing.unpacked_batch_first),
    "RNN554": (packing.lengths_on_cpu,),
    "RNN556": (packing.output_of_result,),
    "RNN557": (packing.any_length,),
    "RNN561": (packing.collated,),
    "RNN563": (packing.whole_length,),
    "RNN601": (states.no_states_carried,),
    "RNN602": (training.other_attribute, training.assigned_result),
    "RNN603": (states.zeros_for_random,),
    "RNN604": (states.no_states_carried, training.kept_states),
    "RNN605": (training.own_state,),
    "RNN606": (graphs.attached_state,),
    "RNN607": (training.in_evaluation_mode,),
    "RNN608": (handing_on.handed_on,),
    "RNN609": (handing_on.begun_from,),
    "RNN610": (handing_on.one_row_expanded,),
    "RNN651": (graphs.state_without_graph, graphs.kept_state_without_graph),
    "RNN652": (graphs.state_without_graph, graphs.kept_state_without_graph),
    "RNN701": (losses.no_last_axis,),
    "RNN702": (losses.classes_second,),
    "RNN703": (packing.unpacked_batch_first, moving.back_to_batch_first),
    "RNN705": (operands.axis_of_fix, losses.softmax_over_classes),
    "RNN706": _LAYOUTS,
    "RNN711": (losses.next_targets,),
    "RNN712": (constructors.one_direction,),
    "RNN714": (losses.ignored_padding,),
    "RNN751": (*_LAYOUTS, losses.both_flat, operands.other_axis),
    "RNN752": (losses.whole_targets,),
    "RNN753": (losses.no_last_axis,),
    "RNN754": (losses.time_first,),
    "RNN755": (graphs.one_number,),
    "RNN756": (graphs.attached,),
}


def suggestions(finding: Finding) -> Iterator[Suggestion]:
    """Edits of the user's file that may repair a finding; the same edits only once."""
    finding = replace(finding, location=finding.shows)
    code = code_of(finding.location.file) if finding.location else None
    seen = set()
    for repairer in REPAIRERS.get(finding.code, ()) if code is not None else ():
        for suggestion in repairer(finding, code):  # type: ignore[arg-type]
            key = frozenset(suggestion.edits)
            if key and key not in seen and any(map(_changes, key)):
                seen.add(key)
                yield suggestion


def _changes(edit: Edit) -> bool:
    """True unless the text that is there would be written again."""
    lines = linecache.getlines(edit.file)[edit.line - 1 : edit.end_line]
    if edit.line != edit.end_line or not lines:
        return True
    return lines[0][edit.column - 1 : edit.end_column - 1] != edit.replacement
