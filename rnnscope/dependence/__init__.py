"""Which axis depends on which, by behaviour: any module is run, and what moves is seen.

    inputs      sizes that tell the axes apart
    passes      counted runs on copies, nothing left behind;   taping    one of them on a tape
    bench       slices changed on the tape, on several draws;  values    the changes
    patterns    diagonals, triangles, bands, stairs;           places    so what an axis is
    trials      other sizes, halves, gradients
    seeing      the axes of the inputs;  conduct  what it does as a whole;  finding  all of it
    parts       the same of each part;   promises  against the module's own word
    telling     sentences;  report  what prints itself

``facts`` is what comes out, without torch.
"""
