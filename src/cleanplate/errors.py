"""What goes wrong, in words for the person who can act on it."""

from __future__ import annotations


class CleanplateError(Exception):
    """Base of every error that Cleanplate raises on purpose.

    The message is one or two sentences: what is wrong and what to do about it. The command line
    prints it and exits with `exit_code`; it never shows a traceback for one of these.
    """

    exit_code = 1


class UsageError(CleanplateError):
    """The request itself cannot be right: an impossible option, an output that is the input."""

    exit_code = 2


class MediaError(CleanplateError):
    """A file that cannot be read, or a format that cannot be written."""


class MaskError(CleanplateError):
    """Masks that do not fit the clip: wrong size, wrong count, unreadable, empty."""


class ModelError(CleanplateError):
    """A network that cannot be fetched, verified or run."""


class ProjectError(CleanplateError):
    """A project that cannot be opened: damaged, made by a later version, or without its clip."""


class DiskError(CleanplateError):
    """Not enough room on a disk for what a run may write."""


class ClusterError(CleanplateError):
    """A cluster that cannot be reached, or that cannot do the work."""


class Cancelled(CleanplateError):
    """The user stopped the work; nothing was left under the output's name."""

    exit_code = 130
