"""What rnnscope costs, as ratios to a baseline of the same run: ``python -m benchmarks.run``."""
