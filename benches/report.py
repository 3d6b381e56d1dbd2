"""docs/performance.md, its figures and the README's block, from the samples of `make bench`.

usage: report.py [RESULTS]
"""

import re
import sys
from pathlib import Path

from compare import RESULTS
from sections import (
    contents,
    cpython,
    handshake,
    ladder,
    machines,
    method,
    peers,
    python,
    readme,
)
from sections.results import Results
from sections.tables import sign

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"
PYTHON_README = ROOT / "python" / "README.md"
BLOCK = re.compile(r"(?<=<!-- performance: written by make bench -->\n).*?(?=<!-- end -->)", re.S)


def write_document(results):
    warning = (
        "**From a quick run with a fifth of the rounds: a preview, not a basis for claims.**\n\n"
        if results.head["quick"]
        else ""
    )
    sections = [
        f"""# Performance

{warning}`make bench` writes this document, its figures and its tables; do not edit them. The design, and ideas that
did not help: [escape.md](escape.md), [utf8.md](utf8.md), [handshake.md](handshake.md) and [cpython.md](cpython.md).
""",
        method.section(results),
        *(
            sign(section(results), results.machine)
            for section in (
                ladder.section,
                peers.section,
                contents.section,
                handshake.section,
                cpython.section,
                python.section,
            )
        ),
        method.not_measured(results),
    ]
    DOCUMENT.write_text("\n".join(sections), "utf-8")


def write_block(path, text):
    path.write_text(BLOCK.sub(lambda _: text, path.read_text("utf-8")), "utf-8")


def main():
    results = Results(Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS)
    if not results.head["quick"]:
        machines.keep(results)
    write_document(results)
    write_block(README, readme.block(results))
    write_block(PYTHON_README, readme.python_block(results))
    print(
        f"wrote {DOCUMENT.relative_to(ROOT)}, its figures and the blocks in README.md and python/README.md"
    )


if __name__ == "__main__":
    main()
