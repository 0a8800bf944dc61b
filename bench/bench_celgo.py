"""Single expressions: this engine beside Kubernetes' own CEL in Go, with its cost tracking, in the same run."""

from __future__ import annotations

from bench.engines import Polgate
from bench.kubernetes_cel import time_in_go
from bench.timing import medians_us
from bench.workload import EXPRESSIONS, deployment

GOAL = 5  # times faster, one expression


def main() -> None:
    """Print both times and their ratio for the expressions that use no variables."""
    expressions = {name: text for name, text in EXPRESSIONS.items() if "variables." not in text}
    theirs = time_in_go({"object": deployment(), "expressions": expressions})
    if theirs is None:
        return
    engine = Polgate()
    ours = medians_us({name: engine.evaluate(name) for name in expressions})
    for name in expressions:
        ratio = theirs[name] / ours[name]
        print(f"{name:14}{ours[name]:10.2f} µs   cel-go {theirs[name]:8.2f} µs", end="   ")
        print(f"{ratio:6.1f} times faster (goal: {GOAL})")


if __name__ == "__main__":
    main()
