"""Everything that a running server has, put together."""

from __future__ import annotations

from cleanplate.engine.store import open_store
from cleanplate.server.asking import Bases
from cleanplate.server.cuts import Cuts
from cleanplate.server.database import Database
from cleanplate.server.frames import Frames
from cleanplate.server.hub import Hub
from cleanplate.server.jobs.queue import Jobs
from cleanplate.server.pointer import Pointer
from cleanplate.server.settings import ServerSettings
from cleanplate.server.sounds import Sounds
from cleanplate.server.strips import Strips
from cleanplate.server.uploads import Uploads
from cleanplate.server.workspace import Workspace


class Services:
    """A server's parts, which its routes use. `close` ends its processes and threads."""

    def __init__(self, settings: ServerSettings) -> None:
        settings.hidden.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.store = open_store()
        self.database = Database(settings.hidden / "server.sqlite")
        self.hub = Hub()
        self.workspace = Workspace(settings, self.database, self.hub, self.store)
        self.uploads = Uploads(settings)
        self.frames = Frames(self.store)
        self.strips = Strips(self.frames, self.store)
        self.sounds = Sounds(self.store, self.frames.readers)
        self.pointer = Pointer(settings)
        self.bases = Bases()
        self.jobs = Jobs(settings, self.database, self.hub, self.workspace)
        self.cuts = Cuts(self.store, self.frames, self.jobs.busy, self.workspace.tell_shots)

    def start(self) -> None:
        """Take up the queue where it was left."""
        self.uploads.tidy()
        self.jobs.start()

    def close(self) -> None:
        """Stop; what is running is taken up by the next start."""
        self.hub.close()
        self.workspace.close()
        self.jobs.close()
        self.pointer.close()
        self.cuts.close()
        self.frames.close()
        self.database.close()
