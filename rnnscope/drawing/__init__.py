"""Pictures of a layer: one model of what is drawn, and a painter for each medium.

network     the layer unrolled over time: cells and the edges between them, without display text
text        the unrolled layer and a stacked weight as lines of tagged characters
scene       labels, boxes and lines with coordinates, and how wide a text is
places      where the cells and edges of a network are
unrolled    a network as a scene
inside      one cell as a scene: gates, weights, the equations beside
chain       the recurrent layers of a model as a scene, in order of call
ways        which edges and cells belong to a tensor or parameter
blocks      the stacked parameters, their gates to scale
pictures    whole pictures, with a headline
style       the colours, light and dark
svg         a scene, written down
"""
