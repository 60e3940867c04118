"""Stands for a torch that cannot be imported."""

raise RuntimeError("libcudart is of another age")
