#!/usr/bin/env python3
"""Times whole programs that write json, on stock CPython and with webstr.

Three programs of the standard library alone, and json_dumps and json_loads of pyperformance; the
processes of both builds run by turns.

    make bench-cpython PROGRAMS=1 [VERSIONS="3.14.7 …"] [QUICK=1]
    programs.py --pythons STOCK WEBSTR TITLE [log|serve|convert|pyperformance…]
"""

import csv
import http.client
import http.server
import json
import logging
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "build" / "cpython"
PYPERFORMANCE = "pyperformance==1.14.0"


# --- The programs -------------------------------------------------------------

def sentence(rng, words):
    return " ".join(rng.choices(["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog,", "naïve", '"so"'],
                                [20] * 9 + [1, 1], k=words))


def log(size):
    """A logger that writes every record as a line of JSON."""
    class JsonLines(logging.Formatter):
        def format(self, record):
            return json.dumps({
                "time": record.created, "level": record.levelname, "logger": record.name,
                "file": record.pathname, "line": record.lineno, "thread": record.threadName,
                "message": record.getMessage(), **record.args})

    rng = random.Random(1)
    messages = [sentence(rng, 30) for _ in range(100)]
    with tempfile.NamedTemporaryFile("w") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(JsonLines())
        logger = logging.getLogger("shop.orders")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        for i in range(size):
            logger.info(messages[i % 100], {"user": f"user{i}", "path": "/orders/2026/list?page=7", "ms": i % 1000})


def serve(size):
    """An HTTP server that answers from SQLite, and a client that asks it for 100 rows at a time."""
    rng = random.Random(2)
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.execute("CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT, author TEXT, body TEXT, price REAL)")
    database.executemany("INSERT INTO article VALUES (?, ?, ?, ?, ?)", (
        (i, sentence(rng, 6), f"author{i % 50}", sentence(rng, 80), i / 4) for i in range(5000)))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for headers and body

        def do_GET(self):
            first = int(self.path.rpartition("/")[2])
            rows = database.execute("SELECT * FROM article WHERE id >= ? LIMIT 100", (first,))
            body = json.dumps([dict(row) for row in rows]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = http.client.HTTPConnection(*server.server_address)
    for i in range(size):
        client.request("GET", f"/articles/{i * 37 % 4900}")
        assert client.getresponse().read().endswith(b"}]")
    client.close()
    server.shutdown()


def convert(size):
    """A CSV file of `size` MB to a line of JSON for each row."""
    path = OUT / f"{size}MB.csv"
    with open(path, newline="") as source, tempfile.NamedTemporaryFile("w") as target:
        for row in csv.DictReader(source):
            target.write(json.dumps(row) + "\n")


def make_csv(size):
    path = OUT / f"{size}MB.csv"
    if path.exists():
        return
    rng = random.Random(3)
    texts = [sentence(rng, 25) for _ in range(1000)]
    partial = path.with_suffix(f".{os.getpid()}")
    with open(partial, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "date", "customer", "street", "city", "product", "comment"])
        i = 0
        while i % 1000 or file.tell() < size * 1_000_000:
            writer.writerow([i, f"2026-11-{i % 30 + 1:02}", f"Customer {i % 7919}", f"{i % 200} Long Street",
                             "São Paulo" if i % 10 == 0 else "Springfield", f"product-{i % 997}", texts[i % 1000]])
            i += 1
    partial.rename(path)


PROGRAMS = {"log": (log, 100_000, "100,000 records"), "serve": (serve, 2000, "2,000 answers of 100 rows"),
            "convert": (convert, 200, "CSV of 200 MB")}


# --- Their times ----------------------------------------------------------------

def seconds(python, name, size):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PYTHONHASHSEED"] = "1"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, __file__, name, str(size)], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pyperformance(title, pythons, quick):
    """Its scripts, run by pyperf; twice by turns."""
    folder = OUT / PYPERFORMANCE.replace("==", "-")
    if not folder.is_dir():
        partial = Path(f"{folder}.{os.getpid()}")
        subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
                        "--target", partial, PYPERFORMANCE], check=True)
        partial.rename(folder)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    results = {flavour: OUT / f"pyperformance-{title}-{flavour}.json" for flavour in pythons}
    for result in results.values():
        result.unlink(missing_ok=True)
    for _ in range(2):
        for flavour, python in pythons.items():
            for name in "json_dumps", "json_loads":
                script = folder / f"pyperformance/data-files/benchmarks/bm_{name}/run_benchmark.py"
                subprocess.run([python, script, "--inherit-environ=PYTHONPATH", "--append", results[flavour],
                                *(["--fast"] if quick else [])], check=True, env=environment, stdout=sys.stderr)
    subprocess.run([sys.executable, "-m", "pyperf", "compare_to", "--table", "--table-format", "md",
                    *results.values()], check=True, env=environment)


def main():
    if sys.argv[1:2] and sys.argv[1] in PROGRAMS:
        PROGRAMS[sys.argv[1]][0](int(sys.argv[2]))
        return
    quick = bool(os.environ.get("QUICK"))
    if sys.argv[1:2] == ["--pythons"]:
        pythons = dict(zip(("stock", "webstr"), sys.argv[2:4]))
        measure(sys.argv[4], pythons, quick, sys.argv[5:] or [*PROGRAMS, "pyperformance"])
        return
    for version in sys.argv[1:] or ["3.14.7", "3.15.0rc2"]:
        subprocess.run([HERE / "build.sh", "--no-bench", version], check=True, stdout=sys.stderr)
        pythons = {flavour: OUT / f"{version}-{flavour}" / "python" for flavour in ("stock", "webstr")}
        measure(version, pythons, quick, [*PROGRAMS, "pyperformance"])


def measure(title, pythons, quick, names):
    print(f"\nCPython {title}")
    if set(names) & set(PROGRAMS):
        print("\nCPU seconds of the whole process, the least of its turns\n\n| | stock | webstr | ratio |\n|---|---|---|---|")
    for name, (_, size, what) in PROGRAMS.items():
        if name not in names:
            continue
        if name == "convert":
            make_csv(size)
        times = {flavour: [] for flavour in pythons}
        for turn in range(3 if quick else 5):
            for flavour in pythons if turn % 2 == 0 else reversed(pythons):
                times[flavour].append(seconds(pythons[flavour], name, size))
        stock, webstr = (min(times[flavour]) for flavour in pythons)
        print(f"| {name}, {what} | {stock:.2f} | {webstr:.2f} | {stock / webstr:.2f} |", flush=True)
    if "pyperformance" in names:
        print(flush=True)
        pyperformance(title, pythons, quick)


if __name__ == "__main__":
    main()
