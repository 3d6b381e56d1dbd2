"""Real clients: each checks Sec-WebSocket-Accept itself, and refuses a wrong one."""

import contextlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
import websockets.exceptions
import websockets.sync.client

from conftest import Server
from wire import accept_value, envelope

HERE = pathlib.Path(__file__).parent
TEXTS = ['He said "hi"\n', "", "caf\xe9 \u65e5\u672c \U0001f600 \\ \x00\x1f\x7f", "a" * 65536]
ENVELOPES = [envelope(text).decode() for text in TEXTS]


@contextlib.contextmanager
def answering(change):
    """A server that answers one handshake after the other, with change(the accept value)."""

    def answer():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed: the end
            with connection:
                connection.settimeout(20)
                head = b""
                while b"\r\n\r\n" not in head:
                    data = connection.recv(4096)
                    if not data:
                        break
                    head += data
                else:
                    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
                    names = {name.lower(): value for name, value in fields.items()}
                    accept = change(accept_value(names["sec-websocket-key"]))
                    connection.sendall(
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        b"Connection: Upgrade\r\n"
                        + (f"Sec-WebSocket-Accept: {accept}\r\n".encode() if accept else b"")
                        + b"\r\n\x88\x02\x03\xe8"  # close 1000
                    )
                    with contextlib.suppress(OSError):
                        connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, daemon=True).start()
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


WRONG = {
    "last character": lambda value: value[:26] + ("A" if value[26] != "A" else "E") + "=",
    "of another key": lambda value: accept_value("dGhlIHNhbXBsZSBub25jZQ=="),
    "missing": lambda value: None,
}


# Each client: exchange(url, texts) -> answers, and refuses(url) -> why it did not open.


class Websockets:
    def exchange(self, url, texts):
        with websockets.sync.client.connect(url, proxy=None, max_size=None) as connection:
            answers = []
            for text in texts:
                connection.send(text)
                answers.append(connection.recv(timeout=20))
        assert connection.close_code == 1000
        return answers

    def refuses(self, url):
        try:
            with websockets.sync.client.connect(url, proxy=None):
                return None
        except websockets.exceptions.InvalidHandshake as error:
            return str(error)


class Node:
    def __init__(self, which):
        node = shutil.which("node")
        if node is None:
            pytest.skip("node not found; install the package nodejs")
        self.command = [node, HERE / "node_client.js", which]
        if which == "ws" and not (pathlib.Path(os.environ["NODE_PATH"]) / "ws").exists():
            pytest.skip("node's package ws not installed: npm not found; install the package npm")
        if which == "built-in":
            for flags in ([], ["--experimental-websocket"]):
                probe = [node, *flags, "--print", "typeof WebSocket"]
                if subprocess.run(probe, capture_output=True, timeout=60).stdout == b"function\n":
                    self.command[1:1] = flags
                    return
            pytest.skip("this node has no WebSocket of its own; it comes with node 22")

    def run(self, url, texts):
        run = subprocess.run(
            [*self.command, url], input=json.dumps(texts).encode(), capture_output=True, timeout=60
        )
        assert run.returncode == 0, run.stderr.decode()
        return json.loads(run.stdout)

    def exchange(self, url, texts):
        result = self.run(url, texts)
        assert (result["opened"], result["code"], result["error"]) == (True, 1000, None)
        return result["answers"]

    def refuses(self, url):
        result = self.run(url, [])
        return None if result["opened"] else result["error"]


class Chromium:
    """A headless browser, driven over the DevTools protocol."""

    def __init__(self, directory):
        names = ("chromium", "chromium-browser", "google-chrome")
        found = [path for path in map(shutil.which, names) if path]
        if not found:
            pytest.skip("Chromium not found; install the package chromium")
        self.pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), QuietPages)
        threading.Thread(target=self.pages.serve_forever, daemon=True).start()
        self.log = open(directory / "chromium.log", "wb")
        self.process = subprocess.Popen(
            [found[0], "--headless=new", "--remote-debugging-port=0"]
            + [f"--user-data-dir={directory}", "--no-first-run", "--no-proxy-server"]
            + ["--disable-gpu", "--disable-dev-shm-usage"]
            + ["--disable-background-networking", "--disable-component-update", "--hide-scrollbars"]
            + (["--no-sandbox"] if os.geteuid() == 0 else [])
            + ["about:blank"],
            stdout=self.log,
            stderr=self.log,
        )
        port_file = directory / "DevToolsActivePort"
        for _ in range(300):
            if port_file.exists() and port_file.read_text().count("\n") >= 1:
                break
            assert self.process.poll() is None, (directory / "chromium.log").read_text()
            time.sleep(0.1)
        port = port_file.read_text().split("\n")[0]
        local = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with local.open(f"http://127.0.0.1:{port}/json/list", timeout=20) as response:
            target = next(tab for tab in json.load(response) if tab["type"] == "page")
        self.open_devtools = contextlib.ExitStack()
        self.devtools = self.open_devtools.enter_context(
            websockets.sync.client.connect(
                target["webSocketDebuggerUrl"], proxy=None, max_size=None
            )
        )
        self.calls = 0
        self.events = []
        self.call("Page.enable")
        self.call("Network.enable")

    def close(self):
        self.pages.shutdown()
        self.pages.server_close()
        try:
            self.call("Browser.close")
            self.open_devtools.close()
            self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self.process.wait()
            self.log.close()

    def call(self, method, **parameters):
        self.calls += 1
        call = {"id": self.calls, "method": method, "params": parameters}
        self.devtools.send(json.dumps(call))
        while True:
            message = json.loads(self.devtools.recv(timeout=30))
            if message.get("id") == self.calls:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        result = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def run(self, url, texts):
        """Opens the page, which connects and sends, and returns what came of it."""
        self.events.clear()
        self.call("Page.navigate", url=f"http://127.0.0.1:{self.pages.server_port}/page.html")
        for _ in range(300):
            if self.evaluate("document.readyState == 'complete' && typeof talk == 'function'"):
                break
            time.sleep(0.1)
        return self.evaluate(f"talk({json.dumps(url)}, {json.dumps(texts)})")

    def exchange(self, url, texts):
        result = self.run(url, texts)
        assert (result["opened"], result["code"], result["clean"]) == (True, 1000, True)
        return result["answers"]

    def refuses(self, url):
        result = self.run(url, [])
        if result["opened"]:
            return None
        assert (result["code"], result["clean"]) == (1006, False)
        errors = [
            event["params"]["errorMessage"]
            for event in self.events
            if event["method"] == "Network.webSocketFrameError"
        ]
        return " ".join(errors)


class QuietPages(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, directory=str(HERE), **named)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture(params=["websockets", "ws", "built-in", "chromium"])
def client(request):
    if request.param == "websockets":
        return Websockets()
    if request.param == "chromium":
        return request.getfixturevalue("chromium")
    return Node(request.param)


def test_exchange(client, server):
    assert client.exchange(server.url, TEXTS) == ENVELOPES


def test_largest_messages(server):
    """A text and a binary message of 16 MiB."""
    text = "a" * (1 << 24)
    with websockets.sync.client.connect(server.url, max_size=None) as peer:
        peer.send(text)
        assert peer.recv() == envelope(text).decode()
        peer.send(text.encode())
        assert peer.recv() == envelope(text).decode()


def test_echo(command):
    messages = [*TEXTS, b"", bytes(range(256)), "\u65e5" * 100_000, b"\xff" * (1 << 24)]
    with Server([*command, "--echo"]) as server:
        with websockets.sync.client.connect(server.url, max_size=None) as peer:
            for message in messages:
                peer.send(message)
                assert peer.recv() == message
            peer.send(["frag", "", "ments"])
            assert peer.recv() == "fragments"


def test_right_accept_value(client):
    """The stub is a server that each client takes for one, but for what the next test changes."""
    with answering(lambda value: value) as url:
        assert client.refuses(url) is None


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_accept_value(client, wrong):
    with answering(WRONG[wrong]) as url:
        assert "sec-websocket-accept" in client.refuses(url).lower()
