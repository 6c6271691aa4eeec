"""What networks run on: those of ONNX Runtime's execution providers that work on this machine.

That one is installed says little: the CUDA provider is offered wherever onnxruntime-gpu is, also
where there is no card, no driver or no cuDNN. So each is tried once, on a network of one layer.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
from functools import cache
from typing import Any

import numpy as np

from cleanplate.errors import ModelError

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"

PREFERRED = (CUDA, "CoreMLExecutionProvider", "DmlExecutionProvider")
"""Before the processor, in this order."""

Provider = str | tuple[str, dict[str, Any]]

FATAL = 4
"""Of ONNX Runtime's levels: what goes wrong is raised, or told by us; nothing is printed as well."""

_OPTIONS: dict[str, dict[str, Any]] = {
    CUDA: {
        "use_tf32": "0",  # ten bits of mantissa: mattes came out a tenth of the whole apart
        "cudnn_conv_algo_search": "HEURISTIC",  # trying every way took seconds for each new size
        "arena_extend_strategy": "kSameAsRequested",  # of memory that other programs want as well
    }
}

_log = logging.getLogger(__name__)


def chosen() -> list[str]:
    """ONNX Runtime's names of what networks run on, the first choice first.

    Those that `CLEANPLATE_PROVIDERS` names (comma separated), else those that work of the preferred
    ones, and the processor. What is installed and does not work is told once, in the log.

    Raises ModelError when one that was named is not there or does not work.
    """
    named = os.environ.get("CLEANPLATE_PROVIDERS", "")
    wanted = [name.strip() for name in named.split(",") if name.strip()]
    for name in wanted:
        _insist(name)
    return wanted or usual()


def _insist(name: str) -> None:
    here = offered()
    if name not in here:
        raise ModelError(
            f"ONNX Runtime has no {name} here. Set CLEANPLATE_PROVIDERS to some of: "
            f"{', '.join(here)}."
        )
    why = failure(name)
    if why:
        raise ModelError(
            f"CLEANPLATE_PROVIDERS asks for {name}, which does not work here: {why}. "
            "`cleanplate doctor` says what would help."
        )


@cache
def usual() -> list[str]:
    """What networks run on where nobody chose: the preferred that work, and the processor."""
    working = []
    for name in PREFERRED:
        if name not in offered():
            continue
        why = failure(name)
        if why is None:
            working.append(name)
        else:
            _log.warning(
                "Networks run without %s, which does not work here: %s. `cleanplate doctor` says "
                "what would help; CLEANPLATE_PROVIDERS=%s, that it is not wanted.",
                *(name, why, CPU),
            )
    return [*working, CPU]


@cache
def failure(name: str) -> str | None:
    """Why a provider that is installed can't be used on this machine; None if it can.

    It is tried on a convolution, which needs all that networks need (on NVIDIA's cards, cuDNN too).
    """
    if name == CPU:
        return None
    import onnxruntime as ort

    ort.set_default_logger_severity(FATAL)
    missing = _preload() if name == CUDA else None
    options = ort.SessionOptions()
    options.log_severity_level = FATAL
    try:
        session = ort.InferenceSession(
            _one_layer(), options, providers=with_options([name]), enable_fallback=0
        )
        if session.get_providers()[0] != name:
            return missing or "it cannot be loaded"
        session.run(None, {"x": np.ones((1, 1, 8, 8), np.float32)})
    except Exception as error:  # ONNX Runtime raises its own and RuntimeError, nothing narrower
        return first_line(error)
    return None


def with_options(names: list[str]) -> list[Provider]:
    """The providers as ONNX Runtime takes them, each with our settings for it."""
    return [(name, _OPTIONS[name]) if name in _OPTIONS else name for name in names]


def first_line(error: Exception) -> str:
    """What ONNX Runtime says in an error, without its own places in its code, and what follows."""
    said = str(error).strip()
    in_cuda = re.search(r"\w+ failure \d+: [^;\n]+", said)
    if in_cuda:
        return in_cuda[0].strip()
    return said.splitlines()[0][:300] if said else repr(error)


def offered() -> list[str]:
    """What is installed, whether or not it works."""
    import onnxruntime as ort

    return ort.get_available_providers()


def _preload() -> str | None:
    """Load CUDA's libraries from NVIDIA's Python packages, where the system's loader does not look.

    Gives what could not be loaded, if anything.
    """
    import onnxruntime as ort

    if not hasattr(ort, "preload_dlls"):  # before 1.21
        return None
    said = io.StringIO()
    with contextlib.redirect_stdout(said):  # it prints what it misses
        ort.preload_dlls()
    missing = [line for line in said.getvalue().splitlines() if line.startswith("Failed to load")]
    return missing[0].split(": ", 1)[-1] if missing else None


def _one_layer() -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 1, 8, 8]) for n in "xy")
    kernel = numpy_helper.from_array(np.ones((1, 1, 3, 3), np.float32), "kernel")
    layer = helper.make_node("Conv", ["x", "kernel"], ["y"], pads=[1, 1, 1, 1])
    graph = helper.make_graph([layer], "one layer", [x], [y], [kernel])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
