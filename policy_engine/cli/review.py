"""`polgate review`: the answer to an AdmissionReview."""

from __future__ import annotations

import json
import sys

import click

from policy_engine.admission.admission_review import read_review, write_response
from policy_engine.admission.context import Context, NamespaceTable, ParamTable
from policy_engine.admission.judging import review as judge
from policy_engine.authoring.policy_files import load_policies
from policy_engine.authoring.review_batch import review_case
from policy_engine.cli.exit_codes import ALLOWED, DENIED
from policy_engine.cli.input_files import read_value
from policy_engine.cli.json_lines import answer_lines
from policy_engine.cli.kube_version import kube_version_option
from policy_engine.errors import InputError


@click.command()
@click.argument("file", required=False)
@click.option("-p", "--policies", metavar="PATH", multiple=True, help="Policies and bindings.")
@kube_version_option
@click.option("--batch", is_flag=True, help="Read cases as JSON Lines from standard input, answer each.")
def review(file: str | None, policies: tuple[str, ...], kube_version: str, batch: bool) -> int:
    """Take an AdmissionReview from FILE (`-` is standard input), and print the AdmissionReview that answers it.

    Namespaces and params are taken from the policies' paths. Policies without a binding are bound to
    everything, with Deny. The exit code is 1 where the request is denied.

    \b
    Example:
      polgate review review.json --policies policies/
    """
    if batch:
        if file is not None or policies:
            raise click.UsageError("--batch takes everything from its cases: leave out FILE and --policies")
        answer_lines(sys.stdin.buffer, sys.stdout.buffer, lambda case: review_case(case, version=kube_version))
        return ALLOWED
    if file is None or not policies:
        raise click.UsageError("name a FILE and --policies, or use --batch")
    loaded = load_policies(policies, version=kube_version)
    context = Context(
        namespaces=NamespaceTable.of(loaded.namespaces, complete=False),
        params=ParamTable.of(loaded.params, kinds=loaded.kinds),
    )
    document = read_value(file)
    if not isinstance(document, dict):
        raise InputError(f"`{file}`: expected an AdmissionReview")
    verdict = judge(loaded.set, read_review(document), context)
    click.echo(json.dumps(write_response(verdict), indent=2))
    return DENIED if verdict.denied else ALLOWED
