"""`polgate check`: every manifest judged as if it were created."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.model import DEFAULT_BINDING_NAME
from policy_engine.authoring.files import mistake_of
from policy_engine.authoring.policy_files import load_policies
from policy_engine.checking.recipe import Recipe
from policy_engine.checking.surroundings import read_ahead
from policy_engine.checking.workers import available_cores, judge_files, useful_jobs
from policy_engine.cli.exit_codes import exit_code
from policy_engine.cli.kube_version import kube_version_option
from policy_engine.cli.namespace_labels import read_namespace_labels
from policy_engine.cli.outputs import output_option, with_output_file, write_report
from policy_engine.errors import InputError
from policy_engine.reports.findings import Blocking, FileFindings, IdleBinding, Level, combine
from policy_engine.reports.outputs import STDOUT, Output
from policy_engine.sources import Broken, Document, DocumentReader, LeftOut, find_files, read_paths

_LONG_WORK = 2000  # files; below that a progress bar would only flicker


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "-p",
    "--policies",
    "policy_paths",
    metavar="PATH",
    multiple=True,
    required=True,
    help="Policies and bindings.",
)
@click.option(
    "--params",
    "param_paths",
    metavar="PATH",
    multiple=True,
    help="Objects for policies with params.",
)
@click.option(
    "--namespace-labels",
    metavar="NS=K=V",
    multiple=True,
    help="Labels, or a file of Namespaces.",
)
@kube_version_option
@click.option(
    "--fail-on",
    type=click.Choice(["deny", "warn"]),
    default="deny",
    show_default=True,
    help="What makes the check fail.",
)
@click.option("--strict", is_flag=True, help="Fail where something could not be decided.")
@output_option
@click.option("--output-file", metavar="FILE", default=STDOUT, help="Where the only output goes.")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    show_default="cores",
    help="How many processes.",
)
def check(
    paths: tuple[str, ...],
    policy_paths: tuple[str, ...],
    param_paths: tuple[str, ...],
    namespace_labels: tuple[str, ...],
    kube_version: str,
    fail_on: str,
    strict: bool,
    outputs: tuple[Output, ...],
    output_file: str,
    jobs: int | None,
) -> int:
    """Judge Kubernetes manifests by ValidatingAdmissionPolicies, each as if it were created.

    PATH is a file, a directory, or `-` for standard input. Policies without a binding are bound to everything
    with Deny. Namespaces and params beside what is read count too.

    \b
    Example:
      polgate check deploy/ --policies policies/ --namespace-labels prod=team=web
    """
    outputs = with_output_file(outputs, output_file)
    loaded = load_policies(policy_paths, version=kube_version)
    given = [*read_namespace_labels(namespace_labels)]
    params = _read_objects(param_paths)
    files, broken, left_out = _find(paths)
    ahead = read_ahead(files)
    recipe = Recipe(
        policy_paths=policy_paths,
        version=kube_version,
        namespaces=(*ahead.namespaces, *given),
        definitions=tuple(ahead.definitions),
        params=tuple(params),
    )
    wanted = jobs if jobs is not None else available_cores()
    results = judge_files(
        files,
        ahead.data,
        recipe.make(loaded),
        recipe.load,
        jobs=useful_jobs(wanted, files=len(files), size_bytes=ahead.size),
    )
    with _progress(results, len(files)) as shown:
        report = combine(
            shown,
            policies=len(loaded.set.policies),
            unbound=[b.policy_name for b in loaded.set.bindings if b.name == DEFAULT_BINDING_NAME],
            idle_bindings=[IdleBinding(name=b.name, policy=b.policy_name) for b in loaded.set.idle_bindings()],
            broken=broken,
            left_out=left_out,
            blocking=Blocking(level=Level(fail_on), skipped=strict),
        )
    write_report(report, outputs)
    return exit_code(report.outcome)


def _find(paths: Iterable[str]) -> tuple[list[str], list[Broken], list[LeftOut]]:
    """Sort what the paths stand for: files to judge, what cannot be read, and links that are not followed."""
    files: list[str] = []
    broken: list[Broken] = []
    left_out: list[LeftOut] = []
    for found in find_files(paths):
        if isinstance(found, str):
            files.append(found)
        elif isinstance(found, Broken):
            broken.append(found)
        else:
            left_out.append(LeftOut(path=found.path, reason=found.reason))
    return files, broken, left_out


def _read_objects(paths: Sequence[str]) -> list[JsonObject]:
    objects: list[JsonObject] = []
    for entry in read_paths(paths, DocumentReader()):
        if isinstance(entry, Broken):
            mistake = mistake_of(entry)
            raise InputError(f"{mistake.place}: {mistake.message}", help=mistake.help)
        if isinstance(entry, Document):
            objects.append(entry.value)
    return objects


@contextmanager
def _progress(results: Iterator[FileFindings], files: int) -> Iterator[Iterable[FileFindings]]:
    """Show a bar where somebody watches and the work is long."""
    if files < _LONG_WORK or not sys.stderr.isatty():
        yield results
        return
    # What is left cannot be told from the first files: they wait for the other processes to start.
    with click.progressbar(
        results, length=files, label="judging", file=sys.stderr, show_eta=False, show_pos=True
    ) as bar:
        yield bar
