"""All shipped Pod Security policies on one Pod, beside what Kubernetes' own evaluation was recorded to take."""

from __future__ import annotations

from pathlib import Path

from bench.timing import medians_us
from bench.workload import pod
from policy_engine.admission import Context, NamespaceTable, Verdict, request_from_manifest, review
from policy_engine.authoring.policy_files import load_policies

LIBRARY = Path(__file__).resolve().parent.parent / "policies" / "pod-security"
GOAL_US = 150
RECORDED_US = 580  # Kubernetes 1.35's validator in Go, 16 policies of this kind on a Pod; not measured in this run


def main() -> None:
    """Print the time of a review, from decoded JSON to the verdict, and its ratio to the recorded one."""
    policies = load_policies([str(LIBRARY)], version="1.36").set
    context = Context(namespaces=NamespaceTable.of([{"metadata": {"name": "shop"}}]))
    good, bad = pod(), pod()
    bad["spec"]["containers"][1]["securityContext"]["privileged"] = True

    def judge(value: dict[str, object]) -> Verdict:
        return review(policies, request_from_manifest(value), context)

    count = sum(1 for decision in judge(good).decisions)
    assert not judge(good).denied
    assert len(judge(bad).denials) == 1
    taken = medians_us({"admitted": lambda: judge(good), "denied": lambda: judge(bad).denials})
    containers = len(good["spec"]["containers"])
    print(f"a Pod with {containers} containers, {count} decisions by {len(policies.policies)} policies")
    for name, time_us in taken.items():
        ratio = RECORDED_US / time_us
        print(
            f"{name:<9} {time_us:6.1f} us a review   {ratio:4.1f} times faster than the recorded {RECORDED_US} us"
        )
    print(f"goal: at most {GOAL_US} us admitted")


if __name__ == "__main__":
    main()
