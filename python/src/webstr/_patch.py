"""webstr in the stock json module's encoder."""

import json.encoder
import threading
from types import ModuleType, TracebackType
from typing import Any, Optional

from . import _webstr

# What the encoder looks up in its module at every call, in the order of _webstr.json_functions().
NAMES = "c_make_encoder", "encode_basestring", "encode_basestring_ascii"


class Replacement:
    """Our functions in the place of a json.encoder's own."""

    def __init__(self, encoder: ModuleType) -> None:
        self.encoder = encoder
        self.stock = [getattr(encoder, name) for name in NAMES]
        self.ours = _webstr.json_functions(*self.stock)

    @staticmethod
    def fits(encoder: ModuleType) -> bool:
        """Whether the functions in use are the C ones that came with it."""
        return (
            encoder.c_make_encoder is not None
            and encoder.c_encode_basestring is not None
            and encoder.encode_basestring is encoder.c_encode_basestring
            and encoder.encode_basestring_ascii is encoder.c_encode_basestring_ascii
        )

    def exchange(self, old: Any, new: Any) -> None:
        """What somebody else has put there since is left alone."""
        for name, before, after in zip(NAMES, old, new):
            if getattr(self.encoder, name) is before:
                setattr(self.encoder, name, after)


class State:
    """Who wants the patch: plain calls since the last unpatch_json(), and open `with` blocks."""

    def __init__(self, encoder: ModuleType) -> None:
        self.encoder = encoder
        self.lock = threading.RLock()
        self.calls = 0
        self.round = 0  # of calls; unpatch_json() begins a new one
        self.blocks = 0
        self.replacement: Optional[Replacement] = None

    def change(self, calls: int, blocks: int) -> None:
        """Under the lock."""
        self.calls, self.blocks = calls, blocks
        wanted = calls > 0 or blocks > 0
        if wanted and self.replacement is None and Replacement.fits(self.encoder):
            self.replacement = Replacement(self.encoder)
            self.replacement.exchange(self.replacement.stock, self.replacement.ours)
        elif not wanted and self.replacement is not None:
            self.replacement.exchange(self.replacement.ours, self.replacement.stock)
            self.replacement = None


class Patch:
    """What patch_json() returns; a context manager."""

    def __init__(self, state: State) -> None:
        self.state = state
        with state.lock:
            state.change(state.calls + 1, state.blocks)
            self.round: Optional[int] = state.round

    def __enter__(self) -> "Patch":
        with self.state.lock:
            # The call becomes a block, if it has not been undone or become one already.
            calls = self.state.calls - (self.round == self.state.round)
            self.round = None
            self.state.change(calls, self.state.blocks + 1)
        return self

    def __exit__(
        self,
        exc_type: Optional[type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        with self.state.lock:
            self.state.change(self.state.calls, self.state.blocks - 1)


STATE = State(json.encoder)


def patch_json() -> Patch:
    """Let the stock json module's encoder escape its strings with webstr.

    Results and exceptions stay the same. It lasts until unpatch_json(), however often it was
    called; or, as a context manager, until the end of the last open block:

    >>> import json, webstr
    >>> with webstr.patch_json():
    ...     json.dumps("tab\\t")
    '"tab\\\\t"'

    Nothing is done where json runs without its C accelerator or somebody else has replaced its
    functions.
    """
    return Patch(STATE)


def unpatch_json() -> None:
    """Put json's own functions back, the very same objects.

    Within a block of `with patch_json()`, of whatever thread, it takes effect at its end.
    """
    with STATE.lock:
        STATE.round += 1
        STATE.change(0, STATE.blocks)
