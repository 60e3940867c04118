"""What the gates of a real layer did on a real input, at every step.

recording   the real layer and the reference on one input; they must agree
trace       LayerTrace: every gate of one layer in one direction as a tensor
summary     means, saturation, dead units, memory, the gradient's way back
heatmap     a gate as a picture: time across, units down
screen      what a terminal shows
report      Gates, which gathers them and prints itself
models      the gates of every layer of a model, on what the model gives them

All of it works on live tensors; nothing else in rnnscope imports it when it is loaded.
"""

from __future__ import annotations

from rnnscope.gating.models import gates_of_model
from rnnscope.gating.report import Gates, gates_of_layer
from rnnscope.gating.trace import LayerTrace

__all__ = ["Gates", "LayerTrace", "gates_of_layer", "gates_of_model"]
