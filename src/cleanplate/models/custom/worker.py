"""The process in which a stranger's network is looked at and run; started by `guard.Guard`.

It holds nothing worth taking and can do nothing but compute: before the first byte of a network is
read, its memory is bounded, and it gives up the right to open anything, be it a file or a socket
(POSIX `setrlimit`: RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE). Each request bounds its
processor time as well, so that a worker whose parent died cannot run on for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

import numpy as np

from cleanplate.models.custom import wire
from cleanplate.models.custom.look import Refused, inspect


def main() -> None:
    """Serve requests from standard input until it ends."""
    limits = json.loads(sys.argv[1])
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up among the answers
    import onnx
    import onnxruntime as ort

    ort.set_default_logger_severity(4)
    _run_something(onnx, ort, limits["threads"])  # reads what it must of the machine, while it may
    _close_off(limits["memory"])
    _serve(requests, answers, limits)


def _run_something(onnx: Any, ort: Any, threads: int) -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "warm",
        [helper.make_tensor_value_info("x", kind, [4])],
        [helper.make_tensor_value_info("y", kind, [4])],
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options = _options(ort, threads)
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    session.run(None, {"x": np.zeros(4, np.float32)})
    onnx.defs.has("Relu", "")


def _options(ort: Any, threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _close_off(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; there the parent's clock alone holds
        return
    used = 0
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(
        ValueError, OSError
    ):  # macOS knows the limit and does not always keep it
        resource.setrlimit(resource.RLIMIT_AS, (used + memory,) * 2)
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE):
        resource.setrlimit(limit, (0, 0))


def _allow_time(seconds: float) -> None:
    try:
        import resource
    except ImportError:
        return
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 2, hard))


def _serve(requests: Any, answers: Any, limits: dict[str, Any]) -> None:
    parts: dict[str, Any] = {}
    while True:
        request = wire.read(requests, wire.Bounds())
        if request is None:
            return
        _allow_time(limits["seconds"] * limits["threads"])
        head, arrays = request
        try:
            reply = _answer(parts, head, arrays, limits)
        except Refused as error:
            reply = {"error": str(error)}, {}
        except MemoryError:
            reply = {"error": "it needs more memory than it may have", "memory": True}, {}
        except Exception as error:  # whatever the libraries raise is the network's fault
            text = str(error).strip() or repr(error)
            memory = "bad_alloc" in text or "allocate memory" in text.lower()
            reply = {"error": text.splitlines()[0][:300], "memory": memory}, {}
        wire.write(answers, *reply)


def _answer(
    parts: dict[str, Any], head: dict[str, Any], arrays: dict[str, np.ndarray], limits: Any
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    if head["do"] == "run":
        session = parts[head["part"]]
        results = session.run(head["outputs"], arrays)
        if not all(isinstance(result, np.ndarray) for result in results):
            raise Refused("it gives lists or maps, and only tensors can be used")
        return {}, dict(zip(head["outputs"], results, strict=True))
    import onnxruntime as ort

    data = arrays.pop("network").tobytes()
    found = inspect(data, arrays, limits["nodes"])
    if found.missing:
        return {"external": found.missing}, {}
    whole = found.model.SerializeToString()
    session = ort.InferenceSession(
        whole, _options(ort, limits["threads"]), ["CPUExecutionProvider"]
    )
    parts[head["part"]] = session
    facts = {
        "inputs": [[item.name, item.type, list(item.shape)] for item in session.get_inputs()],
        "outputs": [[item.name, item.type, list(item.shape)] for item in session.get_outputs()],
        "nodes": found.nodes,
    }
    merged = {"network": np.frombuffer(whole, np.uint8)} if arrays else {}
    return facts, merged


if __name__ == "__main__":
    main()
