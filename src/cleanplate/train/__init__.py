"""Learning a kind of object from a few marked pictures: arrays in, a network out.

    from cleanplate.train import Example, split

    parts = split([Example.of(image, mask, "frame 12"), ...])      # some are held out

A *target head* on a frozen backbone is fitted in seconds and needs no torch (`head`); a small network
on EfficientNet-Lite0 is trained in minutes and does (`fitting`). Both become ONNX.
"""

from cleanplate.train.examples import FEW, LEAST, Example, Split, split

__all__ = ["FEW", "LEAST", "Example", "Split", "split"]
