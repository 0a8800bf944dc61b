"""cel-python as a second opinion: it agrees on the core language, and differs where the list says so."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.cel import types as t
from policy_engine.cel.celpython import CelPythonEngine
from policy_engine.cel.engines import Engine, PolgateEngine
from policy_engine.cel.environment import Environment

LISTED = yaml.safe_load((Path(__file__).parent / "cel_python_divergences.yaml").read_text())
EXAMPLES = [(group["reason"], example) for group in LISTED for example in group["examples"]]
INPUT = {
    "object": {
        "i": 1,
        "d": 1.5,
        "s": "abc",
        "n": None,
        "l": [1, 2, 3],
        "m": {"a": 1},
        "b": True,
        "big": 9007199254740993,
    }
}
# The core language, where both are right.
AGREED = """
object.n == null
object.nope || true
true || object.nope
false && object.nope
object.nope && false
object.nope
has(object.x)
has(object.m.a)
object.i.x
object.l[5]
1 / 0
9223372036854775807 + 1
-5 / 2
-5 % 3
1.0 / 0.0
double('NaN') == double('NaN')
0u - 1u
size('é')
size('😀')
'abc'.matches('^a')
'abc'.contains('b')
'abc'.startsWith('a') && 'abc'.endsWith('c')
duration('90s') == duration('1m30s')
timestamp('2024-01-01T00:00:00Z').getFullYear()
timestamp('2024-01-01T00:00:00Z') + duration('1h') == timestamp('2024-01-01T01:00:00Z')
int('1') + int(1.9)
int('x')
bool('yes')
{'a': 1}['b']
{'a': 1}.a
1 in [1, 2]
'a' in {'a': 1}
[1, 2, 3].exists_one(x, x > 2)
[1, 2, 3].map(x, x * 2)
[1, 2, 3].filter(x, x > 1)
[0, 1].exists(x, 1 / x == 1)
object.l.all(x, x > 0 && x < 4)
object.b ? 1 : 2
!object.i
object.s + 1
b'abc' == bytes('abc')
object.s > 'abb'
object.l == [1, 2, 3]
object.m == {'a': 1}
""".strip().splitlines()


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)  # it logs every error it meets
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def ours() -> Engine:
    return PolgateEngine(Environment.kubernetes().extend(variables={"object": t.DYN}))


@pytest.fixture(scope="module")
def theirs() -> Engine:
    return CelPythonEngine()


def answer(engine: Engine, text: str) -> Any:
    outcome = engine.evaluate(text, INPUT)
    return "error" if outcome.error is not None else outcome.value


@pytest.mark.parametrize(("reason", "example"), EXAMPLES, ids=[example["expr"] for _, example in EXAMPLES])
def test_differs_where_the_list_says_so(
    ours: Engine, theirs: Engine, reason: str, example: dict[str, Any]
) -> None:
    found = {"ours": answer(ours, example["expr"]), "theirs": answer(theirs, example["expr"])}
    assert found == {"ours": example["ours"], "theirs": example["theirs"]}, reason
    assert repr(example["ours"]) != repr(example["theirs"]), "an example of a difference has to differ"


@pytest.mark.parametrize("text", AGREED)
def test_agrees_on_the_core_language(ours: Engine, theirs: Engine, text: str) -> None:
    assert repr(answer(ours, text)) == repr(answer(theirs, text))
