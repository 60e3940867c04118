"""What kind of function a torch call is, as far as a recording asks: a table of names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

import torch

from rnnscope.recording.tape import RECURRENT_KERNELS

# They look at a tensor and make none.
_LOOK_NAMES = """
shape dim size ndim ndimension numel dtype device requires_grad grad grad_fn is_leaf layout
stride is_floating_point is_contiguous is_cuda is_sparse __len__ is_complex names
is_nested __repr__ __format__ __str__ zero_grad get_device data_ptr
element_size nelement storage_offset is_quantized is_meta is_same_size untyped_storage storage
__hash__ is_inference __reduce_ex__ _is_view _base _version __dir__ __set__
register_hook manual_seed set_grad_enabled _set_grad_enabled get_default_dtype
grad_dtype itemsize retain_grad type_as_ __class__ __deepcopy__ __contains__ __iter__
"""
# Python reads the values: what it does with them is not on the tape.
_READ_NAMES = "item tolist __bool__ __int__ __index__ __float__ is_nonzero numpy equal allclose"
_DRAW_NAMES = """
dropout dropout_ dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout feature_dropout
bernoulli bernoulli_ multinomial normal normal_ uniform_ random_ exponential_ geometric_ cauchy_
log_normal_ rand_like randn_like randint_like gumbel_softmax rrelu scaled_dot_product_attention
multi_head_attention_forward rand randn randint randperm poisson binomial trunc_normal_
kaiming_uniform_ kaiming_normal_ xavier_uniform_ xavier_normal_ orthogonal_
"""
# What was there before is of no account to these.
_OVERWRITE_NAMES = """
uniform_ normal_ zero_ fill_ random_ bernoulli_ exponential_ trunc_normal_ constant_ ones_ zeros_
kaiming_uniform_ kaiming_normal_ xavier_uniform_ xavier_normal_ orthogonal_ eye_ set_
"""
OVERWRITES = frozenset(_OVERWRITE_NAMES.split())
_PROPERTIES = frozenset(("T", "mT", "H", "mH", "data", "real", "imag"))


class Kind(Enum):
    """How a call is recorded."""

    LOOK = auto()  # not at all
    READ = auto()  # only that Python has seen the values
    CALL = auto()
    DRAW = auto()  # with the state of the random stream before it
    KERNEL = auto()  # with the recurrent layer that it runs for
    BACKWARD = auto()  # not: the step ends


_KINDS = (
    dict.fromkeys(_LOOK_NAMES.split(), Kind.LOOK)
    | dict.fromkeys(_READ_NAMES.split(), Kind.READ)
    | dict.fromkeys(_DRAW_NAMES.split(), Kind.DRAW)
    | dict.fromkeys(RECURRENT_KERNELS, Kind.KERNEL)
    | {"backward": Kind.BACKWARD}
)


def name_of(function: object) -> str:
    """The name of a torch function; of a property, the property's."""
    name = getattr(function, "__name__", "")
    if name == "__get__":
        return str(getattr(getattr(function, "__self__", None), "__name__", ""))
    return str(name)


def kind_of(function: object) -> Kind:
    """How calls of this function are recorded."""
    if getattr(function, "__name__", "") == "__get__":
        return Kind.CALL if name_of(function) in _PROPERTIES else Kind.LOOK
    return _KINDS.get(name_of(function), Kind.CALL)


def changed_by(name: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Any:
    """What ``add_``, ``x[i] = y``, ``inplace=True`` and ``out=`` change: mostly the first one."""
    if isinstance(kwargs.get("out"), torch.Tensor):
        return kwargs["out"]
    if not _changes_in_place(name, kwargs):
        return None
    first = args[0] if args else next(iter(kwargs.values()), None)
    return first if isinstance(first, torch.Tensor) else None


def _changes_in_place(name: str, kwargs: Mapping[str, object]) -> bool:
    if name == "__setitem__" or kwargs.get("inplace"):
        return True
    if name.startswith("__i") and name not in ("__invert__", "__index__", "__int__"):
        return True
    return name.endswith("_") and not name.endswith("__") and name != "requires_grad_"


def given_tensors(args: tuple[object, ...], kwargs: Mapping[str, object]) -> list[torch.Tensor]:
    """The tensors that a call is given, also in a list."""
    found: list[torch.Tensor] = []
    for value in (*args, *kwargs.values()) if kwargs else args:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(item, torch.Tensor):
                found.append(item)
    return found


def versions(args: tuple[object, ...], kwargs: Mapping[str, object]) -> list[int]:
    """How often each of them has been changed in place."""
    return [0 if t.is_inference() else t._version for t in given_tensors(args, kwargs)]


def changed_secretly(
    name: str, before: list[int], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> list[torch.Tensor]:
    """What a call has changed of what it was given, though its name does not say so.

    Such a call is never run again. Batch norm is, on copies of its statistics.
    """
    after = versions(args, kwargs)
    if after == before or name in ("batch_norm", "instance_norm"):
        return []
    if changed_by(name, args, kwargs) is not None:
        return []
    pairs = zip(given_tensors(args, kwargs), before, after, strict=False)
    return [tensor for tensor, then, now in pairs if then != now]
