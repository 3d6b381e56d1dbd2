"""webstr in the stock json module's encoder."""

import json.encoder
import operator
import os
import threading
from types import ModuleType, TracebackType
from typing import Any, Optional

from . import _webstr

# The names that the encoder looks up in its module at every call, in the order of _webstr.json_functions(); and
# what _json calls it.
NAMES = "c_make_encoder", "encode_basestring", "encode_basestring_ascii"
ACCELERATORS = "make_encoder", "encode_basestring", "encode_basestring_ascii"


class Replacement:
    """Our functions in the place of a json.encoder's own, which are those of its `accelerator`."""

    def __init__(self, encoder: ModuleType, accelerator: Optional[ModuleType]) -> None:
        self.encoder = encoder
        self.stock = [getattr(encoder, name, None) for name in NAMES]
        own = [getattr(accelerator, name, None) for name in ACCELERATORS]
        # None where one of them is somebody else's.
        self.ours = None
        if None not in own and all(map(operator.is_, self.stock, own)):
            self.ours = _webstr.json_functions(*self.stock)

    def apply(self) -> None:
        self._exchange(self.stock, self.ours)

    def undo(self) -> None:
        self._exchange(self.ours, self.stock)

    def _exchange(self, old: Any, new: Any) -> None:
        """What somebody else has put there since is left alone."""
        for name, before, after in zip(NAMES, old, new):
            if getattr(self.encoder, name) is before:
                setattr(self.encoder, name, after)


class State:
    """Who wants the patch: plain calls since the last unpatch_json(), and open `with` blocks."""

    def __init__(self, encoder: ModuleType, accelerator: Optional[ModuleType]) -> None:
        self.encoder = encoder
        self.accelerator = accelerator
        self.lock = threading.RLock()
        self.calls = 0
        self.round = 0  # of calls; unpatch_json() begins a new one
        self.blocks = 0
        self.applied = False
        # The last one, kept as somebody may put its functions back: a mock that was started in a
        # block and is stopped after it.
        self.replacement: Optional[Replacement] = None

    def change(self, calls: int, blocks: int) -> None:
        """Under the lock."""
        wanted = calls > 0 or blocks > 0
        if self.replacement is not None and not (wanted and self.applied):
            self.replacement.undo()
            self.applied = False
        if wanted and not self.applied:
            replacement = Replacement(self.encoder, self.accelerator)
            if replacement.ours is not None:
                if self.replacement is None or self.replacement.stock != replacement.stock:
                    self.replacement = replacement
                self.replacement.apply()
                self.applied = True
        self.calls, self.blocks = calls, blocks


class Patch:
    """What patch_json() returns; a context manager."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.open = 0  # blocks of this one
        with state.lock:
            state.change(state.calls + 1, state.blocks)
            self.round: Optional[int] = state.round

    def _change(self, block: int) -> None:
        """One block more, or less; the call, if it still counts, does so no longer."""
        self.state.change(
            self.state.calls - (self.round == self.state.round), self.state.blocks + block
        )
        self.round = None
        self.open += block

    def __enter__(self) -> "Patch":
        with self.state.lock:
            self._change(+1)
        return self

    def __exit__(
        self,
        exc_type: Optional[type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        with self.state.lock:
            # ExitStack.push() calls it without __enter__(): there is no block then.
            self._change(-1 if self.open else 0)


try:
    import _json
except ImportError:  # json does without it, then
    STATE = State(json.encoder, None)
else:
    STATE = State(json.encoder, _json)

if hasattr(os, "register_at_fork"):
    # A child of fork() gets the lock free, and the state whole, whatever other threads were at.
    os.register_at_fork(
        before=STATE.lock.acquire,
        after_in_parent=STATE.lock.release,
        after_in_child=STATE.lock.release,
    )


def patch_json() -> Patch:
    """Let webstr be the stock json module's encoder.

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

    >>> import json, webstr
    >>> patch = webstr.patch_json()
    >>> json.dumps("tab\\t")
    '"tab\\\\t"'
    >>> webstr.unpatch_json()
    """
    with STATE.lock:
        STATE.round += 1
        STATE.change(0, STATE.blocks)
