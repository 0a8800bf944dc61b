"""One compiled program, many threads: each gets its own answer, from either evaluator."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.budget import Meter
from policy_engine.cel.program import Program

THREADS = 16
ROUNDS = 50

ENVIRONMENT = admission_environment("1.36")


def run(program: Program, value: Any) -> Any:
    return program.run({"object": value}, Meter(10_000_000))


def measure(program: Program, value: Any) -> Any:
    return program.measure({"object": value}).value


@pytest.mark.parametrize("evaluate", [run, measure])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("object.n + 1", lambda n: n + 1, id="arithmetic"),
        pytest.param(
            "object.l.map(x, x * object.n).filter(x, x != 0)",
            lambda n: [n * x for x in range(20) if n * x],
            id="loops",
        ),
        pytest.param(
            "object.l.all(x, object.l.exists(y, x * y == x * object.n || y < 1000))",
            lambda n: True,
            id="nested loops",
        ),
        pytest.param("object.?missing.orValue(string(object.n))", str, id="optionals"),
        pytest.param(
            "string(object.n).matches('^[0-9]+$') ? 'n%d'.format([object.n]) : ''", "n{}".format, id="text"
        ),
        pytest.param("{string(object.n): object.n}", lambda n: {str(n): n}, id="maps"),
    ],
)
def test_threads_that_share_a_program_get_their_own_answers(
    text: str, wanted: Callable[[int], Any], evaluate: Callable[[Program, Any], Any]
) -> None:
    program = ENVIRONMENT.compile(text)
    start = Barrier(THREADS)

    def work(thread: int) -> list[Any]:
        start.wait()  # the first evaluation, which still makes the compiled form, is shared as well
        return [evaluate(program, {"n": thread * ROUNDS + i, "l": list(range(20))}) for i in range(ROUNDS)]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(work, range(THREADS)))
    assert answers == [[wanted(thread * ROUNDS + i) for i in range(ROUNDS)] for thread in range(THREADS)]
