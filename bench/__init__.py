"""Quality and speed of Cleanplate beside its peers, on shared and generated clips.

``python -m bench fill`` scores the fill, ``strips`` shows it, ``limits`` times the floor under it
and ``memory`` watches what it holds. docs/benchmarks.md says what each number means.
"""
