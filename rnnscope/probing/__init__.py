"""What is learnt over several steps by watching alone: nothing is run for it.

    states.py                states that a model keeps, though the program means to reset them
    data_parallel.py         does nn.DataParallel cut something else than the batch
    requires_grad_typos.py   which parameters were frozen by a name that torch never reads
    gradients.py             which recurrent weights never get a gradient, or never a step
    accumulation.py          gradients that are never cleared

States from step to step, and layers that are cut off, are questions on tapes: see ``questions``.
"""
