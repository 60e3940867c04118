"""A tape, run again with something changed: what moves answers questions that no rule can.

``replay`` runs the calls of a tape, never the user's code. ``influence`` changes slices of slots,
sees what moves; ``alignment`` says on which axis samples are apart; ``meeting`` finds where
predictions meet their targets; ``roles`` which slots hold the data, and on which axis the samples
are; ``padding`` how long each of them is; ``calm`` switches dropout off; ``budget`` says how long
all of it may take.
"""
