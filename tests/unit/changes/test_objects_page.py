"""The policies of docs/reference/objects.md do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_engine.admission import BUILT_IN_KINDS, Context, request_from_manifest, review
from policy_engine.authoring.policy_files import LoadedPolicies, load_policies
from policy_engine.changes.files import file_object
from policy_engine.changes.merge_requests import ChangedFile, FileStatus, merge_request_object
from policy_engine.changes.own_kinds import DEFINITIONS
from policy_engine.forges.proposals import Proposal
from policy_engine.sources.formats import FileData, Format, read_data
from policy_engine.sources.formats.names import format_of
from policy_engine.sources.values import JsonObject

PAGE = "docs/reference/objects.md"
KINDS = BUILT_IN_KINDS.with_definitions(DEFINITIONS)


@pytest.fixture(scope="session")
def policies(root: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedPolicies:
    shown = re.findall(r"^```yaml\n(.*?)^```$", (root / PAGE).read_text(), re.MULTILINE | re.DOTALL)
    assert len(shown) == 4
    path = tmp_path_factory.mktemp("page") / "policies.yaml"
    path.write_text("---\n".join(shown))
    return load_policies([str(path)], version="1.36")


def denials(policies: LoadedPolicies, value: JsonObject) -> list[str]:
    verdict = review(policies.set, request_from_manifest(value, kinds=KINDS), Context())
    assert verdict.skipped == ()
    return sorted({decision.policy for decision in verdict.decisions if decision.evaluation != "admit"})


def file(path: str, text: str) -> JsonObject:
    data = read_data(path, text.encode())
    assert isinstance(data, FileData), data
    return file_object(path, data)


@pytest.mark.parametrize(
    ("text", "is_denied"),
    [
        ("FROM a AS b\nUSER root\nFROM b\nUSER app\n", False),
        ("FROM a\nUSER 1000:1000\n", False),
        ("FROM a\n", True),
        ("FROM a\nUSER 0\n", True),
        ("FROM a\nUSER app\nUSER root\n", True),
        ("FROM a AS b\nUSER app\nFROM b\n", True),
        ("FROM a\nRUN <<E\nUSER app\nE\n", True),
        ("FROM a\nUSER ${U}\n", True),
    ],
)
def test_a_dockerfile_must_not_run_as_root(policies: LoadedPolicies, text: str, is_denied: bool) -> None:
    assert denials(policies, file("web/Dockerfile", text)) == (["dockerfile-user"] if is_denied else [])


@pytest.mark.parametrize(
    ("path", "text", "is_denied"),
    [
        ("main.tf", 'resource "aws_s3_bucket_acl" "a" {\n acl = "private"\n}\n', False),
        ("main.tf", 'resource "aws_s3_bucket" "a" {}\nresource "aws_vpc" "b" {\n acl = "x"\n}\n', False),
        ("main.tf", "locals {}\n", False),
        ("main.tf", 'resource "aws_s3_bucket_acl" "a" {\n acl = "public-read"\n}\n', True),
        ("main.tf", 'resource "aws_s3_bucket" "a" {}\nresource "aws_s3_bucket" "b" {\n acl = var.acl\n}\n', True),
        ("main.tf.json", "{}", True),
    ],
)
def test_a_bucket_must_not_be_public(policies: LoadedPolicies, path: str, text: str, is_denied: bool) -> None:
    assert denials(policies, file(path, text)) == (["private-buckets"] if is_denied else [])


def merge_request(proposal: Proposal, *files: ChangedFile) -> JsonObject:
    return merge_request_object(proposal, base="b", head="h", files=files, commits=())


@pytest.mark.parametrize(
    ("title", "is_denied"), [("SHOP-1: sell more", False), ("sell more", True), ("", True), (None, True)]
)
def test_a_merge_request_needs_a_ticket(policies: LoadedPolicies, title: str | None, is_denied: bool) -> None:
    assert denials(policies, merge_request(Proposal(title=title))) == (["ticket"] if is_denied else [])


@pytest.mark.parametrize(
    ("approvals", "is_denied"),
    [(("bob", "eve"), False), (("ann", "bob"), True), (("bob", "bob"), True), ((), True), (None, True)],
)
@pytest.mark.parametrize(
    "touched",
    [
        ChangedFile(path="policies/a.yaml", status=FileStatus.DELETED),
        ChangedFile(path="a.yaml", status=FileStatus.RENAMED, previous_path="policies/a.yaml"),
    ],
    ids=["deleted", "moved away"],
)
def test_policies_need_two_approvals(
    policies: LoadedPolicies, approvals: tuple[str, ...] | None, is_denied: bool, touched: ChangedFile
) -> None:
    proposal = Proposal(title="SHOP-1: x", author="ann", approvals=approvals)
    assert denials(policies, merge_request(proposal, touched)) == (["approved-policies"] if is_denied else [])


def test_other_files_need_no_approvals(policies: LoadedPolicies) -> None:
    other = ChangedFile(path="a/policies/b", status=FileStatus.ADDED)
    assert denials(policies, merge_request(Proposal(title="SHOP-1: x"), other)) == []


def test_the_kinds_have_no_namespace() -> None:
    for value in (file("a.toml", ""), merge_request(Proposal())):
        request = request_from_manifest(value, kinds=KINDS)
        assert (request.namespace, request.resource.group) == ("", "polgate.io")
        assert request.resource.resource in ("files", "mergerequests")


def test_the_page_names_every_format_with_names_that_have_it(root: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|.*\|$", (root / PAGE).read_text(), re.MULTILINE)
    shown = {format: names for format, names in rows if format in list(Format)}
    assert list(shown) == list(Format)
    for format, names in shown.items():
        for name in re.findall(r"`([^`]+)`", names.partition("; not ")[0]):
            assert format_of(name.replace("*", "x")) == format, name
