"""A user's program -> Tapes: what each step of it did, without a trace left in the program.

Read in this order: ``tape`` (what is kept), ``recorder`` (who writes it, and when), ``patches``
(everything that is put in the program's way, in one table), ``layers`` (which recurrent layer a
kernel belongs to), ``pace`` (which steps are recorded), ``nest`` (the one walk through nested
values).
"""
