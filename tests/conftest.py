"""What the tests of several folders need."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_store(tmp_path_factory):
    """What tests derive is theirs: no test finds, or leaves, anything in the user's store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEANPLATE_STORE", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="session")
def network():
    """Make sure that a network of the catalogue is in the cache: call it with the network's name.

    Fetched once into the user's own cache. Skips the test, with the reason, when no source can be
    reached; a source that sends the wrong bytes fails it.
    """
    from cleanplate import models

    def present(name: str) -> str:
        try:
            models.fetch(name)
        except models.Unfetchable as error:
            # Networks are fetched, never shipped: offline, there is nothing here to test. Only that
            # is let pass; wrong bytes and a broken catalogue are other errors, and fail.
            pytest.skip(f"networks are not shipped, and no source can be reached: {error}")
        return name

    return present


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard():
    """A shell without job control lets what it starts in the background ignore Ctrl-C, and that is
    inherited by the commands that tests stop with it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory):
    """Runs are logged in a folder of the tests, and not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
