"""The encoder of patch_json() against the stock one of the same interpreter.

WEBSTR_DOCUMENTS says how many random documents are compared, WEBSTR_SEED where they begin.
"""

import enum
import gc
import itertools
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import threading
import tracemalloc
import warnings
from collections import OrderedDict

import pytest

import webstr
from strings import Name, Str

STOCK = json.encoder.c_make_encoder
ESCAPE = json.encoder.encode_basestring, json.encoder.encode_basestring_ascii
DOCUMENTS = int(os.environ.get("WEBSTR_DOCUMENTS", 10_000))
SEED = int(os.environ.get("WEBSTR_SEED", 0))
# Of calls in C, where Python's do not count.
C_LIMIT = {12: 1500}.get(sys.version_info[1], 10_000)
# From 3.14 on the C stack's size is the limit, and its frames differ.
SAME_DEPTH = sys.version_info < (3, 14)
HAS_INDENT = sys.version_info >= (3, 13)
frozendict = getattr(__import__("builtins"), "frozendict", dict)


def outcome(function):
    """What it returns, or all that can be seen of what it raises."""
    try:
        result = function()
    except Exception as error:
        context = error.__context__
        return type(error), str(error), getattr(error, "__notes__", None), context and repr(context)
    if isinstance(result, str):
        # A str that is taken for ASCII is equal to one of the same characters that is not.
        assert result.isascii() == (re.search("[^\0-\x7f]", result) is None)
    return result


# --- Random documents ----------------------------------------------------------------------

TRACE = []  # of the calls of what is not json's


class Wrong(Exception):
    pass


def traced(*call):
    TRACE.append(call)


class Int(int):
    def __repr__(self):
        traced("Int.__repr__")
        return "wrong"

    __str__ = __index__ = __repr__


class Float(float):
    def __repr__(self):
        traced("Float.__repr__", float.__repr__(self))
        return f"Float({float.__repr__(self)})"

    __str__ = __repr__


class Key(str):
    """A key whose repr() is asked for by notes."""

    def __repr__(self):
        traced("Key.__repr__", str.__repr__(self))
        return "Key"


class WrongKey(str):
    def __repr__(self):
        raise Wrong("repr")


class List(list):
    def __iter__(self):
        traced("List.__iter__", len(self))
        return super().__iter__()

    def __len__(self):
        traced("List.__len__")
        return super().__len__()


class NoList(list):
    __iter__ = None


class Tuple(tuple):
    def __iter__(self):
        traced("Tuple.__iter__", len(self))
        return iter([1, "of __iter__"])


class Dict(dict):
    def items(self):
        traced("Dict.items", len(self))
        return super().items()

    def __iter__(self):
        raise AssertionError("Dict.__iter__")

    keys = __getitem__ = __iter__


class OddItems(dict):
    """items() with something that is no pair."""

    def items(self):
        traced("OddItems.items")
        return [("a", 1), self.odd]

    odd = [3, 4]


class NoItems(dict):
    def items(self):
        raise Wrong("items")


class Color(enum.IntEnum):
    RED = 7


class Level(float, enum.Enum):
    HALF = 0.5


class Unordered(str):
    def __lt__(self, other):
        traced("Unordered.__lt__")
        return str.__lt__(self, other)

    __hash__ = str.__hash__


class Object:
    """For default(), which returns what `make` returns."""

    def __init__(self, make):
        self.make = make

    def __repr__(self):
        return "Object"


def a_float(r):
    kind = r.randrange(6)
    if kind == 0:
        return struct.unpack("d", r.getrandbits(64).to_bytes(8, "little"))[0]
    if kind == 1:
        return r.choice([0.0, -0.0, 1e-4, 9.9e-5, 1e15, 1e16, 123456789012345680.0, float("inf"), -float("inf"),
                         float("nan"), 5e-324, sys.float_info.max, 0.1, 1 / 3, 2.0**-14, 2.5**20])
    if kind == 2:
        return round(r.uniform(-1000, 1000), r.randrange(8))
    return r.uniform(-1, 1) * 10.0 ** r.randrange(-6, 19)


def an_int(r):
    kind = r.randrange(4)
    if kind == 0:
        return r.choice([0, 1, -1, 2**30, -(2**30), 2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**64, 10**25])
    value = r.getrandbits(r.randrange(1, 70)) if kind == 1 else r.randrange(10 ** r.randrange(1, 8))
    return -value if r.randrange(3) == 0 else value


ALPHABETS = ["abcdefghij", "abc\"\\\n\x00\x1f\x7f/", "aé\xff\x80", "a中\ud800\u2028", "a😀\U0010ffff", "a"]


def a_text(r):
    length = r.choice([0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 127, 128, 129, 257])
    return "".join(r.choices(r.choice(ALPHABETS), k=r.randrange(length + 1)))


LONG = 10**5000  # beyond the limit of digits, where there is one
SCALARS = [
    *[a_text] * 6, *[an_int] * 4, *[a_float] * 3,
    lambda r: None, lambda r: True, lambda r: False,
    lambda r: Int(an_int(r)), lambda r: Float(a_float(r)), lambda r: Str(a_text(r)), lambda r: Key(a_text(r)),
    lambda r: Color.RED, lambda r: Level.HALF, lambda r: Name.TAB,
    lambda r: b"bytes" if r.randrange(8) == 0 else 5,
    lambda r: LONG if r.randrange(8) == 0 else "digits",
]
KEYS = [
    *[a_text] * 12, lambda r: an_int(r), a_float, lambda r: None, lambda r: r.random() < 0.5,
    lambda r: Int(an_int(r)), lambda r: Float(a_float(r)), lambda r: Str(a_text(r)), lambda r: Key(a_text(r)),
    lambda r: Unordered(a_text(r)), lambda r: Color.RED, lambda r: Name.TAB,
    lambda r: (1, 2) if r.randrange(5) == 0 else "tuple", lambda r: WrongKey("w") if r.randrange(5) == 0 else "w",
    lambda r: LONG if r.randrange(8) == 0 else "digits",
]


class Maker:
    """A document, always the same one for the same numbers."""

    def __init__(self, r):
        self.r = r
        self.containers = []
        self.may_be_circular = False

    def value(self, depth=0):
        r = self.r
        kind = r.randrange(12)
        if depth == 0 and kind < 6:
            kind += 6
        if kind < 6 or depth > 3:
            return r.choice(SCALARS)(r)
        if kind < 8:
            return self.list(depth)
        if kind < 11:
            return self.dict(depth)
        return r.choice([self.object, self.tuple, self.circle])(depth)

    def size(self):
        return self.r.choice([0, 1, 1, 2, 2, 3, 8])

    def list(self, depth):
        r = self.r
        result = r.choice([*[list] * 12, List, NoList if r.randrange(4) == 0 else list])()
        self.containers.append(result)
        if r.randrange(6) == 0:
            make = r.choice(SCALARS)
            list.extend(result, (make(r) for _ in range(self.size())))
        else:
            list.extend(result, [self.value(depth + 1) for _ in range(self.size())])
        return result

    def tuple(self, depth):
        return self.r.choice([tuple, tuple, Tuple])(self.value(depth + 1) for _ in range(self.size()))

    def dict(self, depth):
        r = self.r
        kind = r.choice([*[dict] * 12, Dict, frozendict, OddItems if r.randrange(3) == 0 else dict,
                         NoItems if r.randrange(3) == 0 else dict])
        pairs = []
        if kind is not frozendict:
            result = kind()
            self.containers.append(result)
            for _ in range(self.size()):
                dict.__setitem__(result, r.choice(KEYS)(r), self.value(depth + 1))
            if kind is OddItems:
                result.odd = r.choice([[3, 4], (1, 2, 3), "ab", ("b", 2), None])
            return result
        return kind((a_text(r), self.value(depth + 1)) for _ in range(self.size()))

    def circle(self, depth):
        r = self.r
        self.may_be_circular = True
        return r.choice(self.containers) if self.containers and r.randrange(4) == 0 else "no circle"

    def object(self, depth):
        """Whose default() may also change a container, or raise."""
        r = self.r
        self.may_be_circular = True
        value, kind = self.value(depth + 1), r.randrange(8)
        victim = r.choice(self.containers) if self.containers else []

        def make():
            if kind == 0:
                raise Wrong("default")
            if kind == 1:
                victim.clear()
            if kind == 2:
                if isinstance(victim, list):
                    victim.append("appended")
                else:
                    victim[f"added {len(victim)}"] = "added"
            return value

        return Object(make)


def default(object):
    traced("default", type(object).__name__)
    if isinstance(object, Object):
        return object.make()
    raise TypeError(f"no {type(object).__name__}")


def options_of(r):
    options = {
        "ensure_ascii": r.random() < 0.5, "skipkeys": r.random() < 0.5, "sort_keys": r.random() < 0.2,
        "allow_nan": r.random() < 0.8, "check_circular": r.random() < 0.8,
    }
    if r.random() < 0.3:
        options["indent"] = r.choice([None, 0, 1, 4, "\t", "é", "  中"] if HAS_INDENT else [None])
    if r.random() < 0.3:
        options["separators"] = r.choice([(",", ":"), ("", ""), (" , then ", "\t:\n     "), ("é", "ÿ"), ("中", "😀")])
    if r.random() < 0.8:
        options["default"] = default
    if r.random() < 0.1:
        options["sort_keys"] = r.choice([0, 1, "", "yes"])
    return options


def encoded(seed):
    """The outcome and the trace, and what is left of the document."""
    r = random.Random(seed)
    maker = Maker(r)
    document, options = maker.value(), options_of(r)
    del TRACE[:]
    if maker.may_be_circular and any(map(circular, maker.containers)):
        # Without a check, an endless recursion; see test_depth().
        options["check_circular"] = True
    result = outcome(lambda: json.dumps(document, **options))
    sizes = [dict.__len__(c) if isinstance(c, dict) else list.__len__(c) for c in maker.containers]
    return result, list(TRACE), sizes


def circular(container):
    """Whether one can come to it from within; objects that default() opens count, too."""
    open, seen = [container], set()
    while open:
        item = open.pop()
        if isinstance(item, Object):
            items = [cell.cell_contents for cell in item.make.__closure__]
        elif isinstance(item, (dict, frozendict)):
            items = dict.values(item) if isinstance(item, dict) else item.values()
        elif isinstance(item, (list, tuple)):
            items = (list if isinstance(item, list) else tuple).__iter__(item)
        else:
            continue
        for inner in items:
            if inner is container:
                return True
            if id(inner) not in seen:
                seen.add(id(inner))
                open.append(inner)
    return False


def test_random_documents():
    outcomes = 0
    for start in range(SEED, SEED + DOCUMENTS, 500):
        seeds = range(start, min(start + 500, SEED + DOCUMENTS))
        expected = [encoded(seed) for seed in seeds]
        with webstr.patch_json():
            assert json.encoder.c_make_encoder is not STOCK
            for seed, (result, trace, sizes) in zip(seeds, expected):
                ours = encoded(seed)
                assert ours[0] == result, f"WEBSTR_SEED={seed}"
                assert ours[1] == trace, f"WEBSTR_SEED={seed}"
                assert ours[2] == sizes, f"WEBSTR_SEED={seed}"
                outcomes += isinstance(result, str)
    # Both kinds do occur.
    assert DOCUMENTS < 1000 or DOCUMENTS / 4 < outcomes < DOCUMENTS * 0.95


# --- One by one ------------------------------------------------------------------------------

def both(function):
    """The outcome by the stock encoder, and by ours."""
    expected = outcome(function)
    with webstr.patch_json():
        return expected, outcome(function)


@pytest.mark.parametrize("text", ["é", "中", "😀"])
@pytest.mark.parametrize("length", [10, 5_000])
def test_ascii_before_others(text, length):
    document = ["a" * length, text, "b" * length]
    expected, ours = both(lambda: json.dumps(document, ensure_ascii=False))
    assert ours == expected


def test_floats():
    r = random.Random(SEED)
    near = [round(10.0**n * f, 3) * s for n in range(-6, 18) for f in (1, 1 - 1e-15, 1 + 1e-15, 1.5) for s in (1, -1)]
    powers = [2.0**n for n in range(-70, 70)] + [2.0**n + 2.0 ** (n - 50) for n in range(-20, 52)]
    halves = [(2**52 + r.getrandbits(51)) / 2**n for n in range(8) for _ in range(200)]
    numbers = near + powers + halves + [a_float(r) for _ in range(200_000)]
    with webstr.patch_json():
        text = json.dumps(numbers, separators=(",", ""))
    for ours, number in zip(text[1:-1].split(","), numbers):
        if number == number and abs(number) != float("inf"):
            assert ours == repr(number)


def test_ints():
    numbers = [s * (10**n + d) for n in range(25) for d in (-1, 0, 1) for s in (1, -1)]
    numbers += [s * 2**n + d for n in range(70) for d in (-1, 0, 1) for s in (1, -1)]
    with webstr.patch_json():
        assert json.dumps(numbers) == str(numbers)


@pytest.mark.parametrize("ensure_ascii", [False, True])
def test_widths(ensure_ascii):
    """Each width after each, at the lengths where the buffer and pieces end."""
    texts = ["x", "\n", "é", "中", "😀"]
    for length in [1, 7, 8, 9, 15, 16, 17, 100, 127, 128, 129, 255, 256, 257, 1000, 1020, 1021, 1022, 1023, 1024, 1025, 3000]:
        for texts_now in itertools.permutations(texts, 3):
            document = [text * length for text in texts_now] + [1, -2.5, None, True, False, {"a\"b": []}, texts_now]
            expected, ours = both(lambda: json.dumps(document, ensure_ascii=ensure_ascii))
            assert ours == expected
            wide, plain = both(lambda: json.dumps(document, ensure_ascii=ensure_ascii, separators=("中", "é"), sort_keys=True))
            assert wide == plain


@pytest.mark.parametrize("wide", ["", "é", "中", "😀"])
def test_more_escapes_than_room(wide):
    for text in wide + "\1" * 10_000, wide * 3_000 + "\1" * 20_000, "\n" * 70_000 + wide:
        expected, ours = both(lambda: json.dumps([wide, text, text], ensure_ascii=False))
        assert ours == expected


def test_each_escape_beside_wider_characters():
    """In strings that are copied to wider units as they are, if they are clean."""
    texts = [
        "a" * place + chr(code) + "b" * (length - place - 1)
        for code in range(160) for length in range(1, 26) for place in sorted({0, length // 2, length - 1})
    ]
    for first in "中", "😀":
        with webstr.patch_json():
            ours = json.dumps([first, *texts], ensure_ascii=False)
        assert ours == f'["{first}", {", ".join(map(ESCAPE[0], texts))}]'


def too_deep(ours, expected):
    """Whether both are recursion errors; of C's stack they say how much was used."""
    assert ours[0] is expected[0] is RecursionError
    assert ours[1] == expected[1] or (not SAME_DEPTH and ours[1].startswith("Stack overflow"))
    return True


def nested(depth, make, document=1):
    for _ in range(depth):
        document = make(document)
    return document


MAKERS = {"list": lambda x: [x], "dict": lambda x: {"a": x}, "tuple": lambda x: (x,), "subclass": lambda x: Dict(a=x),
          "ordered": lambda x: OrderedDict(a=x)}


@pytest.mark.parametrize("check_circular", [True, False])
@pytest.mark.parametrize("sort_keys", [True, False])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_depth(make, sort_keys, check_circular):
    limit = sys.getrecursionlimit() if sys.version_info < (3, 12) else C_LIMIT
    if SAME_DEPTH and make is not MAKERS["subclass"]:
        innermost = []
        # Where the first error comes depends on what the test runs in.
        good, bad = 10, limit + 5
        while bad - good > 1:
            depth = (good + bad) // 2
            text = outcome(lambda: json.dumps(nested(depth, make), sort_keys=sort_keys, check_circular=check_circular))
            good, bad = (depth, bad) if isinstance(text, str) else (good, depth)
        for depth in 10, *range(good - 4, good + 5):
            for end in [{"b": 1, "a": 2} if sort_keys else 1, *[innermost] * check_circular]:
                document = nested(depth, make, end)
                innermost[:] = [document]  # a circle
                expected, ours = both(lambda: json.dumps(document, sort_keys=sort_keys, check_circular=check_circular))
                assert ours == expected, depth
    for kind in list, dict:
        document = kind()
        document.append(document) if kind is list else document.update(a=document)
        expected, ours = both(lambda: json.dumps(document, check_circular=check_circular))
        assert ours[:2] == expected[:2] if check_circular else too_deep(ours, expected)
        deep = nested(C_LIMIT + 5_000 if SAME_DEPTH else 200_000, make)
        expected, ours = both(lambda: json.dumps(deep, check_circular=check_circular))
        assert too_deep(ours, expected)
        while deep != 1:  # else their end is as deep
            deep = next(iter(dict.values(deep))) if isinstance(deep, dict) else deep[0]


STACK = """
import collections, json, sys, threading
kind, depth, size, patched = sys.argv[1], *map(int, sys.argv[2:])
if patched:
    import webstr
    webstr.patch_json()
class Chain:
    pass
class Dict(dict):
    pass
make = {"list": lambda x: [x], "dict": lambda x: {"a": x}, "sorted": lambda x: {"b": x, "a": 1}, "tuple": lambda x: (x,),
        "subclass": lambda x: Dict(a=x), "ordered": lambda x: collections.OrderedDict(a=x), "default": None}[kind]
document = 1
for _ in range(depth):
    if make:
        document = make(document)
    else:
        document, inner = Chain(), document
        document.inner = inner
def encode():
    try:
        text = json.dumps(document, sort_keys=kind == "sorted", default=lambda object: object.inner)
        print(len(text), flush=True)
    except RecursionError as error:
        print(error, flush=True)
    sys.stdout.flush()
    import os
    os._exit(0)  # else the document's end is as deep
sys.setrecursionlimit(2**31 - 1)
threading.stack_size(size)
threading.Thread(target=encode).start()
"""


def stack_probe(*arguments):
    """What is printed, or None where the stack overflows."""
    process = subprocess.run([sys.executable, "-c", STACK, *map(str, arguments)], stdout=subprocess.PIPE)
    return process.stdout if process.returncode == 0 else None


@pytest.mark.skipif(sys.platform != "linux", reason="the stack's size is exact on Linux")
@pytest.mark.parametrize("kind", ["list", "dict", "sorted", "tuple", "subclass", "ordered", "default"])
def test_stack(kind):
    """No more of C's stack for a level than the stock encoder takes."""
    size = 128 * 1024
    good, bad = size // 2048, size // 32
    if stack_probe(kind, bad, size, 0) is not None:
        good = bad  # a limit of another kind comes first
    while bad > good * 1.05:
        depth = int((good * bad) ** 0.5)
        if stack_probe(kind, depth, size, 0) is None:
            bad = depth
        else:
            good = depth
    for times in 1, 4, 64:
        expected, ours = (stack_probe(kind, good * times, size * times, patched) for patched in (0, 1))
        assert ours == expected is not None or (not SAME_DEPTH and None not in (ours, expected)), (good, times)


def test_endless_default():
    def default(object):
        return Object(None)

    for check_circular in True, False:
        expected, ours = both(lambda: json.dumps(Object(None), default=default, check_circular=check_circular))
        assert too_deep(ours, expected)


def direct(make_encoder, encoder, document, markers, *, default=None, indent=None, separators=(":", ","),
           sort_keys=False, skipkeys=False, allow_nan=True, level=0):
    return make_encoder(markers, default, encoder, indent, *separators, sort_keys, skipkeys, allow_nan)(document, level)


def ours():
    with webstr.patch_json():
        return json.encoder.c_make_encoder, json.encoder.encode_basestring, json.encoder.encode_basestring_ascii


def test_markers():
    """What default() and tracebacks see of the dict of markers."""
    seen = []

    def default(object):
        seen.append(list(markers.values()))
        if object is last:
            raise Wrong
        return [1]

    last = Object(None)
    document = [[Object(None)], {"a": [nested(30, lambda x: [x]), Object(None)]}, {"b": [[last]]}]
    results = []
    for make_encoder, encoder in (STOCK, ESCAPE[0]), ours()[:2]:
        markers = {}
        del seen[:]
        result = outcome(lambda: direct(make_encoder, encoder, document, markers, default=default))
        results.append((result, [list(map(id, values)) for values in seen], list(markers)))
    assert results[0] == results[1] and len(results[0][1]) == 3 and len(results[0][2]) == 5


def test_markers_in_repr():
    """What the repr() of an exception's message or note sees of them."""
    class See:
        def __repr__(self):
            seen.append(list(map(id, markers.values())))
            return "See"

    class Number(See, float):
        pass

    class KeyOf(See, str):
        pass

    seen, results = [], []
    nan = float("nan")
    document = [[1, [Number(nan)]], {"a": [2, {KeyOf("k"): nan}]}, {KeyOf("k"): [Number(nan)]}]
    for make_encoder, encoder in (STOCK, ESCAPE[0]), ours()[:2]:
        for value in document:
            markers = {}
            results.append((outcome(lambda: direct(make_encoder, encoder, value, markers, allow_nan=False)),
                            seen[:], list(markers)))
            del seen[:]
    assert results[:3] == results[3:]
    assert bool(results[0][1]) == (sys.version_info >= (3, 12))


def test_markers_of_ones_own():
    document = [[1], {"a": 2}]
    for make_encoder, encoder in (STOCK, ESCAPE[0]), ours()[:2]:
        markers = {id(document[1]): None, 5: 6}
        with pytest.raises(ValueError, match="Circular reference detected"):
            direct(make_encoder, encoder, document, markers)
        assert markers == {id(document[1]): None, 5: 6, id(document): document}

        def default(object):
            markers.clear()
            return 1

        assert outcome(lambda: direct(make_encoder, encoder, [object], {}, default=default)) == \
            outcome(lambda: direct(STOCK, ESCAPE[0], [object], {}, default=default))
        markers = {}
        with pytest.raises(KeyError):
            direct(make_encoder, encoder, [object], markers, default=default)


def test_the_encoder_object():
    make_encoder, *functions = ours()
    for index in range(2):
        separators = ": ", ", "
        mine = make_encoder({}, default, functions[index], None, *separators, 1, [], True)
        stock = STOCK({}, default, functions[index], None, *separators, 1, [], True)
        names = [name for name in dir(stock) if not name.startswith("_")]
        assert names == [name for name in dir(mine) if not name.startswith("_")] and len(names) == 8
        for name in names:
            assert getattr(mine, name) == getattr(stock, name)
            assert type(getattr(mine, name)) is type(getattr(stock, name))
            with pytest.raises(AttributeError):
                setattr(mine, name, None)
        assert gc.is_tracked(mine)
        chunks = mine([1, "é"], 0), stock([1, "é"], 0)
        assert type(chunks[0]) is type(chunks[1]) and "".join(chunks[0]) == "".join(chunks[1])
        assert "".join(mine([1, "é"], 5)) == "".join(stock([1, "é"], 5))
        assert "".join(mine(obj=[1], _current_indent_level=2)) == "[1]"
        for wrong in [(), (1,), (1, 2, 3), (1, "a"), (1, 10**30), (1, None), (1, 1.5)]:
            assert outcome(lambda: mine(*wrong)) == outcome(lambda: stock(*wrong))
        for wrong in {"a": 1}, {"obj": 1}, {"obj": 1, "_current_indent_level": ""}:
            assert outcome(lambda: mine(**wrong)) == outcome(lambda: stock(**wrong))
        # Made by json alone.
        for make in type(mine), lambda: object.__new__(type(mine)), lambda: type(mine).__new__(type(mine)):
            with pytest.raises(TypeError):
                make()
        # A debug build of CPython warns of an object that goes while the collector still knows it.
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            del mine
        assert not seen


class Truth:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        traced("bool", self.value)
        if self.value is None:
            raise Wrong("bool")
        return self.value


ARGUMENTS = [{}, default, None, None, ": ", ", ", False, False, True]


@pytest.mark.parametrize("place, value", [
    (0, None), (0, 5), (0, type("D", (dict,), {})()), (1, None), (1, 5), (2, str.lower), (2, None), (2, lambda s: 5),
    (2, json.encoder.py_encode_basestring), (3, " "), (3, 5), (3, ""), (3, Str("  ")), (4, Str(":")), (4, 5), (4, None),
    (5, Str(",")), (5, b","), (5, None), (6, Truth(True)), (6, Truth(None)), (7, Truth(True)), (7, Truth(None)),
    (8, Truth(False)), (8, Truth(None)), (6, 2), (8, ""),
], ids=lambda value: value if type(value) is int else type(value).__name__)
@pytest.mark.parametrize("level", [0, 3, -1])
def test_arguments(place, value, level):
    make_encoder, *functions = ours()
    document = {"b": ["é", {(1,): 2} if place == 7 else 3], "a": {"c": {}}}
    for stock_too in False, True:
        results = []
        for make, encode in (STOCK, ESCAPE[0]), (make_encoder, ESCAPE[0] if stock_too else functions[0]):
            arguments = [{} if a == {} else a for a in ARGUMENTS]
            arguments[2], arguments[place] = encode, value
            if place == 2 and value is None:
                arguments[2] = 5
            del TRACE[:]
            # str subclasses' __str__() may be asked for in some series.
            results.append((outcome(lambda: "".join(make(*arguments)(document, level))), list(TRACE)))
        assert results[0] == results[1]


def test_which_encoder_is_made():
    """Ours for json's own functions, the stock one for all else, decided before any call."""
    make_encoder, *functions = ours()
    for encode in *functions, *ESCAPE:
        assert type(make_encoder({}, None, encode, None, ":", ",", False, False, True)) is not STOCK
        assert (type(make_encoder({}, None, encode, " ", ":", ",", False, False, True)) is not STOCK) == HAS_INDENT
    for encode in str.lower, len, json.encoder.py_encode_basestring:
        assert type(make_encoder({}, None, encode, None, ":", ",", False, False, True)) is STOCK
    for wrong in [(), (1,) * 8, (1,) * 10, (1, None, functions[0], None, ":", ",", 0, 0, 1)]:
        assert outcome(lambda: make_encoder(*wrong)) == outcome(lambda: STOCK(*wrong))


def test_strings_that_change_meanwhile():
    """default() frees what is being encoded."""
    def default(object):
        document.clear()
        gc.collect()
        return ["x" * 1000]

    for make in (lambda: [object(), "a" * 50] * 10), (lambda: {"key" * 9: object(), "b" * 50: 2}):
        document = make()
        expected = outcome(lambda: json.dumps(document, default=default))
        document = make()
        with webstr.patch_json():
            assert outcome(lambda: json.dumps(document, default=default)) == expected


@pytest.mark.parametrize("check_circular", [True, False])
def test_items_that_go_meanwhile(check_circular):
    """Code that the encoder calls takes an object out of its container; the exception names it later."""
    def default(object):
        if not document:
            raise Wrong
        document.clear()
        gc.collect()
        return range(5)

    class NaN(float):
        def __repr__(self):
            document.clear()
            gc.collect()
            return "gone"

    def encode():
        return json.dumps(document, default=default, allow_nan=False, check_circular=check_circular)

    # From 3.12 on the exception has the float's repr().
    for make in lambda: [Object(None)], lambda: {"a": Object(None)}, lambda: [NaN("nan")], lambda: {NaN("nan"): [1]}:
        document = make()
        expected = outcome(encode)
        document = make()
        with webstr.patch_json():
            assert outcome(encode) == expected
        assert expected[0] in (Wrong, ValueError)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="no Python code writes an int")
def test_an_item_that_goes_with_its_long_key():
    digits = "7" * 20_000
    limit, trace = sys.get_int_max_str_digits(), sys.gettrace()
    sys.set_int_max_str_digits(0)
    try:
        document = {int(digits): [Object(None)]}
        with webstr.patch_json():
            sys.settrace(lambda frame, *event: document.clear() if frame.f_globals["__name__"] == "_pylong" else None)
            text = json.dumps(document, default=lambda object: 1)
    finally:
        sys.settrace(trace)
        sys.set_int_max_str_digits(limit)
    assert not document and text == '{"' + digits + '": [1]}'


def test_sorted_keys():
    r = random.Random(SEED)
    for alphabet in "ab", "a\0", "é\xff\xfe", "aé", "aé\u0100", "a\xff\u0100中", "a\uffff😀":
        for size in [*range(20), 100, 1000]:
            document = {"".join(r.choices(alphabet, k=r.randrange(20))): n for n in range(size)}
            expected, ours = both(lambda: json.dumps(document, sort_keys=True))
            assert ours == expected
    document = dict.fromkeys(map(str, range(1000)))
    document["0"] = Object(document.clear)  # default() does not show in what is written
    for expected in [json.dumps(dict(document), sort_keys=True, default=lambda object: None)]:
        with webstr.patch_json():
            assert json.dumps(document, sort_keys=True, default=lambda object: object.make()) == expected
    assert not document


ORDERS = {
    "plain": lambda d: None, "moved": lambda d: d.move_to_end("a"), "deleted": lambda d: dict.__delitem__(d, "a"),
    "set": lambda d: dict.__setitem__(d, "new", 1), "keys": lambda d: setattr(d, "items", d.keys),
    "items": lambda d: setattr(d, "items", lambda: [("x", 1)]), "of another": lambda d: setattr(d, "items", OrderedDict(y=2).items),
    "of dict": lambda d: (d.move_to_end("a"), setattr(d, "items", dict.items.__get__(d))), "other key": lambda d: d.update({Key("k"): 1}),
    "replaced": lambda d: (d.pop("b"), d.update(b=2)),
}


@pytest.mark.parametrize("change", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("sort_keys", [False, True])
def test_ordered_dict(change, sort_keys):
    document = OrderedDict((key, [n]) for n, key in enumerate("caédb"))
    change(document)
    expected, ours = both(lambda: json.dumps([document, document], sort_keys=sort_keys))
    assert ours == expected


# --- Signals -------------------------------------------------------------------------------

CONTENTS = {
    "ints": list(range(1000)), "strings": ["string"] * 1000, "floats": [1e300] * 100, "constants": [None, True] * 500,
    "dict": {str(n): n for n in range(1000)}, "keys": dict.fromkeys(range(1000), ""), "empty": [[], {}] * 500,
    "long": ["\1" * 10_000] * 10, "wide": ["中" * 10_000] * 10, "nested": nested(500, lambda x: [x]),
}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
@pytest.mark.parametrize("what, content", [
    *[("raise", content) for content in CONTENTS], ("encode", "ints"), ("encode", "dict"), ("clear", "ints"), ("clear", "dict")])
def test_signals(what, content):
    """A handler runs while the document is encoded, not later in Python code."""
    def handler(_, frame):
        traced(frame.f_code.co_name)
        if what == "raise":
            raise Wrong
        if what == "clear":
            document.clear()
            gc.collect()
        else:
            traced(json.dumps([1, [2]]))

    content = CONTENTS[content]
    size = len(json.dumps(content, ensure_ascii=False))
    document = [*[content] * (40_000_000 // size), Object(None)]
    previous = signal.signal(signal.SIGPROF, handler)
    del TRACE[:]
    try:
        with webstr.patch_json():
            signal.setitimer(signal.ITIMER_PROF, 0.001)  # of this process's time: however busy the machine is
            result = outcome(lambda: json.dumps(document, default=default_none, ensure_ascii=False))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
    calls = [call[0] for call in TRACE]
    if what == "raise":
        assert calls == ["iterencode"] and result[0] is Wrong
        assert sys.version_info < (3, 14) or result[2][-1].startswith("when serializing list item")
    elif what == "clear":
        assert calls == ["iterencode"] and result.endswith("]")
    else:
        assert calls == ["iterencode", "[1, [2]]", "default"] and result.endswith("null]")


def default_none(object):
    traced("default")


# --- Memory -------------------------------------------------------------------------------------

def peak(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["x", "\n", "é", "中", "😀", "x\n中"])
@pytest.mark.parametrize("ensure_ascii", [False, True])
def test_memory(text, ensure_ascii):
    for document in [text * 300_000], {str(n): [text * 7, n] for n in range(30_000)}, [text * 20] * 40_000:
        expected, ours = both(lambda: peak(lambda: json.dumps(document, ensure_ascii=ensure_ascii)))
        assert ours <= 1.25 * expected


DOCUMENT = [
    ["a" * 5000, "é"],
    {"a\n": 1, "b": [2.5, -1, None, True, False, 2**70, float("inf")], "c": {"d": {}, 1: 2, 1.5: 3, None: 4}},
    "é" * 700, "中" * 700, ["😀", "x" * 2000, "é\"" * 300], Object(None), (1, Str("s"), Int(5), Float(0.5)),
]


def every_option(document=DOCUMENT):
    for options in {}, {"ensure_ascii": False}, {"sort_keys": True}, {"indent": 2}, {"check_circular": False}:
        for value in document, [document, {(1,): 2}], nested(30, lambda x: [x]):
            outcome(lambda: json.dumps(value, default=lambda object: [1], **options))


@pytest.mark.parametrize("steps", [1, 3])
def test_without_memory(steps):
    """A MemoryError at each allocation in turn leaves nothing behind but itself."""
    testcapi = pytest.importorskip("_testcapi")
    if not hasattr(testcapi, "set_nomemory"):
        pytest.skip("no set_nomemory()")
    document = DOCUMENT + [nested(20, lambda x: {"a": x})]

    def default(object):
        return [1]

    make_encoder, *functions = ours()
    failures = 0
    for ascii in range(2):
        for start in range(2000):
            encoder = make_encoder({}, default, functions[ascii], None, ": ", ", ", False, False, True)
            error = text = None
            testcapi.set_nomemory(start, start + steps)
            try:
                text = encoder(document, 0)
            except MemoryError as exc:
                error = exc
            finally:
                testcapi.remove_mem_hooks()
            if error is None:
                assert "".join(text) == "".join(STOCK({}, default, ESCAPE[ascii], None, ": ", ", ", False, False, True)(document, 0))
                break
            failures += 1
        else:
            raise AssertionError("it needs memory without end")
    assert failures > 20


def test_no_leaks():
    """References in a debug build, else blocks of memory."""
    count = getattr(sys, "gettotalrefcount", sys.getallocatedblocks)
    with webstr.patch_json():
        grown = []
        for _ in range(6):  # caches and free lists fill up in the first ones
            gc.collect()
            before = count()
            for _ in range(30):
                every_option()
            gc.collect()
            grown.append(count() - before)
    assert min(grown) < 15


@pytest.mark.skipif(sys.version_info < (3, 14) or not hasattr(sys, "gettotalrefcount"), reason="no notes, or no debug build")
def test_notes_leave_no_names():
    """In the cache of attributes, which is emptied before."""
    def growth():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys._clear_type_cache()
        outcome(lambda: json.dumps([object()]))
        before = sys.gettotalrefcount()
        for _ in range(100):
            outcome(lambda: json.dumps([object()]))
        return sys.gettotalrefcount() - before

    with webstr.patch_json():
        assert min(growth() for _ in range(5)) < 5


# --- Threads ---------------------------------------------------------------------------------------

def test_containers_that_other_threads_change():
    shared = [list(range(50)), {str(n): n for n in range(50)}]
    stop, wrong = threading.Event(), []

    def change():
        while not stop.is_set():
            shared[0].clear()
            shared[0].extend(range(50))
            shared[0].append(["a" * 20])
            for n in range(50):
                shared[1].pop(str(n))
                shared[1][str(n)] = [n] if n % 2 else "b" * n

    def encode():
        for _ in range(300):
            result = outcome(lambda: json.dumps([shared, shared[::-1]], check_circular=False))
            if not isinstance(result, str) or not isinstance(json.loads(result), list):
                wrong.append(result)

    with webstr.patch_json():
        changer = threading.Thread(target=change)
        encoders = [threading.Thread(target=encode) for _ in range(3)]
        for thread in [changer, *encoders]:
            thread.start()
        for thread in encoders:
            thread.join()
        stop.set()
        changer.join()
    assert not wrong
