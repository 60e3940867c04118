"""rnnscope: the shape debugger for PyTorch recurrent networks."""

__version__ = "0.1.0"
