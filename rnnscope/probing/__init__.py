"""Proofs, by running: what moves when one sample, the padding or the random stream changes.

    evidence.py    which rows of a batch are independent samples, and the line that says so [torch]
    calls.py       one recent call of each model, kept as it was                           [torch]
    copying.py     an independent copy of a model and of its arguments                     [torch]
    replay.py      a copy runs once more, and every operation's result is kept             [torch]
    alignment.py   along which axis of a tensor each sample has its own elements           [torch]
    leak.py        does one sample's change move another's output, and from which line on  [torch]
    company.py     does a sample's output depend on how far it is padded                   [torch]
    states.py      where the states that a layer starts from come from                     [torch]
    targets.py     are the targets inputs that were read before                            [torch]
    foresight.py   do answers that are to predict the next input move with later ones      [torch]
    scatter.py     does nn.DataParallel cut something else than the batch                  [torch]
    carrying.py    what a loop over steps does with the states of a layer                  [torch]
    borrowing.py   cells that start every step from another cell's state                   [torch]
    detaching.py   layers of an optimizer that no gradient reaches, cut off on the way     [torch]
    dropouts.py    which dropouts eval() does not reach                                    [torch]
    freezing.py    which parameters were frozen by a name that torch never reads           [torch]
    gradients.py   which recurrent weights never get a gradient, or never a step           [torch]
    probe.py       all of it: an Observer while the program runs, findings at its end      [torch]

A copy runs in eval mode, without gradients, with its own random stream and its prints unseen.
"""
