"""`polgate gate`: a Git change judged as the cluster would judge it."""

from __future__ import annotations

import os

import click

from policy_engine.cli.exit_codes import exit_code
from policy_engine.cli.kube_version import parse_kube_version
from policy_engine.cli.outputs import output_option, write_report
from policy_engine.cli.sections import SectionedCommand
from policy_engine.forges.detection import detect
from policy_engine.forges.event_payload import MAX_BYTES
from policy_engine.forges.proposals import Build
from policy_engine.gating.gate import judge_change
from policy_engine.gating.options import GateOptions
from policy_engine.reports.outputs import Output

TOKEN = "POLGATE_FORGE_TOKEN"  # in the environment: what stands on a command line, everybody on the machine sees


@click.command(
    cls=SectionedCommand,
    sections={
        "What is judged": ("base", "head", "staged", "repository"),
        "By what": ("policy_paths", "kube_version"),
        "What blocks": ("fail_on", "existing", "strict"),
        "Reports": ("outputs", "requests_file"),
    },
)
@click.option(
    "--base", metavar="REV", default="", help="What it shall be merged into; the CI system tells it too."
)
@click.option("--head", metavar="REV", default="", help="The change.  [default: HEAD]")
@click.option("--staged", is_flag=True, help="Judge what is staged, against HEAD.")
@click.option("--repo", "repository", metavar="PATH", default=".", help="A clone, or a bare repository.")
@click.option(
    "-p",
    "--policies",
    "policy_paths",
    metavar="PATH",
    multiple=True,
    help="Policies and bindings; those of the repository are read from the base.",
)
@click.option(
    "--kube-version", metavar="X.Y", default="", callback=parse_kube_version, help="Whose CEL functions exist."
)
@click.option("--fail-on", type=click.Choice(["deny", "warn"]), default=None, help="What blocks.  [default: deny]")
@click.option("--all", "existing", is_flag=True, help="Block on what was wrong before, too.")
@click.option("--strict", is_flag=True, help="Block where something could not be decided.")
@output_option
@click.option(
    "--requests-file",
    metavar="FILE",
    default="",
    help="Write the requests too: one AdmissionReview a line.",
)
def gate(
    base: str,
    head: str,
    staged: bool,
    repository: str,
    policy_paths: tuple[str, ...],
    kube_version: str,
    fail_on: str | None,
    existing: bool,
    strict: bool,
    outputs: tuple[Output, ...],
    requests_file: str,
) -> int:
    """Judge a change of a Git repository by ValidatingAdmissionPolicies, as the requests that it will become.

    Policies and .polgate.yaml are read from the base. What was wrong before the change does not block it.
    In CI, base and head are found by themselves.

    \b
    Example:
      polgate gate --base origin/main --policies policies/
    """
    if staged and head:
        raise click.UsageError("--staged judges the index, and --head a commit: only one of both is possible")
    options = GateOptions(
        repository=repository,
        base=base,
        head=head,
        staged=staged,
        policies=policy_paths,
        fail_on=fail_on or "",
        existing=existing,
        strict=strict,
        kubernetes_version=kube_version,
    )
    judged = judge_change(options, None if staged else detect(os.environ, _read_event), _complete)
    if requests_file:
        from policy_engine.gating.admission_reviews import write_requests

        write_requests(judged.requests, requests_file)
    write_report(judged.report, outputs)
    return exit_code(judged.report.outcome)


def _complete(build: Build) -> Build:
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        return build
    from policy_engine.forge_api.asking import ask_forge  # most runs ask nobody

    return ask_forge(build, token)


def _read_event(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)  # one more than is taken, so that too much is seen to be
