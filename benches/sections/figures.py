"""The style of the figures, and their paths.

Four of them are in the documents and committed; `make bench` writes the others to build/bench.
"""

import re
from collections import Counter
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
COMMITTED = {"ladder-ucs1", "peers", "handshake", "dumps"}

INK = "#7b8087"  # 4 : 1 against white and against GitHub's dark page
# The palette of Okabe and Ito, without black and yellow, each of which is invisible on one of the two pages.
ORANGE, SKY, GREEN, BLUE, RED, PINK = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)

plt.rcParams.update(
    {
        "savefig.transparent": True,
        "svg.hashsalt": "webstr",
        "svg.fonttype": "none",  # text instead of outlines: a third of the size
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 10,
        "axes.titlesize": 10.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": INK,
        "grid.alpha": 0.22,
        "grid.linewidth": 0.7,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
        **{
            key: INK
            for key in (
                "text.color",
                "axes.edgecolor",
                "axes.labelcolor",
                "axes.titlecolor",
                "xtick.color",
                "ytick.color",
            )
        },
    }
)

# The style of a line in every figure: colour, marker, dashes.
STYLES = {
    "original": (INK, "o", ":"),
    "full switch": (INK, "v", ":"),
    "late check": (INK, "s", "--"),
    "copy runs": (BLUE, "D", "--"),
    "typed": (PINK, "^", "--"),
    "C loops": (INK, "v", ":"),
    "webstr scalar": (GREEN, "P", "-"),
    "webstr sse2": (SKY, "s", "-"),
    "webstr avx2": (ORANGE, "D", "-"),
    "webstr neon": (ORANGE, "D", "-"),
    "webstr avx512": (RED, "o", "-"),
    "webstr": (RED, "o", "-"),
    "webstr reserved": (RED, "^", "--"),
    "webstr into": (RED, "P", "-."),
    "webstr into, exact room": (PINK, "X", "-."),
    "json-escape-simd": (BLUE, "D", "-"),
    "sonic-rs": (ORANGE, "s", "-"),
    "v_jsonescape": (PINK, "P", "-"),
    "serde_json": (GREEN, "X", "-"),
    "memcpy": (INK, None, ":"),
}

LABELS = {
    "original": "original CPython",
    "full switch": "+ full switch",
    "late check": "+ late overflow check",
    "copy runs": "+ memcpy of runs",
    "typed": "+ typed pointer",
    "C loops": "plain C loops",
    "webstr": "webstr, exact",
    "webstr reserved": "webstr, reserved",
    "webstr into": "webstr, into",
    "webstr into, exact room": "webstr, into, exact room",
}


def label(name):
    return LABELS.get(name, name)


def style(name, **more):
    colour, marker, dashes = STYLES.get(name, (INK, "x", "-."))
    return {"color": colour, "marker": marker, "linestyle": dashes, "label": label(name), **more}


def is_power(n):
    """Whether `n` is a power of two."""
    return n > 0 and n & (n - 1) == 0


def decimal_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def length_axis(axes, lengths):
    axes.set_xscale("log", base=2)
    axes.set_xticks([n for n in (1, 8, 64, 512, 4096, 32768) if n <= max(lengths)])
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda n, _: f"{n:.0f}" if n < 1024 else f"{n / 1024:.0f} Ki")
    )
    axes.xaxis.set_minor_locator(NullLocator())


def path_of(name):
    folder = ROOT / ("docs/performance" if name in COMMITTED else "build/bench/figures")
    return folder / f"{name}.svg"


def save(figure, name):
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    plt.close(figure)
    # Tenths of a point are precise enough, and halve the size. Nothing refers to the names of groups.
    text = re.sub(
        r' (?:d|x|y|points|transform)="[^"]*"',
        lambda attribute: re.sub(r"\d+\.\d{2,}", lambda n: f"{float(n[0]):.1f}", attribute[0]),
        path.read_text("utf-8"),
    )
    for pattern, replacement in (
        (r' id="[A-Za-z0-9.]+_\d+"', ""),
        (r' transform="rotate\(-?0 [^)]*\)"', ""),
        (r"<!--.*?-->", ""),
        (r"\s*\n\s*", "\n"),
        (r"\n(?=[ML] )", ""),
    ):
        text = re.sub(pattern, replacement, text)
    # A style that is repeated becomes a class.
    styles = Counter(re.findall(r' style="([^"]*)"', text))
    repeated = [each for each, times in styles.most_common() if times > 2]
    for number, each in enumerate(repeated):
        text = text.replace(f' style="{each}"', f' class="s{number}"')
    rules = "".join(f".s{number}{{{each}}}" for number, each in enumerate(repeated))
    path.write_text(text.replace("</style>", f"{rules}</style>", 1), "utf-8")


def picture(name, alt):
    return f"![{alt}](performance/{name}.svg)"
