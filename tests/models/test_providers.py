"""What networks run on: what is installed is tried before it is believed, and lost without harm.

No accelerator is at hand where this runs: ONNX Runtime is stood in for where it would offer one.
"""

from __future__ import annotations

import logging

import numpy as np
import onnxruntime as ort
import pytest

from cleanplate.engine import doctor
from cleanplate.errors import ModelError
from cleanplate.models import providers, sessions
from cleanplate.models.providers import CPU, CUDA

from .test_sessions import X, network


class Card:
    """A CUDA provider of ONNX Runtime's: how it loads and runs is up to the test."""

    def __init__(self) -> None:
        self.loads: Exception | str | None = None
        """Raised when a network is loaded; text is what preloading prints before it falls back."""
        self.runs: Exception | None = None
        self.asked: list[list] = []
        self.given_back: list[str] = []

    def session(self, data, options, providers, enable_fallback):
        assert enable_fallback == 0, "ONNX Runtime's own fallback prints to the standard output"
        self.asked.append(providers)
        real = _real_session(data, options, providers=[CPU])
        named = [p if isinstance(p, str) else p[0] for p in providers]
        if CUDA not in named:
            return real
        if isinstance(self.loads, Exception):
            raise self.loads
        return real if self.loads else _OnCard(self, real)


class _OnCard:
    def __init__(self, card: Card, real: ort.InferenceSession) -> None:
        self._card, self._real = card, real

    def __getattr__(self, name: str):
        return getattr(self._real, name)

    def get_providers(self) -> list[str]:
        return [CUDA, CPU]

    def run(self, outputs, feeds, options=None):
        if self._card.runs is not None:
            raise self._card.runs
        if options is not None:
            key = "memory.enable_memory_arena_shrinkage"
            self._card.given_back.append(options.get_run_config_entry(key))
        return self._real.run(outputs, feeds)


_real_session = ort.InferenceSession


@pytest.fixture
def card(monkeypatch):
    """A machine on which onnxruntime-gpu is installed, with a card that works unless told not to."""
    card = Card()
    monkeypatch.delenv("CLEANPLATE_PROVIDERS", raising=False)
    monkeypatch.setattr(ort, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(
        ort, "preload_dlls", lambda: isinstance(card.loads, str) and print(card.loads)
    )
    monkeypatch.setattr(ort, "InferenceSession", card.session)
    _forget()
    yield card
    _forget()


def _forget() -> None:
    providers.usual.cache_clear()
    providers.failure.cache_clear()


FAILURE = (
    "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 void CudaCall(...) CUDA "
    "failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=localhost ; file=..."
)
NO_LIBRARY = "Failed to load libcublasLt.so.13: libcublasLt.so.13: cannot open shared object file"


def test_a_card_that_works_is_used_and_its_memory_given_back(card):
    session = sessions.Session(network())
    assert session.providers == [CUDA, CPU]
    assert session.run({"x": X})["z"].tolist() == [0, 2, 6, 10]
    assert card.given_back == ["cpu:0;gpu:0"]
    (name, options), last = card.asked[-1]
    assert (name, last) == (CUDA, CPU)
    assert options["use_tf32"] == "0", "ten bits of mantissa are not the same picture"


@pytest.mark.parametrize(
    ("loads", "said"),
    [
        (NO_LIBRARY, "libcublasLt.so.13: cannot open shared object file"),
        ("Nothing of use", "it cannot be loaded"),
        (
            RuntimeError(FAILURE),
            "CUDA failure 100: no CUDA-capable device is detected",
        ),
    ],
)
def test_a_card_that_does_not_work_is_told_once_and_done_without(card, caplog, capsys, loads, said):
    card.loads = loads
    for _ in range(2):
        session = sessions.Session(network())
        assert session.providers == [CPU]
        assert session.run({"x": X})["z"].tolist() == [0, 2, 6, 10]
    (line,) = caplog.messages
    assert (
        said in line
        and "cuda_call.cc" not in line
        and "hostname" not in line
        and "cleanplate doctor" in line
    )
    assert capsys.readouterr().out == ""
    (finding,) = [f for f in doctor.examine() if f.topic == "accelerators"]
    assert "none" in finding.fact and said in finding.fact
    assert "onnxruntime-gpu[cuda,cudnn]" in finding.advice


def test_a_card_that_cannot_compute_is_found_out(card, caplog):
    card.runs = RuntimeError("cudnn is not there")
    assert sessions.Session(network()).providers == [CPU]
    assert "cudnn is not there" in caplog.text


def test_what_was_asked_for_by_name_must_work(card, monkeypatch):
    card.loads = NO_LIBRARY
    monkeypatch.setenv("CLEANPLATE_PROVIDERS", f"{CUDA},{CPU}")
    with pytest.raises(ModelError, match=r"asks for CUDA.*libcublasLt"):
        sessions.Session(network())
    monkeypatch.setenv("CLEANPLATE_PROVIDERS", CPU)
    assert sessions.Session(network()).providers == [CPU]


def test_a_card_without_room_loses_the_network_to_the_processor(card, caplog):
    session = sessions.Session(network(), name="net")
    card.runs = RuntimeError("Available memory of 13631488 is smaller than requested")
    assert session.run({"x": X})["z"].tolist() == [0, 2, 6, 10]
    assert session.providers == [CPU]
    assert "net goes on on the processor: Available memory" in caplog.text
    card.runs, card.loads = None, RuntimeError("out of memory")
    caplog.clear()
    assert sessions.Session(network(), name="other").providers == [CPU]
    assert "other goes on on the processor: out of memory" in caplog.text


def test_wrong_inputs_stay_wrong_and_cost_no_card(card, caplog):
    session = sessions.Session(network(), name="net")
    with pytest.raises(ModelError, match="net failed"):
        session.run({"x": np.zeros(3, np.float32)})
    assert session.providers == [CUDA, CPU]
    with pytest.raises(ModelError, match="junk cannot be loaded"):
        sessions.Session(b"this is no network", name="junk")
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def test_doctor_names_a_card_that_works(card):
    (finding,) = [f for f in doctor.examine() if f.topic == "accelerators"]
    assert (finding.fact, finding.advice) == ("NVIDIA (CUDA)", None)
