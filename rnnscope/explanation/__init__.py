"""What a tensor or parameter is, why it has its shape, and the proof.

model            Explanation and what it is made of
resolve_name     what a person typed -> a Topic: a tensor or a parameter
themes           what a person typed -> a Theme: a gate, a family, an option, a symbol
expressions      how expressions about a layer are written
descriptions     meaning, pieces, questions and answers
claims           what must be equal
recipes          one row for each sample, right and wrong
equation_steps   the lines of the cell, with their shapes
claim_checker    the real layer, on which claims are evaluated
explaining       explain(), which gathers them
"""
