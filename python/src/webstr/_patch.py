"""webstr in the stock json module's encoder."""

import os
from _thread import RLock
from sys import modules

from . import _webstr

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType, TracebackType
    from typing import Any, Optional

# The names that the encoder looks up in its module at every call, in the order of _webstr.json_functions(); and
# what _json calls it.
NAMES = "c_make_encoder", "encode_basestring", "encode_basestring_ascii"
ACCELERATORS = "make_encoder", "encode_basestring", "encode_basestring_ascii"


class Replacement:
    """Our functions in the place of those that a json.encoder has now."""

    def __init__(self, encoder: "ModuleType", ours: "Sequence[Any]") -> None:
        self.encoder = encoder
        self.names = vars(encoder)
        self.ours = dict(zip(NAMES, ours))
        self.each = [(name, self.names[name], function) for name, function in self.ours.items()]

    def applied(self) -> bool:
        get = self.names.get
        (a, _, x), (b, _, y), (c, _, z) = self.each
        return get(a) is x and get(b) is y and get(c) is z

    def foreign(self) -> "Optional[str]":
        """The first name that has neither the encoder's own function nor ours."""
        get = self.names.get
        for name, stock, ours in self.each:
            there = get(name)
            if there is not stock and there is not ours:
                return name
        return None

    def apply(self) -> bool:
        """False, and nothing is done, where one of them is somebody else's."""
        if self.foreign():
            return False
        self.names.update(self.ours)
        return True

    def undo(self) -> None:
        """What somebody else has put there since is left alone."""
        names = self.names
        for name, stock, ours in self.each:
            if names.get(name) is ours:
                names[name] = stock


def look() -> "tuple[Optional[ModuleType], str]":
    """json.encoder as it is now; None, and why, if it cannot be patched."""
    try:
        import json  # noqa: F401

        encoder = modules["json.encoder"]
        names = vars(encoder)
    except (ImportError, KeyError, TypeError):
        return None, "json is not the standard library's"
    try:
        import _json
    except ImportError:
        return None, "json runs without _json"
    for name, accelerator in zip(NAMES, ACCELERATORS):
        own = getattr(_json, accelerator, None)
        if own is None or names.get(name) is not own:
            return None, f"json.encoder.{name} is not _json's"
    return encoder, ""


def replacement(encoder: "ModuleType") -> "Optional[Replacement]":
    """None in a series whose _json is not known."""
    names = vars(encoder)
    ours = _webstr.json_functions(*(names[name] for name in NAMES))
    return Replacement(encoder, ours) if ours else None


def register_reducer() -> None:
    """Lets pickle find our functions by their names in json.encoder, with or without webstr there.

    They say that they are of _json, which has others of these names.
    """
    import copyreg

    builtin = type(len)
    before: "Any" = copyreg.dispatch_table.get(builtin)
    if getattr(before, "__module__", None) == __name__:
        return

    def reduce(function: "Any") -> "Any":
        name = function.__name__
        if function.__module__ == "_json" and getattr(function.__self__, name, None) is not function:
            from pkgutil import resolve_name

            return resolve_name, (f"json.encoder:{name}",)
        return before(function) if before else function.__reduce__()

    copyreg.pickle(builtin, reduce)


class State:
    """Who wants the patch: plain calls since the last unpatch_json(), and open `with` blocks."""

    def __init__(self) -> None:
        self.renew_lock()
        self.calls = 0
        self.round = 0  # of calls; unpatch_json() begins a new one
        self.blocks = 0
        # The last one stays, as somebody may put its functions back: a mock that was started in a block and is
        # stopped after it. Those before it are of another json.encoder.
        self.last: "Optional[Replacement]" = None
        self.earlier: "list[Replacement]" = []

    def renew_lock(self) -> None:
        """In a child of fork(), too: another thread may have held the old one."""
        self.lock = RLock()

    def update(self) -> None:
        """Under the lock. It is json.encoder as it is now that is patched: it may be another one than before."""
        last = self.last
        if not self.calls and not self.blocks:
            if last:
                last.undo()
            while self.earlier:
                self.earlier.pop().undo()
        elif not last or last.encoder is not modules.get("json.encoder") or not (last.applied() or last.apply()):
            self.replace()

    def replace(self) -> None:
        encoder, _ = look()
        new = replacement(encoder) if encoder else None
        if new:
            register_reducer()
            new.apply()
            if self.last:
                self.earlier.append(self.last)
            self.last = new

    def problem(self) -> "Optional[str]":
        """Why json.encoder has not our functions now; None if it has."""
        encoder, problem = look()
        for one in (self.last, *self.earlier) if not encoder else ():
            if one and one.encoder is modules.get("json.encoder"):
                if one.applied():
                    return None
                name = one.foreign()
                problem = f"json.encoder.{name} is not _json's" if name else ""
        if encoder and not replacement(encoder):
            problem = "the json of this series of CPython is not known"
        return problem or "json.encoder has its own functions"


class patch_json:
    """Let webstr be the stock json module's encoder.

    Results and exceptions stay the same. It lasts until unpatch_json(), however often it was
    called; or, as a context manager, until the end of the last open block:

    >>> import json, webstr
    >>> with webstr.patch_json() as patch:
    ...     json.dumps("tab\\t"), patch.applied
    ('"tab\\\\t"', True)

    Nothing is done where json is another module, runs without its C accelerator, or somebody else
    has replaced its functions. The patch says so:

    >>> patch
    <webstr.patch_json(): not applied, json.encoder has its own functions>
    """

    __slots__ = "_open", "_round"

    def __init__(self) -> None:
        self._open = 0  # blocks of this one
        state = STATE
        if not state.last or state.last.encoder is not modules.get("json.encoder"):
            look()  # imports json before the lock, for which another thread's import of json may wait
        with state.lock:
            state.calls += 1
            state.update()
            self._round: "Optional[int]" = state.round

    @property
    def problem(self) -> "Optional[str]":
        """Why json.encoder has not webstr's functions now; None if it has."""
        return STATE.problem()

    @property
    def applied(self) -> bool:
        """Whether json.encoder has webstr's functions now."""
        return STATE.problem() is None

    def __repr__(self) -> str:
        problem = STATE.problem()
        return f"<webstr.patch_json(): {'applied' if problem is None else 'not applied, ' + problem}>"

    def _change(self, block: int) -> None:
        """One block more, or less; the call, if it still counts, does so no longer."""
        state = STATE
        with state.lock:
            if self._round == state.round:
                state.calls -= 1
            self._round = None
            self._open += block
            state.blocks += block
            state.update()

    def __enter__(self) -> "patch_json":
        self._change(1)
        return self

    def __exit__(
        self,
        exc_type: "Optional[type[BaseException]]",
        exc: "Optional[BaseException]",
        traceback: "Optional[TracebackType]",
    ) -> None:
        # ExitStack.push() calls it without __enter__(): there is no block then.
        self._change(-1 if self._open else 0)


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
        STATE.calls = 0
        STATE.update()


STATE = State()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=STATE.renew_lock)
