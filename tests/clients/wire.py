"""A WebSocket client that sends exactly the bytes of a test."""

import base64
import hashlib
import json
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
FIELDS = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
SECONDS = 30  # for any one answer, on a busy machine


def accept_value(key):
    guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()


def request(line="GET / HTTP/1.1", extra="", **changes):
    """A handshake; a keyword (Host, Sec_WebSocket_Key…) changes a field, None leaves it out."""
    fields = {**FIELDS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value is not None]
    return f"{line}\r\n{''.join(lines)}{extra}\r\n".encode("latin-1")


def envelope(text, size=None):
    """The server's answer, by CPython's own json; the size is that of the message."""
    size = len(text.encode()) if size is None else size
    return f'{{"you said":{json.dumps(text, ensure_ascii=False)},"bytes":{size}}}'.encode()


def frame(opcode, payload=b"", final=True, length=None):
    """A masked frame; length may belie the payload."""
    length = len(payload) if length is None else length
    length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    header = bytes([(0x80 if final else 0) | opcode, 0x80 | {0: length, 2: 126, 8: 127}[length_bytes]])
    if length_bytes:
        header += length.to_bytes(length_bytes, "big")
    mask = b"\x37\xfa\x21\x3d"
    masks = (mask * (len(payload) // 4 + 1))[: len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(masks, "big")
    return header + mask + masked.to_bytes(len(payload), "big")


def close_payload(status, reason=b""):
    return struct.pack("!H", status) + reason


class Peer:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def fileno(self):
        return self.socket.fileno()

    def send(self, data, piece=None):
        """All at once, or in pieces of that many bytes."""
        for at in range(0, len(data), piece or max(1, len(data))):
            self.socket.sendall(data[at : at + piece] if piece else data)

    def read(self, size):
        """That many bytes, or fewer if the server ends."""
        while len(self.pending) < size:
            data = self.socket.recv(65536)
            if not data:
                break
            self.pending += data
        data = bytes(self.pending[:size])
        del self.pending[:size]
        return data

    def read_head(self):
        """Status and fields (names in lower case) of an HTTP response."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.read(1)
            assert byte, f"the head ends early: {head!r}"
            head += byte
        line, *fields = head[:-4].decode("ascii").split("\r\n")
        version, status, _ = line.split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [field.split(": ", 1) for field in fields]
        return int(status), {name.lower(): value for name, value in pairs}

    def check_accepted(self, key=KEY):
        status, fields = self.read_head()
        assert status == 101
        assert fields == {
            "upgrade": "websocket",
            "connection": "Upgrade",
            "sec-websocket-accept": accept_value(key),
        }

    def open(self):
        self.send(request())
        self.check_accepted()
        return self

    def read_frame(self):
        """(opcode, payload), or None at the end; a server's frames are whole, unmasked, minimal."""
        header = self.read(2)
        if not header:
            return None
        assert header[0] & 0x70 == 0 and header[0] & 0x80 and header[1] & 0x80 == 0
        length = header[1]
        if length >= 126:
            shortest = {126: 126, 127: 65536}[length]
            length = int.from_bytes(self.read({126: 2, 127: 8}[length]), "big")
            assert length >= shortest
        payload = self.read(length)
        assert len(payload) == length
        return header[0] & 0x0F, payload

    def read_frames(self):
        """All until the server ends the connection."""
        return list(iter(self.read_frame, None))
