"""All shipped Pod Security policies on one Pod, beside Kubernetes' own validators in Go in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bench.kubernetes_cel import time_in_go
from bench.timing import medians_us
from bench.workload import pod
from policy_engine.admission import Context, NamespaceTable, Verdict, request_from_manifest, review
from policy_engine.authoring.policy_files import load_policies

LIBRARY = Path(__file__).resolve().parent.parent / "policies" / "pod-security"
GOAL_US, GOAL_POLICIES = 150, 16


def main() -> None:
    """Print the time of a review, from decoded JSON to the verdict."""
    policies = load_policies([str(LIBRARY)], version="1.36").set
    context = Context(namespaces=NamespaceTable.of([{"metadata": {"name": "shop"}}]))
    good, bad = pod(), pod()
    bad["spec"]["containers"][1]["securityContext"]["privileged"] = True

    def judge(value: dict[str, Any]) -> Verdict:
        return review(policies, request_from_manifest(value), context)

    assert not judge(good).denied
    assert len(judge(bad).denials) == 1
    taken = medians_us({"admitted": lambda: judge(good), "denied": lambda: judge(bad).denials})
    count = len(policies.policies)
    print(f"a Pod with {len(good['spec']['containers'])} containers, judged by {count} policies")
    goal = f"goal: {GOAL_US} µs for {GOAL_POLICIES} policies, {GOAL_US / GOAL_POLICIES:.1f} a policy"
    for name, time_us in taken.items():
        print(f"{name:<9} {time_us:6.1f} µs, {time_us / count:4.1f} a policy ({goal})")
    documents = [yaml.safe_load(path.read_text()) for path in sorted(LIBRARY.glob("*/policy.yaml"))]
    theirs = time_in_go({"object": {}, "expressions": {}, "policies": documents, "pod": good})
    if theirs is not None:
        ratio = theirs["policies"] / taken["admitted"]
        print(f"Kubernetes {theirs['policies']:5.0f} µs for the same: ours is {ratio:.1f} times faster")


if __name__ == "__main__":
    main()
