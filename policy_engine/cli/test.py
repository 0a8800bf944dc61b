"""`polgate test`: the tests beside policies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

import click

from policy_engine.authoring.testing.files import SUFFIXES
from policy_engine.authoring.testing.results import TestRun, render_text
from policy_engine.authoring.testing.run import run_file
from policy_engine.cli.exit_codes import ALLOWED, DENIED, FAILED
from policy_engine.cli.kube_version import kube_version_option
from policy_engine.cli.terminal import say
from policy_engine.errors import InputError
from policy_engine.sources.document import Broken
from policy_engine.sources.files import find_files


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("-k", "filter_", metavar="TEXT", default="", help="Run the cases whose file or name holds TEXT.")
@click.option("-v", "--verbose", is_flag=True, help="Show cases that pass too.")
@kube_version_option
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="How to write the results.")
def test(paths: tuple[str, ...], filter_: str, verbose: bool, kube_version: str, output: str) -> int:
    """Run the cases of test files: *.test.yaml below each PATH, or below the current directory.

    A failure exits with 1. A misspelt name, a missing file or a case that wants nothing is never a pass:
    it exits with 2.

    \b
    Example:
      polgate test policies/ -k 'host network'
    """
    files = _test_files(paths or (".",))
    wanted = filter_.lower()
    results = [run_file(file, version=kube_version, selects=lambda name: wanted in name.lower()) for file in files]
    run = TestRun(files=tuple(results), filter=filter_)
    if output == "json":
        from policy_engine.reports.json_tests import tests_to_json

        click.echo(json.dumps(tests_to_json(run), indent=2))
    else:
        say(render_text(run, verbose=verbose))
    if run.mistakes:
        return FAILED
    if not run.counts["selected"]:
        raise InputError(f"-k `{filter_}` selects none of {run.counts['cases']} cases")
    return DENIED if run.counts["failed"] else ALLOWED


def _test_files(paths: Iterable[str]) -> list[str]:
    """Find test files: a file that is named is one whatever its name. Raises: InputError."""
    files: list[str] = []
    for path in paths:
        found = [one for one in find_files([path]) if not isinstance(one, Broken)]
        if not os.path.exists(path):
            raise InputError(f"`{path}`: no such file or folder")
        tests = [one for one in found if isinstance(one, str) and (one == path or one.endswith(SUFFIXES))]
        if not tests:
            raise InputError(
                f"`{path}`: no test files found", help=f"their names end with {' or '.join(SUFFIXES)}"
            )
        files += [test for test in tests if test not in files]
    return [os.path.normpath(file) for file in files]
