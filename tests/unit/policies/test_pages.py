"""The pages of the shipped policies: their examples are judged as they say, whatever kind holds the Pod."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.admission import Context, NamespaceTable, ParamTable, Verdict, request_from_manifest, review
from policy_engine.authoring.lint import lint
from policy_engine.authoring.policy_files import LoadedPolicies, load_policies
from policy_engine.sources.document import Document
from policy_engine.sources.reading import DocumentReader
from tests.json_parts import part

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "policies" / "pod-security"
FOLDERS = sorted(folder for folder in LIBRARY.iterdir() if folder.is_dir())
OVERVIEWS = [ROOT / "policies" / "README.md", LIBRARY / "README.md", ROOT / "docs" / "guide" / "pod-security.md"]
HEADINGS = ["What it does", "Why is this bad?", "Example", "Use instead", "References"]
EXAMPLES = ROOT / "examples" / "pod-security"
ENFORCE = "pod-security.polgate.io/enforce"
CONTEXT = Context(namespaces=NamespaceTable({"default": {"metadata": {"name": "default"}}}))
TEMPLATES = {
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "ReplicaSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "CronJob": "batch/v1",
    "Job": "batch/v1",
    "PodTemplate": "v1",
    "ReplicationController": "v1",
}

_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^```yaml\n# (allow|deny)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!#|[a-z]+:)([^)#]+)(?:#[^)]*)?\)")

Manifest = dict[str, Any]


@cache
def load(*paths: Path) -> LoadedPolicies:
    return load_policies([str(path) for path in paths], version="1.36")


def policy_of(folder: Path) -> LoadedPolicies:
    return load(folder / "policy.yaml")


def examples(folder: Path) -> list[tuple[str, Manifest]]:
    found = _EXAMPLE.findall((folder / "README.md").read_text())
    return [(wanted, yaml.safe_load(text)) for wanted, text in found]


def inside(kind: str, pod: Manifest) -> Manifest:
    """Put a Pod into something that Pods are made from."""
    template = {"metadata": pod["metadata"], "spec": pod["spec"]}
    outer: Manifest = {"apiVersion": TEMPLATES[kind], "kind": kind, "metadata": {"name": "web"}}
    if kind == "PodTemplate":
        return outer | {"template": template}
    if kind == "CronJob":
        return outer | {"spec": {"jobTemplate": {"spec": {"template": template}}}}
    return outer | {"spec": {"template": template}}


def judge(policies: LoadedPolicies, value: Manifest | None, old: Manifest | None = None) -> Verdict:
    return review(policies.set, request_from_manifest(value, old), CONTEXT)


def outcome(verdict: Verdict) -> str:
    errors = [decision.message for decision in verdict.denials if not decision.reason]
    assert errors == []
    return "deny" if verdict.denied else "allow"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_page_has_the_headings_of_a_rule_and_an_example_of_each_kind(folder: Path) -> None:
    assert _HEADING.findall((folder / "README.md").read_text()) == HEADINGS
    assert [wanted for wanted, _ in examples(folder)] == ["deny", "allow"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_examples_of_a_page_are_judged_as_it_says(folder: Path) -> None:
    policies = policy_of(folder)
    for wanted, pod in examples(folder):
        assert outcome(judge(policies, pod)) == wanted


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_template_is_judged_as_the_pod_itself_with_the_same_messages(folder: Path) -> None:
    policies = policy_of(folder)
    for _, pod in examples(folder):
        messages = [decision.message for decision in judge(policies, pod).denials]
        for kind in TEMPLATES:
            found = [decision.message for decision in judge(policies, inside(kind, pod)).denials]
            assert found == messages, kind


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_updates_are_judged_where_the_spec_changes_and_deletions_never(folder: Path) -> None:
    policies = policy_of(folder)
    good, bad = examples(folder)[1][1], examples(folder)[0][1]
    makers: list[Callable[[Manifest], Manifest]] = [
        lambda pod: pod,
        *(partial(inside, kind) for kind in TEMPLATES),
    ]
    for make in makers:
        old, new = make(good), make(bad)
        labelled = new | {"metadata": {"name": "web", "labels": {"app": "web"}}}
        assert outcome(judge(policies, new, old)) == "deny"
        assert outcome(judge(policies, old, new)) == "allow"
        assert not list(judge(policies, labelled, new).decisions)
        assert not list(judge(policies, None, new).decisions)


@pytest.mark.parametrize(
    "page",
    [*OVERVIEWS, *(folder / "README.md" for folder in FOLDERS)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = _LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert links


def fenced_documents() -> list[Document]:
    texts = [text for page in OVERVIEWS for text in _FENCE.findall(page.read_text())]
    read = [entry for text in texts for entry in DocumentReader().read("page", text.encode())]
    return [entry for entry in read if isinstance(entry, Document)]


def test_the_bindings_that_pages_show_are_sound_and_bind_policies_that_exist() -> None:
    bindings = [document for document in fenced_documents() if document.kind == "ValidatingAdmissionPolicyBinding"]
    names = {f"pod-security-{folder.name}" for folder in FOLDERS}
    assert len(bindings) >= 4
    assert {part(binding.value, "spec", "policyName") for binding in bindings} <= names
    # One by one: a page may show several bindings of a name, as alternatives.
    assert [finding for binding in bindings for finding in lint([binding], version="1.36")] == []


def test_the_example_bindings_bind_each_policy_once_and_pin_each_that_takes_a_version() -> None:
    loaded = load(LIBRARY, EXAMPLES)
    every = sorted(policy.name for policy in loaded.set.policies)
    takes = sorted(one.name for one in loaded.set.policies if one.policy.param_kind is not None)
    assert sorted(one.policy_name for one in loaded.set.bindings if one.param_ref is None) == every
    assert sorted(one.policy_name for one in loaded.set.bindings if one.param_ref is not None) == takes
    assert len(takes) == 3


@pytest.mark.parametrize(
    ("label", "denying"),
    [({}, set()), ({ENFORCE: "baseline"}, {"baseline"}), ({ENFORCE: "restricted"}, {"baseline", "restricted"})],
)
def test_the_example_bindings_go_by_the_label_of_the_namespace(label: Manifest, denying: set[str]) -> None:
    loaded = load(LIBRARY, EXAMPLES)
    context = Context(
        namespaces=NamespaceTable({"default": {"metadata": {"name": "default", "labels": label}}}),
        params=ParamTable.of(loaded.params),
    )
    found = set()
    for folder in FOLDERS:
        verdict = review(loaded.set, request_from_manifest(examples(folder)[0][1]), context)
        found |= {decision.policy.split("-")[2] for decision in verdict.denials}
    assert found == denying


def test_the_pod_that_the_guide_shows_passes_every_policy() -> None:
    (pod,) = [document.value for document in fenced_documents() if document.kind == "Pod"]
    assert outcome(judge(load(LIBRARY), pod)) == "allow"
