"""Frames, messages and the closing handshake, RFC 6455 §5 to §8, as a table of cases.

Each case is what the client sends and which frames it gets. Where the last of them is no close,
the client closes with 1000 at the end and gets that back. Each case is sent at once and in small
pieces.
"""

import pytest

from wire import BINARY, CLOSE, PING, PONG, TEXT, Peer, close_payload, envelope, frame

CONTINUATION = 0
LARGE = 65536  # the smallest length that takes 8 bytes
LIMIT = 1 << 24  # bytes of a message
CASES = {}


def case(name, sent, *expected):
    assert name not in CASES
    CASES[name] = (b"".join(sent), list(expected))


def said(text):
    return (TEXT, envelope(text))


def binary_said(data):
    return (TEXT, envelope(data.decode(errors="replace"), len(data)))


def closed(status, reason=b""):
    return (CLOSE, close_payload(status, reason))


def fragments(*payloads, opcode=TEXT):
    """One message in as many frames."""
    last = len(payloads) - 1
    return [
        frame(CONTINUATION if i else opcode, payload, final=i == last)
        for i, payload in enumerate(payloads)
    ]


# Lengths, §5.2
for size in (0, 1, 2, 3, 4, 5, 7, 8, 100, 125, 126, 127, 128, 255, 256, 1000, 16384, 65535, LARGE):
    case(f"text of {size}", [frame(TEXT, b"*" * size)], said("*" * size))
case("text of one more than the limit",
     [frame(TEXT, length_bytes=8, length=LIMIT + 1)], closed(1009))  # fmt: skip
case("text said to be of 2**63-1", [frame(TEXT, length_bytes=8, length=2**63 - 1)], closed(1009))
case("length with its highest bit", [frame(TEXT, length_bytes=8, length=2**63)], closed(1002))
case("16-bit length of 0", [frame(TEXT, length_bytes=2)], closed(1002))
case("16-bit length of 125", [frame(TEXT, b"*" * 125, length_bytes=2)], closed(1002))
case("64-bit length of 125", [frame(TEXT, b"*" * 125, length_bytes=8)], closed(1002))
case("64-bit length of 65535", [frame(TEXT, b"*" * 65535, length_bytes=8)], closed(1002))
case("answer with a 64-bit length", [frame(TEXT, b"\x01" * 11000)], said("\x01" * 11000))
case("large answer", [frame(TEXT, b"\x01" * LARGE)], said("\x01" * LARGE))
for size in (100, 101, 102, 103, 104, 105):  # the answer's length crosses 126
    case(f"answer around 126: {size}", [frame(TEXT, b"*" * size)], said("*" * size))
case("many messages",
     [frame(TEXT, b"%d" % i) for i in range(500)], *map(said, map(str, range(500))))  # fmt: skip

# Masks, §5.1
for opcode in (TEXT, BINARY, CLOSE, PING, PONG):
    case(f"unmasked, opcode {opcode}", [frame(opcode, b"", masked=False)], closed(1002))
case("unmasked second frame",
     [frame(TEXT, b"a"), frame(TEXT, b"b", masked=False)], said("a"), closed(1002))  # fmt: skip

# Ping and pong, §5.5
case("ping", [frame(PING)], (PONG, b""))
case("ping with text", [frame(PING, b"Hello")], (PONG, b"Hello"))
case("ping with any bytes", [frame(PING, bytes(range(256))[131:])], (PONG, bytes(range(256))[131:]))
case("ping of 125", [frame(PING, b"*" * 125)], (PONG, b"*" * 125))
case("ping of 126", [frame(PING, b"*" * 126)], closed(1002))
case("ping of 65536", [frame(PING, b"*" * 65536)], closed(1002))
case("pong of 126", [frame(PONG, b"*" * 126)], closed(1002))
case("pong unasked", [frame(PONG, b"a")])
case("pong, then ping", [frame(PONG, b"a"), frame(PING, b"b")], (PONG, b"b"))
case("ten pings",
     [frame(PING, b"%d" % i) for i in range(10)],
     *((PONG, b"%d" % i) for i in range(10)))  # fmt: skip
case("ping in two fragments", fragments(b"a", b"b", opcode=PING), closed(1002))
case("pong in two fragments", fragments(b"a", b"b", opcode=PONG), closed(1002))

# Reserved bits and opcodes, §5.2
for rsv in range(1, 8):
    for opcode in (TEXT, PING, CLOSE):
        case(f"RSV {rsv:03b}, opcode {opcode}", [frame(opcode, rsv=rsv)], closed(1002))
case("RSV 100 after text", [frame(TEXT, b"a"), frame(TEXT, b"b", rsv=4)], said("a"), closed(1002))
for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
    case(f"reserved opcode {opcode}", [frame(opcode, b"a")], closed(1002))
    case(f"reserved opcode {opcode} between",
         [frame(TEXT, b"a"), frame(opcode), frame(PING)], said("a"), closed(1002))  # fmt: skip

# Binary, whatever the bytes are
case("binary", [frame(BINARY, b"\x00\xff")], binary_said(b"\x00\xff"))
case("empty binary", [frame(BINARY)], binary_said(b""))
case("binary in fragments", fragments(b"a", b"b", opcode=BINARY), binary_said(b"ab"))
case("binary with every byte", [frame(BINARY, bytes(range(256)))], binary_said(bytes(range(256))))
case("binary with a cut character", fragments(b"\xe1", b"\x80", b"", opcode=BINARY), binary_said(b"\xe1\x80"))
case("text after binary",
     [frame(BINARY, b"\xff"), frame(TEXT, b"a")], binary_said(b"\xff"), said("a"))  # fmt: skip
case("not UTF-8 after binary", [frame(BINARY, b"\xff"), frame(TEXT, b"\xff")], binary_said(b"\xff"), closed(1007))
case("text in a binary", [frame(BINARY, b"a", final=False), frame(TEXT, b"b")], closed(1002))
case("binary in a text", [frame(TEXT, b"a", final=False), frame(BINARY, b"b")], closed(1002))

# Fragments, §5.4
case("two fragments", fragments(b"frag", b"ment"), said("fragment"))
case("empty fragments", fragments(b"", b"", b""), said(""))
case("one of three not empty", fragments(b"", b"middle", b""), said("middle"))
case("a thousand fragments", fragments(*[b"a"] * 1000), said("a" * 1000))
case("large fragments", fragments(*[b"a" * 4096] * 16), said("a" * LARGE))
case("fragments beyond the limit",
     [frame(TEXT, b"a" * 4096, final=False), frame(CONTINUATION, length_bytes=8, length=LIMIT - 4095)],
     closed(1009))  # fmt: skip
case("two fragmented messages",
     fragments(b"a", b"b") + fragments(b"c", b"d"), said("ab"), said("cd"))  # fmt: skip
first, last = fragments(b"a", b"b")
case("ping between fragments", [first, frame(PING, b"p"), last], (PONG, b"p"), said("ab"))
case("pong between fragments", [first, frame(PONG, b"p"), last], said("ab"))
case("pings between fragments", [frame(PING), first, frame(PING), frame(PING), last, frame(PING)],
     (PONG, b""), (PONG, b""), (PONG, b""), said("ab"), (PONG, b""))  # fmt: skip
case("continuation of nothing", [last], closed(1002))
case("open continuation of nothing", [frame(CONTINUATION, b"a", final=False)], closed(1002))
case("continuation after the last", [first, last, last], said("ab"), closed(1002))
case("text in a text", [first, frame(TEXT, b"b")], closed(1002))
case("open text in a text", [first, first], closed(1002))
case("close between fragments", [first, frame(CLOSE, close_payload(1000))], closed(1000))

# UTF-8, §8.1 and RFC 3629
VALID = [
    'He said "hi"\n', "\\", "".join(map(chr, range(0x20))), "\x7f", "\x80", "\u07ff", "\u0800",
    "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0001fffe", "\U0010ffff",
    "\u03ba\u1f79\u03c3\u03bc\u03b5", "Hello-\xb5@\xdf\xf6\xe4\xfc\xe0\xe1-UTF-8!!", "a\u0300",
    "\U0001f600\u200d\U0001f308", "\ufeff", "\u65e5\u672c\u8a9e" * 100,
]  # fmt: skip
INVALID = [
    b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2A", b"\xc2\xc2", b"\xe0\x9f\xbf",
    b"\xe0\x80\x80", b"\xe1\x80A", b"\xe1A", b"\xed\xa0\x80", b"\xed\xbf\xbf",
    b"\xf0\x8f\xbf\xbf", b"\xf0\x90A",
    b"\xf1\x80\x80A", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80", b"\xfe", b"\xff", b"\xed\xa0\xbd\xed\xb8\x80",
]  # fmt: skip
INCOMPLETE = [b"\xc2", b"\xe1", b"\xe1\x80", b"\xf1", b"\xf1\x80", b"\xf1\x80\x80"]
for text in VALID:
    encoded = text.encode()
    label = encoded[:12].hex()
    case(f"UTF-8 {label}", [frame(TEXT, encoded)], said(text))
    if len(text) < 20:
        pieces = [bytes([byte]) for byte in encoded]
        case(f"UTF-8 {label} in fragments", fragments(*pieces), said(text))
for encoded in INVALID:
    with pytest.raises(UnicodeDecodeError):
        encoded.decode()
    case(f"not UTF-8 {encoded.hex()}", [frame(TEXT, b"ok" + encoded + b"ok")], closed(1007))
    split = fragments(b"ok" + encoded[:1], encoded[1:] + b"ok")
    case(f"not UTF-8 {encoded.hex()} in fragments", split, closed(1007))
    case(f"not UTF-8 {encoded.hex()} in a reason",
         [frame(CLOSE, close_payload(1000, encoded))], closed(1007))  # fmt: skip
    # said at once, not when the frame or the message is complete
    early = frame(TEXT, b"ok" + encoded + b"ok" * 50)[: -2 * 50]
    case(f"not UTF-8 {encoded.hex()}, rest of the frame missing", [early], closed(1007))
for encoded in INCOMPLETE:
    case(f"cut UTF-8 {encoded.hex()}", [frame(TEXT, b"ok" + encoded)], closed(1007))
    case(f"cut UTF-8 {encoded.hex()} in fragments", fragments(b"ok" + encoded, b""), closed(1007))
    case(f"cut UTF-8 {encoded.hex()} in a reason",
         [frame(CLOSE, close_payload(1000, encoded))], closed(1007))  # fmt: skip
case("good message, then not UTF-8",
     [frame(TEXT, b"a"), frame(TEXT, b"\xff")], said("a"), closed(1007))  # fmt: skip
case("any bytes in pings around a cut character",
     [frame(TEXT, b"\xce", final=False), frame(PING, b"\xff"), frame(CONTINUATION, b"\xba")],
     (PONG, b"\xff"), said("\u03ba"))  # fmt: skip

# The closing handshake, §5.5.1 and §7.4
case("close without status", [frame(CLOSE)], (CLOSE, b""))
case("close of one byte", [frame(CLOSE, b"\x03")], closed(1002))
for status in (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999):
    case(f"close {status}", [frame(CLOSE, close_payload(status))], closed(status))
for status in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
    case(f"close {status}, which is none", [frame(CLOSE, close_payload(status))], closed(1002))
case("close with a reason", [frame(CLOSE, close_payload(1000, "κόσμε".encode()))], closed(1000))
case("close with the longest reason", [frame(CLOSE, close_payload(1001, b"*" * 123))], closed(1001))
case("close of 126", [frame(CLOSE, close_payload(1000, b"*" * 124))], closed(1002))
case("close in two fragments", fragments(close_payload(1000), b"a", opcode=CLOSE), closed(1002))
for after in (frame(TEXT, b"a"), frame(PING), frame(CLOSE), b"\xff" * 9):
    sent = [frame(CLOSE, close_payload(1000)), after]
    case(f"{after.hex()} after close", sent, closed(1000))
case("text, then close",
     [frame(TEXT, b"a"), frame(CLOSE, close_payload(4000))], said("a"), closed(4000))  # fmt: skip


@pytest.mark.parametrize("pieces", [False, True], ids=["whole", "in pieces"])
@pytest.mark.parametrize("name", CASES)
def test_case(server, name, pieces):
    sent, expected = CASES[name]
    if not expected or expected[-1][0] != CLOSE:
        sent += frame(CLOSE, close_payload(1000))
        expected = [*expected, closed(1000)]
    with Peer(server.port).open() as peer:
        try:
            peer.send(sent, (1 if len(sent) < 3000 else 997) if pieces else None)
        except (BrokenPipeError, ConnectionResetError):
            assert expected[-1] not in ((CLOSE, b""), closed(1000))  # it may end before it has all
        assert peer.read_frames() == expected


def test_any_text(server):
    """Every character up to U+7FFF, through one connection."""
    with Peer(server.port).open() as peer:
        for start in range(0, 0x8000, 0x800):
            text = "".join(map(chr, range(start, start + 0x800)))
            peer.send(frame(TEXT, text.encode()))
            assert peer.read_frame() == said(text)
