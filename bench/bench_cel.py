"""Expressions: this engine beside the other two for Python, on the same input in the same run."""

from __future__ import annotations

from bench.engines import available
from bench.timing import medians_us
from bench.workload import EXPRESSIONS

GOALS = {"cel-python": 200, "cel-expr-python": 6}  # times faster, for a whole request


def main() -> None:
    """Print microseconds an engine, and how many times longer the others take."""
    engines = available()
    print(f"{'':14}" + "".join(f"{name:>18}" for name in engines))
    for name in EXPRESSIONS:
        _row(name, medians_us({engine: it.evaluate(name) for engine, it in engines.items()}))
    taken = medians_us({engine: it.request for engine, it in engines.items()}, batch_s=0.05)
    _row("request", taken)
    for engine, goal in GOALS.items():
        if engine in taken:
            print(f"request: {taken[engine] / taken['polgate']:.1f} times faster than {engine} (goal: {goal})")


def _row(name: str, taken: dict[str, float]) -> None:
    print(f"{name:14}" + "".join(f"{us:15.2f} µs" for us in taken.values()))


if __name__ == "__main__":
    main()
