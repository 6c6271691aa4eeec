"""How a matte is made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MatteSettings:
    """The numbers behind a matte. Lengths are shares of the frame's longest side unless said.

    Attributes
    ----------
    band
        Half the width of what is undecided along a sharp, resting edge.
    soft
        The same at the least where the mask itself is as fine as hair.
    shutter
        The share of the time between frames that the shutter is taken to be open: how far motion
        smears. By daylight it is short, and a band wider than the smear fills with haze.
    widest
        The farthest that motion blur widens the band.
    hair
        How far from the mask hair may reach, and `doubt`, how deep in the mask a network may doubt
        it, and `fringe`, how deep the background may show between hairs; all as shares of the root
        of the mask's area.
    by_look, by_colour, by_plate, by_time
        What each kind of evidence weighs against the matting Laplacian, whose own weight is 1.
    by_limb
        What `by_look` is where tracking lost a limb.
    noise
        The variance of colour (0..1) that the Laplacian takes for noise.
    rounds
        Most steps of the solver.
    longest
        Pixels: frames longer than this are solved at reduced size and refined at their own.
    """

    band: float = 0.006
    soft: float = 0.0095
    shutter: float = 0.3
    widest: float = 0.04
    hair: float = 0.12
    doubt: float = 0.04
    fringe: float = 0.1
    by_look: float = 0.015
    by_colour: float = 0.3
    by_plate: float = 0.3
    by_time: float = 0.1
    by_limb: float = 0.15
    noise: float = 1e-6
    rounds: int = 50
    longest: int = 720
