"""Metrics: what is counted, by which labels, and that their number is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import binding, policy, review, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    documents = [
        policy("no-red", "object.?data.?colour.orValue('') != 'red'"),
        binding("no-red"),
        policy("fine", "true"),
        binding("fine", "Warn"),
    ]
    return write(tmp_path / "policies.yaml", documents)


@pytest.fixture
def gate(file: Path) -> Iterator[Gate]:
    with Gate(file) as gate:
        yield gate


def sample(gate: Gate, name: str, **labels: str) -> float | None:
    gate.metrics.flush()
    return gate.registry.get_sample_value(name, labels)


def decisions(gate: Gate, policy: str, action: str, outcome: str) -> float | None:
    return sample(
        gate,
        "polgate_policy_decisions_total",
        policy=policy,
        binding=f"{policy}-everywhere",
        action=action,
        outcome=outcome,
    )


def test_reviews_are_counted_by_what_is_asked_and_answered(gate: Gate) -> None:
    gate.post(review())
    gate.post(review(object={"data": {"colour": "blue"}}))
    shape = {"operation": "CREATE", "group": "", "resource": "configmaps", "subresource": ""}
    assert sample(gate, "polgate_admission_reviews_total", **shape, outcome="denied") == 1
    assert sample(gate, "polgate_admission_reviews_total", **shape, outcome="allowed") == 1


def test_durations_have_buckets_from_a_tenth_of_a_millisecond_to_ten_seconds(gate: Gate) -> None:
    gate.post(review())
    text = gate.get("/metrics").body.decode()
    for bound in ("0.0001", "10.0", "+Inf"):
        assert f'polgate_admission_review_duration_seconds_bucket{{le="{bound}",operation="CREATE"}}' in text


def test_decisions_are_counted_by_policy_and_binding(gate: Gate) -> None:
    for _ in range(3):
        gate.post(review())
    gate.post(review(object={"data": {"colour": "blue"}}))
    assert decisions(gate, "no-red", "deny", "deny") == 3
    assert decisions(gate, "no-red", "none", "admit") == 1
    assert decisions(gate, "fine", "none", "admit") == 4


def test_no_label_holds_the_name_of_an_object_or_of_a_person(gate: Gate) -> None:
    gate.post(review(name="the-name-of-an-object", namespace="the-namespace"))
    text = gate.get("/metrics").body.decode()
    assert not any(word in text for word in ("the-name-of-an-object", "the-namespace", "alice"))


def test_resources_that_somebody_makes_up_do_not_fill_the_memory(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.telemetry.metrics._MAX_SHAPES", 3)
    for number in range(10):
        gate.post(review(resource={"group": "g", "version": "v1", "resource": f"made-up-{number}"}))
    text = gate.get("/metrics").body.decode()
    assert text.count("polgate_admission_reviews_total{") == 4
    other = {"operation": "CREATE", "group": "other", "resource": "other", "subresource": ""}
    assert sample(gate, "polgate_admission_reviews_total", **other, outcome="denied") == 7


def test_a_policy_that_is_gone_is_forgotten(gate: Gate, file: Path) -> None:
    gate.post(review())
    assert decisions(gate, "no-red", "deny", "deny") == 1
    write(file, [policy("fine", "true"), binding("fine")])
    assert gate.directory is not None
    for _ in range(3):
        gate.directory.look()
    assert decisions(gate, "no-red", "deny", "deny") is None


def test_all_decisions_are_counted_however_many_kinds_of_verdicts_there_are(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook.telemetry.decision_tally._MOST", 2)
    for number in range(9):
        gate.post(review(object={"data": {"colour": "red" if number % 3 else "blue"}}))
    assert decisions(gate, "no-red", "deny", "deny") == 6
    assert decisions(gate, "no-red", "none", "admit") == 3
