"""json of this interpreter against its own pure Python implementation.

Run it with the python of a patched tree: every result, or exception and its
message, of the C encoder must be that of the Python one, which is loaded a
second time with _json out of reach.
"""

import enum
import itertools
import json
import os
import random
import re
import sys
import sysconfig
import threading
import unittest


def load_pure():
    def is_json(name):
        return name == "_json" or name.partition(".")[0] == "json"

    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if is_json(name)}
    sys.modules["_json"] = None
    try:
        import json as pure
    finally:
        for name in [name for name in sys.modules if is_json(name)]:
            del sys.modules[name]
        sys.modules.update(saved)
    assert pure.encoder.c_make_encoder is None and json.encoder.c_make_encoder is not None
    return pure


pure = load_pure()

SEED = int(os.environ.get("SEED", 20240229))

# One character of every class that escaping tells apart, and their neighbours.
SPECIAL = [chr(c) for c in (
    *range(0x22), 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0x81, 0xa2, 0xdc, 0xff,
    0x100, 0x122, 0x15c, 0x2222, 0x5c5c, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff,
    0x10000, 0x10022, 0x1005c, 0x1f600, 0x10ffff)]
# Text of every width that a str has: ASCII, Latin-1, UCS2, UCS4; and lone surrogates.
PLAIN = ["a", "\xe9", "\u6f22", "\U0001f600", "\udc9f"]


class Text(str):
    """A str whose methods lie: only its characters count."""
    def __str__(self):
        return "not this"
    __repr__ = __str__

    def __len__(self):
        return 1

    def __iter__(self):
        return iter("not this")


class Whole(int):
    def __repr__(self):
        return "not this"


class Colour(enum.IntEnum):
    RED = 7


class Other:
    def __init__(self, value):
        self.value = value


def default(o):
    if isinstance(o, Other):
        return o.value
    raise TypeError(f"no default for {type(o).__name__}")


def outcome(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except RecursionError:
        return RecursionError
    except Exception as error:
        # 3.11 names the float in question only in the Python implementation.
        return type(error).__name__, re.sub("(JSON compliant): .*", r"\1", str(error))


def random_text(rng, longest=200):
    kind = rng.randrange(len(PLAIN))
    alphabet = rng.choice([
        PLAIN[kind], PLAIN[kind] + "abc", PLAIN[kind] + 'abc"\\\n', "".join(PLAIN[:kind + 1]), "".join(SPECIAL)])
    return "".join(rng.choices(alphabet, k=rng.randrange(rng.choice([4, 20, 70, longest]))))


def random_key(rng):
    return rng.choice([
        lambda: random_text(rng), lambda: random_text(rng), lambda: Text(random_text(rng)),
        lambda: rng.randrange(-99, 10 ** 20), lambda: rng.random(), lambda: rng.choice([True, False, None]),
        lambda: Colour.RED])()


def random_value(rng, depth):
    if depth and rng.random() < 0.6:
        size = rng.randrange(6)
        if rng.random() < 0.5:
            return rng.choice([list, tuple])(random_value(rng, depth - 1) for _ in range(size))
        return {random_key(rng): random_value(rng, depth - 1) for _ in range(size)}
    return rng.choice([
        lambda: random_text(rng), lambda: random_text(rng), lambda: random_text(rng, 5000),
        lambda: Text(random_text(rng)), lambda: rng.randrange(-10 ** 25, 10 ** 25), lambda: rng.random(),
        lambda: rng.choice([True, False, None, float("inf"), float("nan"), -0.0, 1e300]),
        lambda: Whole(5), lambda: Colour.RED, lambda: Other(random_text(rng)), lambda: Other([Other("x\n")]),
        list, dict])()


class EncoderTest(unittest.TestCase):

    def same_string(self, text):
        for name in "encode_basestring", "encode_basestring_ascii":
            expected = getattr(pure.encoder, "py_" + name)(text)
            result = getattr(json.encoder, "c_" + name)(text)
            self.assertEqual(result, expected)
            self.assertIs(type(result), str)
            # As narrow as its characters.
            self.assertEqual(sys.getsizeof(result), sys.getsizeof(expected))

    def same(self, value, **options):
        expected = outcome(pure.dumps, value, **options)
        result = outcome(json.dumps, value, **options)
        self.assertEqual(result, expected)
        if isinstance(expected, str):
            # A str must be as narrow as its characters; hash and size show it.
            self.assertEqual(hash(result), hash(expected))
            self.assertEqual(sys.getsizeof(result), sys.getsizeof(expected))

    def test_each_character_at_each_place(self):
        for plain in PLAIN:
            for length in [*range(1, 36), 63, 64, 65, 66, 127, 128, 129]:
                for place in range(length):
                    for special in '"', "\n", "\x7f", "\x80", "\0":
                        self.same_string(plain * place + special + plain * (length - place - 1))

    def test_each_special_character(self):
        for plain in PLAIN:
            for special in SPECIAL:
                for length in 0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 63, 64, 65, 200:
                    self.same_string(plain * length + special)
                    self.same_string(special * (length + 1))
                    self.same_string((plain + special) * length)

    def test_every_character(self):
        every = "".join(map(chr, range(0x110000)))
        for start, end in (0, 0x80), (0x80, 0x100), (0, 0x100), (0, 0x10000), (0x10000, 0x110000):
            self.same_string(every[start:end])

    def test_length_of_all_kinds(self):
        for plain in PLAIN:
            for length in range(300):
                self.same_string(plain * length)
                self.same_string("a" * length + plain)

    def test_sizes_around_a_kilobyte(self):
        # What fits into the buffer on the stack, and what does not: a result's size in each form and width.
        for plain in PLAIN:
            for result in 256, 512, 1024:
                for escape in "", '"', "\x01":
                    for length in range(result - 12, result + 3):
                        self.same_string(escape + plain * length)
                        self.same_string("a" * (length - 1) + plain + escape)
            for length in range(80, 90), range(168, 174):
                for n in length:
                    self.same_string(plain * n)

    def test_kilobyte_in_a_wider_document(self):
        for wide in PLAIN[1:]:
            for length in range(1010, 1026):
                self.same([wide, "a" * length, "a" * (length // 6) + "\n" * (length // 12), "\xe9" * length, '"' + "b" * length],
                          ensure_ascii=False)

    def test_random_strings(self):
        rng = random.Random(SEED)
        for turn in range(10000):
            with self.subTest(turn=turn, seed=SEED):
                self.same_string(random_text(rng, 1000))

    def test_str_subclass(self):
        for plain in PLAIN:
            for text in "", plain, plain * 40, plain * 90, plain + '"\n' * 50, plain * 1100 + '"':
                self.same_string(Text(text))
                for ensure_ascii in True, False:
                    self.same({Text(text): Text(text)}, ensure_ascii=ensure_ascii)
                    self.same([plain, Text(text), "\U0001f600", Text(text)], ensure_ascii=ensure_ascii)

    def test_writer_becomes_wider(self):
        # The encoder's writer starts with ASCII and widens at the first wider
        # string; narrower ones after it go into the wide writer.
        texts = ["", "a", "b" * 70, 'c"', '"' * 70, "\xe9", "\xe9\n" * 40,
                 "\u6f22", "\u6f22\\" * 40, "\U0001f600", "\U0001f600\t" * 40]
        for ensure_ascii in True, False:
            for order in itertools.permutations(texts, 3):
                self.same(list(order), ensure_ascii=ensure_ascii)
                self.same({text: order for text in order}, ensure_ascii=ensure_ascii)

    def test_separators_make_the_writer_wider(self):
        for wide in PLAIN:
            for ensure_ascii in True, False:
                self.same({"a": ["b" * 80, '"', "\xe9", "\u6f22", "\U0001f600"], "\x7f": '"' * 80},
                          ensure_ascii=ensure_ascii, separators=(wide, wide + ":"))

    def test_growth(self):
        for ensure_ascii in True, False:
            for size in 1, 63, 64, 65, 1000, 10000:
                for plain in PLAIN:
                    self.same([plain * size] * 7 + ["\n" * size], ensure_ascii=ensure_ascii)

    def test_random_documents(self):
        rng = random.Random(SEED)
        for turn in range(10000):
            value = random_value(rng, rng.randrange(5))
            options = {
                "ensure_ascii": rng.random() < 0.5,
                "indent": rng.choice([None, None, 0, 3, "\t", "\xa0"]),
                "sort_keys": rng.random() < 0.3,
                "skipkeys": rng.random() < 0.5,
                "allow_nan": rng.random() < 0.8,
                "check_circular": rng.random() < 0.8,
                "separators": rng.choice([None, (",", ":"), ("\u2028", "\xb7")]),
                "default": rng.choice([default, default, None]),
            }
            with self.subTest(turn=turn, seed=SEED):
                self.same(value, **options)

    def test_keys(self):
        keys = ["", "a", '"', "\xe9", "\u6f22", Text("t\n"), 1, 2.5, True, None, Colour.RED, Whole(3)]
        bad = [(1, 2), b"x", Other(1)]
        for ensure_ascii, skipkeys in itertools.product([True, False], repeat=2):
            self.same({key: str(key) for key in keys}, ensure_ascii=ensure_ascii, skipkeys=skipkeys)
            for key in bad:
                self.same({"a": 1, key: 2, "\u6f22": 3}, ensure_ascii=ensure_ascii, skipkeys=skipkeys)
            self.same({1: 2, "a": 3}, sort_keys=True, skipkeys=skipkeys)
            self.same({"b": 1, "a": 2, "\u6f22": 3, "\xe9": 4}, sort_keys=True, ensure_ascii=ensure_ascii)

    def test_exceptions_in_the_middle(self):
        circular = ["a", "\u6f22"]
        circular.append({"k": circular})
        deep = "x"
        for _ in range(200000):
            deep = [deep]
        for value in circular, ["\u6f22" * 100, object()], {"a": ["b", {1, 2}]}, [float("nan")]:
            for ensure_ascii in True, False:
                self.same(value, ensure_ascii=ensure_ascii, allow_nan=False)
        self.assertIs(outcome(json.dumps, deep), RecursionError)
        while isinstance(deep, list):
            deep = deep[0]

    def test_not_a_string(self):
        for name in "c_encode_basestring", "c_encode_basestring_ascii":
            for value in None, 1, b"x", ["x"]:
                with self.assertRaisesRegex(TypeError, "argument must be (a string|str), not"):
                    getattr(json.encoder, name)(value)

    def test_make_encoder(self):
        # With each of its own two functions, with other callables, and broken ones.
        def encode(encoder, value):
            make = json.encoder.c_make_encoder
            return "".join(make({}, default, encoder, None, ":", ",", False, False, True)(value, 0))

        value = {"a": ["\n", "\x7f", "\u6f22", Text('"'), "x" * 100], "\u6f22": "", "\U0001f600": "b\\"}
        for c, py in ((json.encoder.c_encode_basestring, pure.encoder.py_encode_basestring),
                      (json.encoder.c_encode_basestring_ascii, pure.encoder.py_encode_basestring_ascii)):
            expected = encode(py, value)
            self.assertEqual(encode(c, value), expected)
            # What the writer of 3.14 and later makes of a str subclass is str().
            subclass = "not this" if sys.version_info >= (3, 14) else py("a\n")
            self.assertEqual(encode(lambda text, c=c: Text(c(text)), "a\n"), subclass)
        with self.assertRaisesRegex(TypeError, "must return a string"):
            encode(lambda text: 1, value)
        with self.assertRaises(ZeroDivisionError):
            encode(lambda text: 1 / 0, value)

    def test_result_of_make_encoder(self):
        make = json.encoder.c_make_encoder({}, default, json.encoder.c_encode_basestring, None, ":", ",",
                                           False, False, True)
        chunks = make(["a", "\u6f22"], 0)
        self.assertIsInstance(chunks, (list, tuple))
        self.assertEqual("".join(chunks), '["a","\u6f22"]')

    def test_threads(self):
        rng = random.Random(SEED)
        documents = [random_value(rng, 4) for _ in range(40)]
        jobs = [(document, ensure_ascii, outcome(pure.dumps, document, ensure_ascii=ensure_ascii, default=default,
                                                 skipkeys=True))
                for document in documents for ensure_ascii in (True, False)]
        wrong = []
        start = threading.Barrier(8)

        def work():
            start.wait()
            for _ in range(25):
                for document, ensure_ascii, expected in jobs:
                    if outcome(json.dumps, document, ensure_ascii=ensure_ascii, default=default,
                               skipkeys=True) != expected:
                        wrong.append(document)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_subinterpreters(self):
        try:
            from test.support import run_in_subinterp
            import _testcapi
        except ImportError:
            self.skipTest("this build has no _testcapi")
        code = ("import json; d = {'k\\n' * 40: ['\\u6f22', 'x' * 70, '\\x7f'], '\\xe9': '\\U0001f600'}\n"
                "for ascii in (True, False):\n"
                "    assert json.loads(json.dumps(d, ensure_ascii=ascii)) == d")
        self.assertEqual([run_in_subinterp(code) for _ in range(5)], [0] * 5)


if __name__ == "__main__":
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"CPython {sys.version.split()[0]}, {'debug' if sysconfig.get_config_var('Py_DEBUG') else 'release'} build, "
          f"{'with' if gil else 'without'} the GIL, seed {SEED}", flush=True)
    unittest.main()
