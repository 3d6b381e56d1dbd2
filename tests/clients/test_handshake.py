"""The opening handshake, RFC 6455 §4.2.1: what is accepted, and each way to be refused."""

import shutil
import subprocess

import pytest

from wire import CLOSE, FIELDS, KEY, PING, PONG, TEXT, Peer, close_payload, envelope, frame, request

UPGRADE = {"upgrade": "websocket", "sec-websocket-version": "13"}
REFUSED = {
    # what is wrong: request, status, fields that the answer must have
    "no version": (request("GET /"), 400, {}),
    "another protocol": (request("GET / HTTQ/1.1"), 400, {}),
    "lower-case protocol": (request("GET / http/1.1"), 400, {}),
    "long version": (request("GET / HTTP/1.10"), 400, {}),
    "two spaces": (request("GET  / HTTP/1.1"), 400, {}),
    "no target": (request("GET HTTP/1.1"), 400, {}),
    "target without /": (request("GET chat HTTP/1.1"), 400, {}),
    "method no token": (request("G@T / HTTP/1.1"), 400, {}),
    "an empty line in LF": (b"\n" + request(), 400, {}),
    "an empty line after the first one": (b"GET / HTTP/1.1\r\n\r\n", 400, {}),
    "LF alone": (request().replace(b"\r\n", b"\n"), 400, {}),
    "CR alone": (request(extra="X-A: a\rb\r\n"), 400, {}),
    "NUL": (request(extra="X-A: a\0b\r\n"), 400, {}),
    "control character": (request(extra="X-A: a\x1bb\r\n"), 400, {}),
    "TLS": (bytes.fromhex("16030102000100"), 400, {}),
    "field without colon": (request(extra="X-A\r\n"), 400, {}),
    "field without name": (request(extra=": a\r\n"), 400, {}),
    "space before colon": (request(extra="X-A : a\r\n"), 400, {}),
    "folded field": (request(extra="X-A: a\r\n b\r\n"), 400, {}),
    "HTTP/1.0": (request("GET / HTTP/1.0"), 505, {}),
    "HTTP/0.9": (request("GET / HTTP/0.9"), 505, {}),
    "HTTP/2.0": (request("GET / HTTP/2.0"), 505, {}),
    "POST": (request("POST / HTTP/1.1"), 405, {"allow": "GET"}),
    "HEAD": (request("HEAD / HTTP/1.1"), 405, {"allow": "GET"}),
    "lower-case method": (request("get / HTTP/1.1"), 405, {"allow": "GET"}),
    "no Host": (request(Host=None), 400, {}),
    "empty Host": (request(Host=""), 400, {}),
    "two Hosts": (request(extra="Host: elsewhere\r\n"), 400, {}),
    "a body by length": (request(Content_Length="5"), 400, {}),
    "a body in chunks": (request(Transfer_Encoding="chunked"), 400, {}),
    "no Upgrade": (request(Upgrade=None), 426, UPGRADE),
    "nothing but GET": (request(**dict.fromkeys(("Upgrade", "Connection"))), 426, UPGRADE),
    "another Upgrade": (request(Upgrade="h2c"), 400, {}),
    "Upgrade like websocket": (request(Upgrade="websockets"), 400, {}),
    "no Connection": (request(Connection=None), 400, {}),
    "another Connection": (request(Connection="keep-alive"), 400, {}),
    "Connection like upgrade": (request(Connection="upgrade-insecure"), 400, {}),
    "no protocol version": (request(Sec_WebSocket_Version=None), 426, UPGRADE),
    "old protocol version": (request(Sec_WebSocket_Version="8"), 426, UPGRADE),
    "no number as version": (request(Sec_WebSocket_Version="013"), 426, UPGRADE),
    "two protocol versions": (request(extra="Sec-WebSocket-Version: 13\r\n"), 400, {}),
    "no key": (request(Sec_WebSocket_Key=None), 400, {}),
    "empty key": (request(Sec_WebSocket_Key=""), 400, {}),
    "two keys": (request(extra=f"Sec-WebSocket-Key: {KEY}\r\n"), 400, {}),
    "key of 15 bytes": (request(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAA"), 400, {}),
    "key of 17 bytes": (request(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAAA="), 400, {}),
    "key too long": (request(Sec_WebSocket_Key=KEY + "A"), 400, {}),
    "key without padding": (request(Sec_WebSocket_Key=KEY[:22]), 400, {}),
    "key in URL alphabet": (request(Sec_WebSocket_Key="-" + KEY[1:]), 400, {}),
    "key with a space": (request(Sec_WebSocket_Key="dGhl HNhbXBsZSBub25jZQ=="), 400, {}),
    "key in Latin-1": (request(Sec_WebSocket_Key="\xe9" + KEY[1:]), 400, {}),
    "one field too long": (request(extra=f"X-A: {'a' * 8192}\r\n"), 431, {}),
    "too many fields": (request(extra="X-A: aaaaaaaaaa\r\n" * 600), 431, {}),
    "endless first line": (b"GET /" + b"a" * 20000, 431, {}),
}
ACCEPTED = {
    "as a browser": request(
        Connection="keep-alive, Upgrade", extra="Origin: null\r\nUser-Agent: x\r\nCookie: a=b\r\n"
    ),
    "names and tokens in other case": request().lower().replace(b"get / http", b"GET / HTTP")
    .replace(KEY.lower().encode(), KEY.encode())
    .replace(b"websocket\r\n", b"WebSocket\r\n"),
    "lists": request(Upgrade="h2c , websocket", Connection="\tx,,upgrade\t"),
    "lists in two fields": request(Upgrade="h2c", extra="Upgrade: websocket\r\n"),
    "spaces around values": request(Sec_WebSocket_Key=f" \t{KEY}\t ", Sec_WebSocket_Version="13 "),
    "no spaces": request().replace(b": ", b":"),
    "absolute target": request("GET http://127.0.0.1/chat HTTP/1.1"),
    "path and query": request("GET /chat?a=b HTTP/1.1"),
    "later HTTP": request("GET / HTTP/1.2"),
    "extensions and subprotocols": request(
        Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits",
        Sec_WebSocket_Protocol="chat, superchat",
    ),
    "after an empty line": b"\r\n" + request(),
    "after two empty lines": b"\r\n\r\n" + request(),
    "no body by length": request(Content_Length="0"),
    "Latin-1 in a value": request(extra="X-A: caf\xe9\r\n"),
    "as long as may be": request(extra=f"X-A: {'a' * (8192 - len(request()) - 7)}\r\n"),
}


def check_refused(status, fields, body, expected_status, expected_fields, no_body=False):
    assert status == expected_status
    assert expected_fields.items() <= fields.items()
    assert fields["connection"] == "close"
    assert "sec-websocket-accept" not in fields
    assert len(body) == (0 if no_body else int(fields["content-length"]))


@pytest.mark.parametrize("piece", [None, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("case", REFUSED)
def test_refused(server, case, piece):
    sent, status, fields = REFUSED[case]
    with Peer(server.port) as peer:
        try:
            peer.send(sent, piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server may have ended while the rest was on its way; the answer is there
        answer = peer.read_head()
        check_refused(*answer, peer.read(1 << 20), status, fields, case == "HEAD")
    assert server.process.poll() is None


@pytest.mark.parametrize("piece", [None, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(server, case, piece):
    with Peer(server.port) as peer:
        peer.send(ACCEPTED[case], piece)
        peer.check_accepted()
        peer.send(frame(CLOSE))
        assert peer.read_frames() == [(CLOSE, b"")]


def test_limit_of_the_head(server):
    """One byte more than what the last accepted case has."""
    with Peer(server.port) as peer:
        peer.send(ACCEPTED["as long as may be"].replace(b"X-A: ", b"X-A: a"))
        assert peer.read_head()[0] == 431


@pytest.mark.parametrize("piece", [None, 1, 7])
def test_frames_after_the_request(server, piece):
    """A client may not send before the answer (§4.1), but a stream has no borders."""
    with Peer(server.port) as peer:
        sent = request() + frame(TEXT, b"a") + frame(PING, b"b") + frame(CLOSE, close_payload(1000))
        peer.send(sent, piece)
        peer.check_accepted()
        expected = [(TEXT, envelope("a")), (PONG, b"b"), (CLOSE, close_payload(1000))]
        assert peer.read_frames() == expected


def test_end_of_stream_in_the_head(server):
    for size in (0, 1, 40, len(request()) - 1):
        with Peer(server.port) as peer:
            peer.send(request()[:size])
            peer.socket.shutdown(1)
            assert peer.read(1) == b""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl not found; install the package curl")
@pytest.mark.parametrize("missing", [None, "Upgrade", "Sec-WebSocket-Key"])
def test_curl(server, missing):
    fields = [f"{name}: {value}" for name, value in FIELDS.items() if name not in (missing, "Host")]
    run = subprocess.run(
        ["curl", "--silent", "--include", "--max-time", "20" if missing else "1"]
        + [word for field in fields for word in ("--header", field)]
        + ["--noproxy", "*", f"http://127.0.0.1:{server.port}/"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    status = {None: 101, "Upgrade": 426, "Sec-WebSocket-Key": 400}[missing]
    assert run.returncode == (0 if missing else 28)  # it waits for what follows a 101
    assert run.stdout.startswith(f"HTTP/1.1 {status} ")
    assert ("\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in run.stdout) == (not missing)
