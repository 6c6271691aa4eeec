"""What went wrong, in one line for a person, with the exit code for a program."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import typer

from cleanplate.errors import Cancelled, CleanplateError

INTERRUPTED = 130
"""128 + SIGINT, what a shell shows for a program stopped with Ctrl-C."""

# Typer carries its own copy of Click or uses the installed one, depending on its version; the
# errors that it reports itself are recognised through a public subclass.
_USAGE_ERRORS = tuple(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")


@contextmanager
def reported(debug: bool) -> Iterator[None]:
    """Turn whatever is raised inside into one line on stderr and an exit code."""
    try:
        yield
    except typer.Exit:
        raise
    except _USAGE_ERRORS as error:  # Click says on stderr how the command is used
        _tell_program(error.format_message(), error.exit_code)
        raise
    except (KeyboardInterrupt, typer.Abort, Cancelled) as error:
        _stop(debug, error, "stopped; nothing was left under the output's name", INTERRUPTED)
    except CleanplateError as error:
        _stop(debug, error, f"error: {error}", error.exit_code)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has gone: nobody is left to tell.
        _exit(1)
    except MemoryError as error:
        remedy = "close other programs, or take part of the clip with --frames"
        _stop(debug, error, f"error: out of memory; {remedy}", 1)
    except OSError as error:
        _stop(debug, error, f"error: {_describe(error)}", 1)
    except Exception as error:
        log = _write_log(error)
        hint = f"; the details are in {log}" if log else "; run again with --debug for the details"
        _stop(debug, error, f"error: unexpected {type(error).__name__}: {error}{hint}", 1)


def _stop(debug: bool, error: BaseException, line: str, code: int) -> None:
    if debug:
        traceback.print_exception(error)
    print(" ".join(line.split()), file=sys.stderr)
    _tell_program(str(error) or "stopped", code)
    _exit(code)


def _tell_program(message: str, code: int) -> None:
    """The same as an event, where events were asked for."""
    if "--json" in sys.argv:
        print(json.dumps({"event": "error", "message": message, "exit_code": code}))


def _exit(code: int) -> None:
    # Worker threads may still be inside compiled code; waiting for them would break the promise
    # to stop within a second, and Python's own shutdown can crash under them.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _describe(error: OSError) -> str:
    what = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {what}" if error.filename else what


def _write_log(error: Exception) -> Path | None:
    """Keep the trace in the user's log folder; None where that cannot be written."""
    import platformdirs

    folder = Path(platformdirs.user_log_dir("cleanplate", appauthor=False))
    path = folder / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return None
    return path
