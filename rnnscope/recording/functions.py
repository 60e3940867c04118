"""What kind of function a torch call is, as far as a recording asks: a table of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Function:
    """What the name of a torch function says of its calls."""

    name: str
    kind: Kind
    in_place: bool


def _known_as(function: object) -> Function:
    name = name_of(function)
    kind = _KINDS.get(name, Kind.CALL)
    if getattr(function, "__name__", "") == "__get__":
        kind = Kind.CALL if name in _PROPERTIES else Kind.LOOK
    return Function(name, kind, _is_in_place(name))


_known: dict[Any, Function] = {}


def known_as(function: object) -> Function:
    """The name of a torch function, and how calls of it are recorded."""
    known = _known.get(function)
    if known is None:
        if len(_known) > 4096:  # torch has about 1,500; some are made anew at each access
            _known.clear()
        known = _known[function] = _known_as(function)
    return known


def changed_by(
    function: Function, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> torch.Tensor | None:
    """What ``add_``, ``x[i] = y``, ``inplace=True`` and ``out=`` change."""
    asked = kwargs and (kwargs.get("inplace") or isinstance(kwargs.get("out"), torch.Tensor))
    return target_of(args, kwargs) if asked or function.in_place else None


def target_of(args: tuple[object, ...], kwargs: Mapping[str, object]) -> torch.Tensor | None:
    """What a call in place changes: ``out``, or the first that it is given."""
    first = kwargs.get("out")
    if not isinstance(first, torch.Tensor):
        first = args[0] if args else next(iter(kwargs.values()), None)
    return first if isinstance(first, torch.Tensor) else None


def _is_in_place(name: str) -> bool:
    if name == "__setitem__":
        return True
    if name.startswith("__i") and name not in ("__invert__", "__index__", "__int__"):
        return True
    return name.endswith("_") and not name.endswith("__") and name != "requires_grad_"


def version_of(tensor: torch.Tensor) -> int:
    """How often it has been changed in place."""
    return 0 if tensor.is_inference() else tensor._version
