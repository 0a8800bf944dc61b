"""What the server answers to reviews that a kube-apiserver sent. `make golden` rewrites the recorded answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from policy_engine.admission.admission_review import read_review, write_response
from policy_engine.admission.context import Context
from policy_engine.admission.judging import review as judge
from policy_engine.admission.settling import settle
from tests.unit.webhook.asgi import Gate

HERE = Path(__file__).parent
GOLDEN = HERE / "reviews.jsonl"
REWRITE = bool(os.environ.get("POLGATE_REWRITE_GOLDEN"))


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[dict[str, Any]]:
    with gzip.open(shared / "suites" / "reviews" / "reviews.jsonl.gz") as lines:
        return [orjson.loads(line) for line in lines]


@pytest.fixture(scope="module")
def policies(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the Pod Security Standards and the policies of this test."""
    folder = tmp_path_factory.mktemp("policies")
    for source in sorted((root / "policies" / "pod-security").glob("*/policy.yaml")):
        (folder / f"{source.parent.name}.yaml").write_bytes(source.read_bytes())
    for source in sorted((HERE / "reviews" / "policies").iterdir()):
        (folder / source.name).write_bytes(source.read_bytes())
    return folder


@pytest.fixture(scope="module")
def gate(policies: Path) -> Iterator[Gate]:
    with Gate(policies) as gate:
        yield gate


@pytest.fixture(scope="module")
def answers(gate: Gate, recorded: list[dict[str, Any]]) -> dict[str, Any]:
    async def post_all() -> dict[str, Any]:
        return {
            row["id"]: (await gate.call("POST", "/validate?timeout=5s", body=row["review"])).json
            for row in recorded
        }

    return asyncio.run(post_all())


def test_every_recorded_review_is_answered_as_it_was_reviewed(answers: dict[str, Any]) -> None:
    text = "".join(json.dumps({"id": id, "answer": answer}) + "\n" for id, answer in answers.items())
    if REWRITE:
        GOLDEN.write_text(text, "utf-8")
    assert text.splitlines() == GOLDEN.read_text("utf-8").splitlines()


def test_each_policy_says_something(gate: Gate, answers: dict[str, Any]) -> None:
    told = json.dumps(list(answers.values()))
    own = [policy.name for policy in gate.live.current.everything.policies if not policy.name.startswith("pod-")]
    assert [name for name in own if name not in told] == []
    assert "never told" not in told


def test_the_server_answers_as_the_command_does(
    gate: Gate, recorded: list[dict[str, Any]], answers: dict[str, Any]
) -> None:
    ruleset = gate.live.current
    context = Context(namespaces=ruleset.namespaces, params=ruleset.params)
    for row in recorded:
        verdict = judge(ruleset.everything, read_review(row["review"]), context)
        assert answers[row["id"]] == write_response(settle(verdict, ruleset.everything)), row["id"]


def test_the_two_halves_say_together_what_the_whole_says(gate: Gate, recorded: list[dict[str, Any]]) -> None:
    async def compare() -> None:
        for row in recorded:
            whole, fail, ignore = [
                (await gate.call("POST", path, body=row["review"])).response
                for path in ("/validate", "/validate/fail", "/validate/ignore")
            ]
            assert whole["allowed"] is (fail["allowed"] and ignore["allowed"]), row["id"]
            assert set(whole.get("warnings", ())) == {*fail.get("warnings", ()), *ignore.get("warnings", ())}

    asyncio.run(compare())
