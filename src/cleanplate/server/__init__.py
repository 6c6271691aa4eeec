"""The HTTP API under ``/api/v1``, and the editor's pages.

`cleanplate serve` and `cleanplate edit` start it; `docs/api.md` shows how to use it. Importing
this package loads nothing.
"""
