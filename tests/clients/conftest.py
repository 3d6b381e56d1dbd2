"""The servers under test: handshake_server.c in each of its builds."""

import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile

import pytest

BUILT = pathlib.Path(os.environ["WEBSTR_SERVERS"])
COMMANDS = {
    "shared": [BUILT / "handshake_server"],
    "sanitized": [BUILT / "handshake_server_sanitized"],
}


class Server:
    """A running server; stop() is a check too."""

    def __init__(self, command, seconds=30, open_files=None):
        """open_files: the soft and the hard limit; None leaves one as it is."""

        def limit_files():
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            limits = (open_files[0] or soft, open_files[1] or hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)

        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*command, "0", str(seconds)],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            preexec_fn=limit_files if open_files else None,
        )
        line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on ws://127\.0\.0\.1:(\d+)\n", line)
        assert match, (line, self.complaints())
        self.port = int(match[1])
        self.url = f"ws://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def complaints(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/schedstat") as nanoseconds:
            return int(nanoseconds.read().split()[0]) / 1e9

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def stop(self):
        """SIGTERM: a clean end, with no leak and nothing for a sanitizer to say."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.communicate(timeout=30)
            finally:
                self.process.kill()
            assert (self.process.returncode, self.complaints()) == (0, "")


@pytest.fixture(scope="session", params=COMMANDS)
def command(request):
    return COMMANDS[request.param]


@pytest.fixture(scope="session")
def server(command):
    with Server(command) as running:
        yield running
        assert running.process.poll() is None, running.complaints()
