"""Is a hand-written layer the real thing? It is built, called, pushed, and compared with torch's.

``verifying.verify`` is the whole of it. In the order in which it works: ``target`` and ``slicing``
load, ``construct`` builds, ``conventions``, ``layouts`` and ``returns`` call and read,
``calling_convention`` chooses, ``contract`` and ``behaviour`` watch, ``search`` and ``mapping``
find whose block is whose, ``cell_mutants`` and ``wiring_mutants`` know the usual mistakes,
``hypotheses`` compares, ``measuring`` counts, ``wording`` says it.
"""
