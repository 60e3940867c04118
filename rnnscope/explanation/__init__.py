"""What a tensor or parameter is, why it has its shape, and the proof.

parts       Explanation and what it is made of
names       what a person typed -> a Topic: a tensor or a parameter
themes      what a person typed -> a Theme: a gate, a family, an option, a symbol
code        how expressions about a layer are written
story       meaning, pieces, questions and answers
claims      what must be equal
recipes     one row for each sample, right and wrong
lines       the lines of the cell, with their shapes
bench       the real layer, on which claims are evaluated
telling     explain(), which gathers them
"""
