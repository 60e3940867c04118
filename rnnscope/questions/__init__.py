"""Questions about a tape, each answered by experiments: one file a question, its first line.

A fact holds its witness, "prediction 3 moved when sample 7 changed", and the lines; rules put it
into words. ``asked`` says which questions there are, ``inquiry`` asks them of each tape, within the
budget.
"""
