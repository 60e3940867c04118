"""Run a user's script under watch, as python would run it."""
