from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from policy_engine.forges.proposals import Build, Proposal
from policy_engine.gating.gate import Judged, judge_change
from policy_engine.gating.options import GateOptions
from policy_engine.reports.findings import Outcome
from tests.git_repositories import TestRepository
from tests.unit.gating.conftest import asked, config_map, policy, told

Gate = Callable[..., Judged]
PROPOSAL = Proposal(number=12, title="Fix it", author="ada", is_draft=False, target_branch="main")


def own(name: str, expression: str, resources: str) -> str:
    return policy(name, expression, group="polgate.io", resources=resources)


def test_a_file_is_judged_with_its_place_where_a_policy_asks_for_files(
    repository: TestRepository, gate: Gate
) -> None:
    expression = "object.spec.format != 'toml' || object.spec.data.server.port > 1024"
    repository.commit({"policies/ports.yaml": own("ports", expression, "files")})
    judged = gate({"app.toml": "# settings\n[server]\nport = 80\n", "b.yaml": "just: data\n"})
    assert asked(judged) == ["CREATE File /app.toml", "CREATE File /b.yaml"]
    assert told(judged) == ["new deny CREATE app.toml: no"]
    assert judged.report.findings[0].path == "app.toml"


def test_policies_for_everything_do_not_mean_files_and_merge_requests(
    repository: TestRepository, gate: Gate
) -> None:
    repository.commit({"policies/all.yaml": policy("all", "false", group="*", resources="'*'")})
    build = Build(system="s", event="e", proposal=PROPOSAL)
    assert asked(gate({"app.toml": "a = 1\n"}, build=build)) == []


def test_a_file_that_is_not_in_its_format_is_an_error_where_a_policy_asks_for_files(
    repository: TestRepository, gate: Gate
) -> None:
    assert gate({"app.toml": "= broken"}).report.outcome is Outcome.PASSED
    repository.commit({"policies/any.yaml": own("any", "true", "files")})
    judged = gate({"b.toml": "= broken"})
    assert [broken.path for broken in judged.report.broken] == ["b.toml"]


def test_the_merge_request_is_judged_with_its_files_and_commits(repository: TestRepository, gate: Gate) -> None:
    expression = (
        "object.spec.title.startsWith('JIRA-') || object.spec.files.all(f, f.path == 'a.yaml')"
        " && object.spec.commits.all(c, !c.signed)"
    )
    repository.commit({"policies/title.yaml": own("title", expression, "mergerequests")})
    build = Build(system="s", event="e", proposal=PROPOSAL)
    judged = gate({"a.yaml": config_map("a", "one")}, build=build)
    assert asked(judged) == ["CREATE ConfigMap default/a", "CREATE MergeRequest /mr-12"]
    assert told(judged) == []
    assert told(gate({"b.yaml": config_map("b", "one")}, build=build)) == ["new deny CREATE mr-12: no"]


def test_a_moved_file_is_renamed_in_the_merge_request(repository: TestRepository, gate: Gate) -> None:
    repository.commit(
        {"policies/none.yaml": own("none", "true", "mergerequests"), "a.txt": "one\n", "c.txt": "c\n"}
    )
    build = Build(system="s", event="e", proposal=PROPOSAL)
    judged = gate({"a.txt": None, "b.txt": "one\n", "c.txt": "changed\n"}, build=build)
    request = judged.requests[-1]
    assert request.object is not None
    assert request.object["spec"]["files"] == [
        {"path": "b.txt", "status": "renamed", "previousPath": "a.txt"},
        {"path": "c.txt", "status": "modified"},
    ]


APPROVED = own("approved", "object.spec.approvals.size() >= 1", "mergerequests")


def test_the_forge_is_asked_where_a_policy_is_about_the_merge_request(repository: TestRepository) -> None:
    base = repository.commit({"policies/approved.yaml": APPROVED})
    repository.commit({"a.yaml": config_map("a", "one")})
    options = GateOptions(repository=str(repository.folder), base=base)
    build = Build(system="s", event="e", proposal=PROPOSAL)
    approved = replace(PROPOSAL, approvals=("bob",))
    judged = judge_change(options, build, lambda build: replace(build, proposal=approved))
    assert (told(judged), judged.report.notices) == ([], ())
    (denied,) = told(judge_change(options, build))
    assert "no such key: approvals" in denied
    judged = judge_change(options, build, lambda build: replace(build, unanswered="forge answered 403"))
    assert [notice.code for notice in judged.report.notices] == ["forge-unanswered"]
    assert judged.report.outcome is Outcome.BLOCKED


def test_no_forge_is_asked_where_nobody_needs_to_know(repository: TestRepository) -> None:
    def complete(build: Build) -> Build:
        raise AssertionError

    base = repository.git("rev-parse", "HEAD")
    repository.commit({"a.yaml": config_map("a", "one")})
    options = GateOptions(repository=str(repository.folder), base=base)
    judged = judge_change(options, Build(system="s", event="e", proposal=PROPOSAL), complete)
    assert judged.report.outcome is Outcome.PASSED


def test_without_a_merge_request_what_asks_for_one_is_not_asked(repository: TestRepository, gate: Gate) -> None:
    repository.commit({"policies/title.yaml": own("title", "false", "mergerequests")})
    judged = gate({"a.yaml": config_map("a", "one")})
    assert [notice.code for notice in judged.report.notices] == ["no-merge-request"]
    assert gate({"b.yaml": config_map("b", "one")}, strict=True).report.outcome is Outcome.PASSED


def test_what_a_file_with_passwords_holds_is_in_no_message_and_no_excerpt(
    repository: TestRepository, gate: Gate
) -> None:
    extra = "    messageExpression: \"'found ' + object.spec.data.PASSWORD\"\n"
    repository.commit({"policies/env.yaml": own("env", "object.spec.format != 'dotenv'", "files") + extra})
    judged = gate({".env": "PASSWORD=hunter2\n"})
    assert told(judged) == ["new deny CREATE .env: found ***"]
    assert "hunter2" not in str(judged.report)


def test_data_in_a_file_is_judged_though_an_object_stands_beside_it(
    repository: TestRepository, gate: Gate
) -> None:
    repository.commit({"policies/any.yaml": own("any", "!object.spec.documents.exists(d, has(d.evil))", "files")})
    judged = gate({"a.yaml": "evil: true\n---\n" + config_map("a", "one")})
    assert asked(judged) == ["CREATE ConfigMap default/a", "CREATE File /a.yaml"]
    assert told(judged) == ["new deny CREATE a.yaml: no"]
