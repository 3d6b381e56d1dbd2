"""Many clients at once, and clients that are slow, silent, gone or greedy."""

import asyncio
import os
import resource
import select
import socket
import subprocess
import time

import pytest
import websockets.asyncio.client

from conftest import COMMANDS, Server
from wire import BINARY, CLOSE, PING, PONG, TEXT, Peer, close_payload, envelope, frame, request

CLIENTS = 1000
MEMORY_MIB = 256  # for all clients together


@pytest.fixture(autouse=True, scope="module")
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * CLIENTS
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"a process may have only {hard} files open here; {needed} are needed")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def assert_idle(server):
    """It waits for events and does not turn in circles."""
    before = server.processor_seconds()
    time.sleep(0.5)
    assert server.processor_seconds() - before < 0.2


def test_thousand_at_once(command):
    """None is lost, all are open together; the server raises a low limit of open files itself."""

    async def one(url, number, all_open):
        async with websockets.asyncio.client.connect(
            url, proxy=None, open_timeout=60, close_timeout=60, ping_interval=None
        ) as connection:
            all_open["count"] += 1
            if all_open["count"] == CLIENTS:
                all_open["event"].set()
            await asyncio.wait_for(all_open["event"].wait(), 60)
            await connection.send(f'number "{number}"')
            answer = await asyncio.wait_for(connection.recv(), 60)
            assert answer == envelope(f'number "{number}"').decode()
        return connection.close_code

    async def everyone(url):
        all_open = {"count": 0, "event": asyncio.Event()}
        return await asyncio.gather(*(one(url, i, all_open) for i in range(CLIENTS)))

    with Server(command, open_files=(256, None)) as server:
        assert asyncio.run(everyone(server.url)) == [1000] * CLIENTS


def test_more_clients_than_files():
    """Those for whom there is no room wait until another one leaves."""
    with Server(COMMANDS["sanitized"], open_files=(40, 40)) as server:
        peers = [Peer(server.port) for _ in range(60)]
        for peer in peers:
            peer.send(request())
        for peer in peers[:20]:
            peer.check_accepted()
        time.sleep(0.2)
        assert_idle(server)
        assert select.select(peers[30:], [], [], 0)[0] == []
        for peer in peers[:20]:
            peer.socket.close()
        for peer in peers[20:40]:
            peer.check_accepted()
            peer.socket.close()
        for peer in peers[40:]:
            peer.check_accepted()
            peer.socket.close()


def test_slow_and_half_open_do_not_block(command):
    """While some send a byte a second and some nothing, others get their answers at once."""
    with Server(command) as server:
        slow_heads = [Peer(server.port) for _ in range(50)]
        slow_frames = [Peer(server.port).open() for _ in range(50)]
        silent = [Peer(server.port) for _ in range(50)]
        half_open = [Peer(server.port).open() for _ in range(50)]
        message = frame(TEXT, b"slow")
        slowest = 0.0
        with Peer(server.port).open() as quick:
            for second in range(4):
                for peer in slow_heads:
                    peer.send(request()[second : second + 1])
                for peer in slow_frames:
                    peer.send(message[second : second + 1])
                until = time.monotonic() + 1
                while time.monotonic() < until:
                    start = time.monotonic()
                    quick.send(frame(TEXT, b"quick"))
                    assert quick.read_frame() == (TEXT, envelope("quick"))
                    slowest = max(slowest, time.monotonic() - start)
                    time.sleep(0.01)
        assert slowest < 0.9  # less than any of the slow ones' pauses
        for peer in slow_heads:
            peer.send(request()[4:])
            peer.check_accepted()
        for peer in slow_frames:
            peer.send(message[4:])
            assert peer.read_frame() == (TEXT, envelope("slow"))
        for peer in slow_heads + slow_frames + silent + half_open:
            peer.socket.close()


def test_greedy_client(command):
    """Who does not read his answers is not read from: the server keeps no more than its limit."""
    with Server(command) as server, Peer(server.port).open() as greedy:
        message = frame(TEXT, b"\x01" * 60000)  # the answer is six times as long
        greedy.socket.setblocking(False)
        sent = 0
        stalled = time.monotonic()
        while time.monotonic() < stalled + 2 and sent < 200_000_000:
            if select.select([], [greedy.socket], [], 0.1)[1]:
                at = sent % len(message)
                sent += greedy.socket.send(message[at:])
                stalled = time.monotonic()
        assert sent < 50_000_000  # what sockets' buffers hold
        assert_idle(server)
        assert server.resident_kib() < 200_000  # most of it the sanitizer's
        with Peer(server.port).open() as other:
            other.send(frame(TEXT, b"other"))
            assert other.read_frame() == (TEXT, envelope("other"))

        greedy.socket.settimeout(30)
        complete, begun = divmod(sent, len(message))
        for number in range(complete):
            assert greedy.read_frame() == (TEXT, envelope("\x01" * 60000))
        greedy.send(message[begun:] if begun else b"")
        greedy.send(frame(CLOSE, close_payload(1000)))
        expected = [(TEXT, envelope("\x01" * 60000))] * bool(begun)
        assert greedy.read_frames() == [*expected, (CLOSE, close_payload(1000))]


def test_greedy_clients_together():
    """Each of these answers takes 96 MiB. Those for which there is no room are refused, and others are served."""
    message = frame(TEXT, b"\x01" * (1 << 24))
    answer = (TEXT, envelope("\x01" * (1 << 24)))
    refusal = (CLOSE, close_payload(1013))
    with Server(COMMANDS["shared"]) as server, Peer(server.port).open() as other:
        peers = [Peer(server.port).open() for _ in range(8)]
        for peer in peers:
            peer.send(message)
            other.send(frame(TEXT, b"other"))
            assert other.read_frame() == (TEXT, envelope("other"))
            assert server.resident_kib() < (MEMORY_MIB + 16) * 1024
        answers = [peer.read_frame() for peer in peers]
        assert answers == [answer, answer] + 6 * [refusal]
        peers[0].send(message)
        assert peers[0].read_frame() == answer
        for peer in peers:
            peer.socket.close()


def test_ill_formed_message():
    """One does not hold up the other clients: it costs little more than as many bytes of ASCII."""
    with Server(COMMANDS["shared"]) as server, Peer(server.port).open() as peer:

        def best(message, answer):
            def one():
                before = server.processor_seconds()
                peer.send(message)
                assert peer.read_frame() == (TEXT, answer)
                return server.processor_seconds() - before

            return min(one() for _ in range(3))

        size = 1 << 24
        clean = best(frame(BINARY, b"a" * size), envelope("a" * size))
        ill_formed = best(frame(BINARY, b"\xff" * size), envelope("\ufffd" * size, size))
        assert ill_formed < 20 * clean


def test_closed_standard_streams(command):
    """The server's pipe and sockets do not get the numbers of streams that it was started without."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([*command, str(port)], preexec_fn=lambda: os.closerange(0, 2))
    try:
        for _ in range(300):
            time.sleep(0.1)
            assert server.poll() is None
            try:
                with Peer(port).open():
                    break
            except ConnectionRefusedError:
                pass  # not listening yet
        server.terminate()
        assert server.wait(30) == 0
    finally:
        server.kill()


@pytest.mark.parametrize("length", [(1 << 24) + 1, 2**63 - 1])
def test_too_long(server, length):
    """A message of more than 16 MiB is refused by its first frame, or by the one that goes beyond."""
    for begun in b"", frame(TEXT, b"a" * 4096, final=False):
        with Peer(server.port).open() as peer:
            peer.send(begun + frame(0 if begun else TEXT, length=length - 4096 * bool(begun)))
            assert peer.read_frames() == [(CLOSE, close_payload(1009))]


def test_timeouts(command):
    """With a patience of one second: for a request, for a silent client, for a closing one."""
    with Server(command, seconds=1) as server:
        begin = time.monotonic()
        nothing, slow, silent, lively, stubborn = (Peer(server.port) for _ in range(5))
        for peer in (silent, lively, stubborn):
            peer.open()
        stubborn.send(frame(CLOSE, close_payload(1000)))
        assert stubborn.read_frames() == [(CLOSE, close_payload(1000))]  # and does not end

        pings, refused = 0, {}
        while time.monotonic() < begin + 4:
            for byte in b"GET":  # never done, but never silent
                if slow not in refused:
                    slow.send(bytes([byte]))
                readable, _, _ = select.select([nothing, slow, lively], [], [], 0.1)
                for peer in readable:
                    if peer is lively:
                        assert peer.read_frame() == (PING, b"")
                        peer.send(frame(PONG))
                        pings += 1
                    elif peer not in refused:
                        refused[peer] = (peer.read_head()[0], time.monotonic() - begin)
                    else:
                        time.sleep(0.01)  # its end stays readable
        assert pings >= 2
        assert [refused[peer][0] for peer in (nothing, slow)] == [408, 408]
        assert all(0.9 < seconds < 3 for _, seconds in refused.values())
        assert silent.read_frames() == [(PING, b"")]  # then the end
        lively.send(frame(TEXT, b"still here"))
        answers = iter(lively.read_frame, None)
        assert next(answer for answer in answers if answer[0] == TEXT)[1] == envelope("still here")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(20):
                stubborn.send(frame(PING))
                time.sleep(0.05)
        for peer in (nothing, slow, silent, lively, stubborn):
            peer.socket.close()


def test_goodbye(command):
    """SIGTERM: whoever is connected hears 1001, and nobody can keep the server from its end."""
    with Server(command) as server:
        waiting, half, talking, closing = (Peer(server.port) for _ in range(4))
        half.send(request()[:30])
        talking.open()
        closing.open()
        talking.send(frame(TEXT, b"a"))
        assert talking.read_frame() == (TEXT, envelope("a"))
        begin = time.monotonic()
        server.process.terminate()
        assert talking.read_frames() == [(CLOSE, close_payload(1001))]
        assert closing.read_frames() == [(CLOSE, close_payload(1001))]
        closing.send(frame(CLOSE, close_payload(1001)))
        closing.socket.close()
        assert waiting.read(1) == half.read(1) == b""
        server.stop()  # `talking` neither answers nor ends
        assert time.monotonic() - begin < 10
        for peer in (waiting, half, talking):
            peer.socket.close()


def test_resets(command):
    """Clients that vanish in the middle of anything."""
    linger = b"\x01\0\0\0\0\0\0\0"  # close(2) sends a reset
    stages = [b"", request()[:50], request(), request() + frame(TEXT, b"a" * 60000)[:1000]]
    stages += [request() + frame(TEXT, b"a" * 60000) * 20, request() + frame(CLOSE), b"\r\n"]
    with Server(command) as server:
        for _ in range(20):
            for stage in stages:
                with Peer(server.port) as peer:
                    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    try:
                        peer.send(stage)
                    except (BrokenPipeError, ConnectionResetError):
                        pass  # refused and ended already
        with Peer(server.port).open() as peer:
            peer.send(frame(TEXT, b"alive"))
            assert peer.read_frame() == (TEXT, envelope("alive"))


def test_usage():
    for arguments in (["x"], ["65536"], ["-1"], ["0", ""], ["0", "1s"], ["--echo", "x"], ["--no"]):
        run = subprocess.run([*COMMANDS["sanitized"], *arguments], capture_output=True, timeout=30)
        assert run.returncode == 2
        usage, limits = run.stderr.decode().splitlines()
        assert usage == "usage: handshake_server [--echo] [PORT [SECONDS]]"
        assert f"at most {MEMORY_MIB} MiB" in limits
