"""What is too much, wherever it is asked for."""

FARTHEST = 500.0
"""Pixels by which an edge can be moved or softened at most: a quarter of an HD frame's width, more
than any rim, blur or shadow needs."""
