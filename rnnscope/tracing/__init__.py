"""What a user's program does with the axes of its tensors, followed while it runs.

    factors.py      the algebra: every axis of a tensor is a product of factors
    operations.py   the registry of torch operations, and the words they use for what they saw
    ops/           one pure function per operation, labels in, labels out
    events.py      what rules look at: a regrouping, a reading, a pairing; sketches only
    places.py       where the user's code is right now, cheaply
    sketching.py    live arguments as the sketches that rules compare        [torch]
    table.py        tensor -> Label, held from the side, weakly              [torch]
    roles.py        name_axes: what the user says of the axes
    session.py      the hooks: constructors, modules, functions, loaders     [torch]

Observers (see ``session.Observer``) may listen to everything that a session sees.
"""

from __future__ import annotations

from rnnscope.tracing.roles import AxisNamesError, name_axes

__all__ = ["AxisNamesError", "name_axes"]
