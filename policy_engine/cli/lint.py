"""`polgate lint`: what the API server would refuse in policies, at its line."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from policy_engine.admission.model import BINDING_KIND, POLICY_KIND
from policy_engine.authoring.files import mistake_of
from policy_engine.authoring.lint import Finding, is_policy
from policy_engine.authoring.lint import lint as find_faults
from policy_engine.authoring.policy_files import NoPolicies
from policy_engine.cli.exit_codes import ALLOWED, DENIED, FAILED
from policy_engine.cli.kube_version import kube_version_option
from policy_engine.cli.terminal import complain, say
from policy_engine.sources.document import Broken, Document
from policy_engine.sources.files import read_paths
from policy_engine.sources.reading import DocumentReader
from policy_engine.wording import counted


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@kube_version_option
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to write the findings.")
def lint(paths: tuple[str, ...], kube_version: str, output: str) -> int:
    """Check that policies and bindings compile, type-check and pass the API server's own validation.

    PATH is a file, a directory, or `-` for standard input. Objects of other kinds are left alone.

    \b
    Example:
      polgate lint policies/ --kube-version 1.32
    """
    documents, broken = _read(paths)
    policies = [document for document in documents if is_policy(document)]
    if not policies and not broken:
        raise NoPolicies(paths, what=f"{POLICY_KIND} and no {BINDING_KIND}")
    findings = find_faults(policies, version=kube_version)
    if output == "json":
        from policy_engine.reports.json_lint import lint_to_json

        click.echo(json.dumps(lint_to_json(findings, policies=len(policies), broken=broken), indent=2))
    else:
        _print(policies, findings, broken)
    return FAILED if broken else DENIED if findings else ALLOWED


def _read(paths: Sequence[str]) -> tuple[list[Document], list[Broken]]:
    documents: list[Document] = []
    broken: list[Broken] = []
    for entry in read_paths(paths, DocumentReader()):
        if isinstance(entry, Document):
            documents.append(entry)
        elif isinstance(entry, Broken):
            broken.append(entry)
    return documents, broken


def _print(policies: Sequence[Document], findings: Sequence[Finding], broken: Sequence[Broken]) -> None:
    for one in broken:
        complain(mistake_of(one).render())
    for finding in findings:
        say(finding.mistake.render() + "\n")
    subjects = counted(len(policies), "policy or binding", "policies and bindings")
    cannot = f", {counted(len(broken), 'mistake')} in files that cannot be read" if broken else ""
    say(f"{subjects}: {counted(len(findings), 'finding')}{cannot}")
