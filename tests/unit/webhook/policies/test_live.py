"""The set in force, put together from several places."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from policy_engine.admission import Binding, Policy, PolicySet
from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import binding, policy, review
from webhook.policies.live import CLUSTER, DIRECTORY, LivePolicies
from webhook.policies.ruleset import Share, Source

OVERRULED = "policy `one` does not count, nor do its bindings: files have a policy of that name"


def source(*documents: dict[str, Any], problems: tuple[str, ...] = ()) -> Source:
    policies = [Policy.decode(document) for document in documents if "Binding" not in document["kind"]]
    bindings = [Binding.decode(document) for document in documents if "Binding" in document["kind"]]
    compiled = PolicySet.compile(policies, bindings)
    return Source(policies=compiled.policies, bindings=compiled.bindings, problems=problems)


def said_no(live: LivePolicies) -> list[str]:
    with Gate(live=live) as gate:
        response = gate.post(review()).response
    return (
        [part.split("'")[1] for part in response["status"]["message"].split("; ")] if "status" in response else []
    )


def test_policies_of_all_places_are_in_force() -> None:
    live = LivePolicies()
    live.replace(CLUSTER, source(policy("two", "false"), binding("two")))
    live.replace(DIRECTORY, source(policy("one", "false"), binding("one")))
    assert said_no(live) == ["one", "two"]


def test_a_place_changes_without_the_others() -> None:
    live = LivePolicies()
    live.replace(DIRECTORY, source(policy("one", "false"), binding("one")))
    live.replace(CLUSTER, source(policy("two", "false"), binding("two")))
    live.replace(CLUSTER, Source())
    assert said_no(live) == ["one"]


@pytest.mark.parametrize("order", [(DIRECTORY, CLUSTER), (CLUSTER, DIRECTORY)])
def test_of_two_policies_with_one_name_the_one_in_files_counts(order: tuple[str, str]) -> None:
    contributed = {
        DIRECTORY: source(policy("one", "true"), binding("one")),
        CLUSTER: source(policy("one", "false"), binding("one", name="of-the-cluster")),
    }
    live = LivePolicies()
    for name in order:
        live.replace(name, contributed[name])
    assert said_no(live) == []
    assert [bound.name for bound in live.current.everything.bindings] == ["one-everywhere"]


def test_a_policy_that_does_not_count_is_a_problem_of_its_place(caplog: pytest.LogCaptureFixture) -> None:
    live = LivePolicies()
    live.replace(CLUSTER, source(policy("one", "false"), binding("one"), problems=("another",)))
    live.replace(DIRECTORY, source(policy("one", "true"), binding("one")))
    live.replace(DIRECTORY, source(policy("one", "true"), binding("one")))
    with Gate(live=live) as gate:
        assert gate.get("/policies").json["problems"] == {CLUSTER: ["another", OVERRULED]}
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [OVERRULED]


def test_it_is_no_problem_any_more_once_the_files_have_no_such_policy() -> None:
    live = LivePolicies()
    live.replace(CLUSTER, source(policy("one", "false"), binding("one")))
    live.replace(DIRECTORY, source(policy("one", "true"), binding("one")))
    live.replace(DIRECTORY, source(policy("other", "true"), binding("other")))
    assert {name: found.problems for name, found in live.sources.items()} == {DIRECTORY: (), CLUSTER: ()}
    assert said_no(live) == ["one"]


def test_what_is_wrong_with_a_change_leaves_in_force_what_was_there() -> None:
    live = LivePolicies()
    live.replace(DIRECTORY, source(policy("one", "false"), binding("one")))
    before = live.current
    live.blame(DIRECTORY, ("it is broken",))
    assert live.current is before
    assert live.sources[DIRECTORY].problems == ("it is broken",)
    assert said_no(live) == ["one"]


def test_what_is_wrong_is_forgotten_with_the_next_good_change() -> None:
    live = LivePolicies()
    live.blame(DIRECTORY, ("it is broken",))
    live.replace(DIRECTORY, source(policy("one", "false"), binding("one")))
    assert live.sources[DIRECTORY].problems == ()


def test_each_half_holds_the_policies_of_one_failure_policy() -> None:
    live = LivePolicies()
    live.replace(DIRECTORY, source(policy("strict", "true"), policy("lenient", "true", failurePolicy="Ignore")))
    names = {share: [p.name for p in found.policies] for share, found in live.current.shares.items()}
    assert names == {Share.ALL: ["strict", "lenient"], Share.FAIL: ["strict"], Share.IGNORE: ["lenient"]}


def test_listeners_are_told_after_a_set_is_in_force() -> None:
    live = LivePolicies()
    told: list[bool] = []
    live.listen(lambda ruleset: told.append(live.current is ruleset))
    live.replace(DIRECTORY, Source())
    assert told == [True]


def test_a_reader_meets_only_whole_sets() -> None:
    live = LivePolicies()
    both = source(policy("one", "true"), policy("two", "true"), binding("one"), binding("two"))
    live.replace(DIRECTORY, both)
    sizes: set[tuple[int, int]] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            everything = live.current.everything
            sizes.add((len(everything.policies), len(everything.bindings)))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        live.replace(DIRECTORY, Source())
        live.replace(DIRECTORY, both)
    done.set()
    reader.join()
    assert sizes <= {(0, 0), (2, 2)}


def test_the_listing_tells_what_reviews_are_judged_by() -> None:
    live = LivePolicies()
    live.replace(DIRECTORY, source(policy("one", "true"), binding("one", "Warn", "Audit")))
    kind = {"apiVersion": "v1", "kind": "ConfigMap"}
    live.replace(CLUSTER, source(policy("two", "nope", failurePolicy="Ignore", paramKind=kind)))
    with Gate(live=live) as gate:
        listed = gate.get("/policies").json
    assert listed == {
        "generation": 2,
        "policies": [
            {
                "name": "one",
                "source": "directory",
                "failurePolicy": "Fail",
                "paramKind": None,
                "bindings": [{"name": "one-everywhere", "actions": ["Warn", "Audit"]}],
                "errors": [],
            },
            {
                "name": "two",
                "source": "cluster",
                "failurePolicy": "Ignore",
                "paramKind": "v1 ConfigMap",
                "bindings": [],
                "errors": [
                    "spec.validations[0].expression: compilation failed: ERROR: <input>:1:1: "
                    "undeclared reference to 'nope' (in container '')\n | nope\n | ^"
                ],
            },
        ],
        "problems": {},
    }
