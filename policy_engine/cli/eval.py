"""`polgate eval`: one CEL expression, its value, static type and cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

from policy_engine.authoring.expression_batch import answer, decode_case
from policy_engine.authoring.expression_case import Evaluated, ExpressionCase, Returns, Stage, evaluate
from policy_engine.cel.values.encoding import encode
from policy_engine.cli.exit_codes import ALLOWED, FAILED
from policy_engine.cli.input_files import read_value
from policy_engine.cli.json_lines import answer_lines
from policy_engine.cli.kube_version import kube_version_option
from policy_engine.cli.terminal import complain, say
from policy_engine.reports.printable import printable


@click.command("eval")
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--object", metavar="FILE", help="The value of `object`; `-` is standard input.")
@click.option("--old-object", "oldObject", metavar="FILE", help="The value of `oldObject`.")
@click.option("--params", metavar="FILE", help="The value of `params`.")
@click.option("--request", metavar="FILE", help="The value of `request`.")
@click.option("--namespace-object", "namespaceObject", metavar="FILE", help="The value of `namespaceObject`.")
@click.option("--variable", "variables", metavar="NAME=EXPR", multiple=True, help="Declare `variables.NAME`.")
@click.option(
    "--returns", type=click.Choice([one.value for one in Returns]), default="any", help="The type to demand."
)
@kube_version_option
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to write the answer.")
@click.option("--batch", is_flag=True, help="Read cases as JSON Lines from standard input, answer each.")
def evaluate_command(
    expression: str | None,
    kube_version: str,
    variables: tuple[str, ...],
    returns: str,
    output: str,
    batch: bool,
    **files: str | None,
) -> int:
    """Evaluate EXPR as Kubernetes' admission does, and print its value, static type and cost.

    Files are YAML or JSON; what is not given is null.

    \b
    Example:
      polgate eval 'object.spec.replicas <= 5' --object deployment.yaml
    """
    if batch:
        if expression is not None or variables or any(path is not None for path in files.values()):
            raise click.UsageError("--batch takes everything from its cases: leave out EXPR, files and --variable")
        return _answer_batch(kube_version)
    if expression is None:
        raise click.UsageError("name an expression, or use --batch")
    case = ExpressionCase(
        expression=expression,
        inputs={name: read_value(path) for name, path in files.items() if path is not None},
        variables=tuple(map(_variable, variables)),
        returns=Returns(returns),
    )
    evaluated = evaluate(case, version=kube_version)
    if output == "json":
        click.echo(json.dumps(answer(evaluated), indent=2))
    else:
        _print(evaluated)
    if evaluated.disagreement:
        _complain_of(evaluated, expression)
        return FAILED
    return ALLOWED if evaluated.error is None else FAILED


def _answer_batch(version: str) -> int:
    """Answer every case with the exact result. Where the compiled form has another one, fail at the end."""
    agreed = True

    def answer_case(given: Mapping[str, Any]) -> Mapping[str, Any]:
        nonlocal agreed
        case = decode_case(given)
        evaluated = evaluate(case, version=version)
        if evaluated.disagreement:
            agreed = False
            _complain_of(evaluated, case.expression)
        return answer(evaluated)

    answer_lines(sys.stdin.buffer, sys.stdout.buffer, answer_case)
    return ALLOWED if agreed else FAILED


def _complain_of(evaluated: Evaluated, expression: str) -> None:
    """Say in one line, whatever the expression holds, that an answer is not what compiled code gives."""
    complain(printable(f"internal error: {evaluated.disagreement}; please report the expression: {expression}"))


def _variable(text: str) -> tuple[str, str]:
    name, equals, expression = text.partition("=")
    if not equals:
        raise click.UsageError(f"--variable: expected NAME=EXPR, found `{text}`")
    return name.strip(), expression


def _print(evaluated: Evaluated) -> None:
    """Write the value, or the error at its place, and what it cost."""
    if evaluated.error is None:
        say(json.dumps(encode(evaluated.value), indent=2, ensure_ascii=False))
    else:
        where = f"variable `{evaluated.variable}` does not compile\n" if evaluated.variable else ""
        complain(where + (evaluated.place or f"ERROR: {evaluated.error}"))
    if evaluated.static is not None:
        say(f"type: {evaluated.static}")
    if evaluated.cost is not None:
        note = " (over the limit of one call)" if evaluated.stage is Stage.BUDGET else ""
        say(f"cost: {evaluated.cost}{note}")
