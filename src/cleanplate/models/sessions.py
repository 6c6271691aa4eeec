"""Networks running on ONNX Runtime: on whatever the machine offers, shared, bounded in memory."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cleanplate.errors import ModelError
from cleanplate.models import cache
from cleanplate.models.fetching import Watcher, fetch
from cleanplate.models.manifests import Manifest, manifest
from cleanplate.models.providers import (
    CPU,
    CUDA,
    FATAL,
    Provider,
    chosen,
    first_line,
    with_options,
)

if TYPE_CHECKING:
    import onnx
    import onnxruntime as ort

Edit = tuple[str, Callable[["onnx.ModelProto"], None]]

_log = logging.getLogger(__name__)

_SHARED_LIMIT = 256 << 20  # bytes of weights that stay loaded; the least recently used goes first


class Session:
    """One network, loaded and ready to run.

    Attributes: `inputs` and `outputs` map names to shapes (a size that may vary is a string or
    None); `types` maps them to ONNX Runtime's types, as in "tensor(float)".

    `run` may be called from several threads. Where an accelerator fails, for want of memory most
    often, the network goes on on the processor, and a line in the log says so.
    """

    def __init__(
        self,
        data: bytes,
        *,
        name: str = "network",
        threads: int | None = None,
        providers: list[Provider] | None = None,
    ) -> None:
        """Load a network from the bytes of an ONNX file.

        Parameters
        ----------
        data
            An ONNX model, already verified or made here.
        name
            What to call it in error messages.
        threads
            Threads for one operator on the CPU; default `CLEANPLATE_THREADS`, else every core
            that this process may use.
        providers
            ONNX Runtime's names, or names and options; default `CLEANPLATE_PROVIDERS` (comma
            separated), else what works here (see `cleanplate.models.providers`).

        Raises ModelError when it cannot be loaded.
        """
        self.name = name
        self.weight = len(data)
        self._data = data
        self._threads = threads or _threads()
        self._ort = self._load(providers or with_options(chosen()))
        both = (*self._ort.get_inputs(), *self._ort.get_outputs())
        self.inputs = {item.name: tuple(item.shape) for item in self._ort.get_inputs()}
        self.outputs = {item.name: tuple(item.shape) for item in self._ort.get_outputs()}
        self.types = {item.name: item.type for item in both}

    @property
    def providers(self) -> list[str]:
        """Where it runs, as ONNX Runtime calls it, the first choice first."""
        return self._ort.get_providers()

    def run(
        self,
        feeds: Mapping[str, np.ndarray],
        outputs: list[str] | None = None,
        *,
        keep_memory: bool = False,
    ) -> dict[str, np.ndarray]:
        """Run once.

        Parameters
        ----------
        feeds
            Input names and their arrays.
        outputs
            Which outputs to give, by name; default all.
        keep_memory
            Keep the working memory for the next run instead of giving it back. For the image
            encoder that saves an eighth of the time and holds 330 MB.

        Returns
        -------
        Output names and their arrays.

        Raises ModelError when the network fails, as it does on inputs of the wrong shape.
        """
        wanted = outputs or list(self.outputs)
        session = self._ort
        options = None if keep_memory else _giving_back(session)
        try:
            results = session.run(wanted, dict(feeds), options)
        except Exception as error:  # ONNX Runtime raises its own and RuntimeError, nothing narrower
            if session.get_providers() == [CPU]:
                raise ModelError(f"The network {self.name} failed: {first_line(error)}") from error
            results = self._run_instead(error, wanted, dict(feeds))
        return dict(zip(wanted, results, strict=True))

    def _run_instead(
        self, error: Exception, wanted: list[str], feeds: dict[str, np.ndarray]
    ) -> list[np.ndarray]:
        """Run on the processor what failed with `error` elsewhere, and stay there if it is able."""
        session = self._load([CPU])
        try:
            results = session.run(wanted, feeds)
        except Exception as same:  # see above
            raise ModelError(f"The network {self.name} failed: {first_line(same)}") from same
        self._ort = session
        self._tell(error)
        return results

    def _load(self, on: list[Provider]) -> ort.InferenceSession:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = FATAL
        # Spinning threads would steal the cores from the decoding that runs beside us.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return ort.InferenceSession(self._data, options, providers=on, enable_fallback=0)
        except Exception as error:  # see above
            if on == [CPU]:
                raise ModelError(
                    f"The network {self.name} cannot be loaded: {first_line(error)}"
                ) from error
            session = self._load([CPU])
            self._tell(error)
            return session

    def _tell(self, error: Exception) -> None:
        _log.warning("%s goes on on the processor: %s", self.name, first_line(error))


def _giving_back(session: ort.InferenceSession) -> ort.RunOptions:
    """Options for a run after which the memory that it worked in is given back."""
    import onnxruntime as ort

    options = ort.RunOptions()
    arenas = "cpu:0;gpu:0" if CUDA in session.get_providers() else "cpu:0"
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", arenas)
    return options


_shared: OrderedDict[tuple[Any, ...], Session] = OrderedDict()
_lock = threading.RLock()


def session(
    name: str,
    part: str | None = None,
    *,
    watch: Watcher | None = None,
    edit: Edit | None = None,
) -> Session:
    """Return the shared session for one part of a network of the catalogue.

    The network is fetched first if it must be (see `fetch`), its bytes are verified, and it stays
    loaded for the next caller until other networks need the room.

    Parameters
    ----------
    name
        A name of the catalogue.
    part
        Which of its files or translated graphs; default the first.
    watch
        See `fetch`.
    edit
        A name and a function that changes the `onnx.ModelProto` before it is loaded. The name
        tells the edited session from others in the shared store.
    """
    network = manifest(name)
    part = part or network.parts[0]
    key = (
        name,
        part,
        edit and edit[0],
        str(cache.folder()),
        os.environ.get("CLEANPLATE_PROVIDERS"),
    )
    with _lock:
        if key in _shared:
            _shared.move_to_end(key)
            return _shared[key]
    fetch(name, watch=watch)
    data = _data(network, part)
    if edit is not None:
        data = _edited(data, edit[1])
    return _share(key, Session(data, name=f"{name}/{part}"))


def _data(network: Manifest, part: str) -> bytes:
    """The ONNX bytes of one part of a network, verified, translated and tapped as need be."""
    if any(item.name == part for item in network.graphs):
        from cleanplate.models.tfjs import translate

        graph = network.graph(part)
        topology = cache.read(network, network.file(graph.topology))
        weights = cache.read(network, network.file(graph.weights))
        options = {"fixed": graph.fixed, "shapes": graph.shapes, "switches": graph.switches}
        return translate(topology, weights, **options)
    item = network.file(part)
    data = cache.read(network, item)
    return _edited(data, lambda model: expose(model, item.taps)) if item.taps else data


def _edited(data: bytes, change: Callable[[onnx.ModelProto], None]) -> bytes:
    import onnx

    model = onnx.load_from_string(data)
    change(model)
    return model.SerializeToString()


def _share(key: tuple[Any, ...], loaded: Session) -> Session:
    """Keep `loaded` for later callers under `key`, dropping the least recently used if need be."""
    with _lock:
        _shared[key] = loaded
        _shared.move_to_end(key)
        while len(_shared) > 1 and sum(s.weight for s in _shared.values()) > _SHARED_LIMIT:
            _shared.popitem(last=False)
        return loaded


def release(name: str | None = None) -> None:
    """Drop every shared session, or those of one network of the catalogue, and with it the memory
    that they hold."""
    with _lock:
        for key in [key for key in _shared if name in (None, key[0])]:
            del _shared[key]


def expose(model: onnx.ModelProto, taps: Mapping[str, str]) -> None:
    """Make inner tensors of an ONNX model its only outputs.

    `taps` maps the new outputs' names to the tensors' names. What no output needs any more is
    pruned when the model is loaded. Raises ModelError when a tensor does not exist.
    """
    made = {name for node in model.graph.node for name in node.output}
    missing = [tensor for tensor in taps.values() if tensor not in made]
    if missing:
        raise ModelError(f"The network has no tensor {missing[0]}; the catalogue does not fit it.")
    del model.graph.output[:]
    _make_room(model.graph, set(taps) - set(taps.values()))
    for name, tensor in taps.items():
        if name != tensor:
            model.graph.node.add(op_type="Identity", input=[tensor], output=[name])
        model.graph.output.add(name=name).type.tensor_type.elem_type = 1  # float32


def _make_room(graph: Any, taken: set[str]) -> None:
    """Rename the tensors of `graph` that are called as a new output is to be called."""
    for node in graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                if name in taken:
                    names[i] = f"{name}.untapped"


def _threads() -> int:
    named = os.environ.get("CLEANPLATE_THREADS", "")
    if named.isdigit() and int(named):
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
