"""What `python -m webstr` has python import at its start: patch_json() as soon as json is there.

It removes its traces from the environment, sys.path and sys.modules. json is not imported before the program does
so: a neighbour of the script may have that name.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

HERE = os.path.dirname(__file__)


class Loader:
    """json.encoder's own loader, and then patch_json()."""

    def __init__(self, spec: "Any") -> None:
        self.spec, self.loader = spec, spec.loader
        spec.loader = self

    def create_module(self, spec: "Any") -> "Any":
        return self.loader.create_module(spec)

    def exec_module(self, module: "Any") -> None:
        self.spec.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        webstr.patch_json()


class Finder:
    """Waits for json.encoder."""

    @staticmethod
    def find_spec(name: str, path: "Any" = None, target: "Any" = None) -> "Optional[Any]":
        if name == "json.encoder":
            sys.meta_path.remove(Finder)
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)  # importlib passes those by that have none
                spec = find and find(name, path, target)
                if spec is not None:
                    Loader(spec)
                    return spec
        return None


sys.path.remove(HERE)
sys.path_importer_cache.pop(HERE, None)
rest = os.environ["PYTHONPATH"].partition(os.pathsep)[2]
if rest:
    os.environ["PYTHONPATH"] = rest
else:
    del os.environ["PYTHONPATH"]
sys.path.append(os.path.dirname(os.path.dirname(HERE)))
import webstr  # noqa: E402

sys.path.pop()
if "json.encoder" in sys.modules:  # by a .pth file
    webstr.patch_json()
else:
    sys.meta_path.insert(0, Finder)
# The real one, if there is one.
del sys.modules["sitecustomize"]
__import__("sitecustomize")
