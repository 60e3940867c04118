"""Is a hand-written layer the real thing? It is built, called, pushed, and compared with torch's.

``verifying.verify`` is the whole of it. In the order in which it works: ``target`` and ``slicing``
load, ``building`` builds, ``conventions``, ``layouts`` and ``returns`` call and read, ``settling``
chooses, ``contract`` and ``behaviour`` watch, ``search`` and ``mapping`` find whose block is whose,
``variants`` and ``stacks`` know the usual mistakes, ``arithmetic`` compares, ``measuring`` counts,
``telling`` says it.
"""
