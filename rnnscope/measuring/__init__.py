"""Real layers and models: built, run, read off, and left as they were."""
