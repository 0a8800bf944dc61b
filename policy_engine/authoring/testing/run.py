"""Running test files: every case of a file that is sound, or everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from policy_engine.admission.judging import review
from policy_engine.authoring.fields import Problem
from policy_engine.authoring.files import BrokenFiles, Written
from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.policy_files import LoadedPolicies, NoPolicies
from policy_engine.authoring.testing.compare import Difference, compare
from policy_engine.authoring.testing.decode import decode
from policy_engine.authoring.testing.files import LOCAL_FILES, Origin
from policy_engine.authoring.testing.findings import Found, findings
from policy_engine.authoring.testing.model import Case, PolicyTest, Want
from policy_engine.authoring.testing.objects import Objects, ReadFile
from policy_engine.authoring.testing.requests import RequestMaker
from policy_engine.authoring.testing.wants import resolve_wants
from policy_engine.errors import InputError
from policy_engine.records import record
from policy_engine.sources.text import Place
from policy_engine.sources.values import JsonObject


@record(kw_only=True)
class CaseResult:
    """What came of a case. It passes when nothing differs."""

    path: str
    place: Place
    name: str
    wants: tuple[Want, ...]
    found: tuple[Found, ...]
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Tell whether everything wanted was found, and nothing else."""
        return not self.differences


@record(kw_only=True)
class FileResult:
    """What came of a test file. With mistakes, none of its cases was run.

    cases: how many the file has, whether selected or not.
    """

    path: str
    cases: int = 0
    results: tuple[CaseResult, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def run_file(
    path: str, *, version: str, selects: Callable[[str], bool], files: Origin = LOCAL_FILES
) -> FileResult:
    """Run the cases of a file that are selected by `<path> <name>`.

    version: where the file names none. files: where it is, with all that it names.
    """
    try:
        written = _only_document(path, files)
        problems: list[Problem] = []
        test = decode(written.value, problems)
        _stop_at(problems, written)
        assert test is not None
        policies = _policies(test, written, files, version)
        return _run(test, written, policies, _reader(written.path, files), selects)
    except BrokenFiles as error:
        return FileResult(path=path, mistakes=error.mistakes)


def _only_document(path: str, files: Origin) -> Written:
    documents = files.read(path)
    if len(documents) != 1:
        found = f"{len(documents)} documents" if documents else "nothing"
        raise BrokenFiles([Mistake(path=path, message=f"expected one document, a PolicyTest, found {found}")])
    return documents[0]


def _stop_at(problems: Iterable[Problem], written: Written) -> None:
    # What all cases share is found wrong once for each of them, and told once.
    mistakes = {written.mistake(problem) for problem in problems}
    if mistakes:
        raise BrokenFiles(sorted(mistakes))


def _default_names(test_path: str) -> tuple[str, ...]:
    """Give the names under which a policy is looked for that a test file does not name."""
    name = os.path.basename(test_path)
    stem = name.removesuffix(".yaml").removesuffix(".yml").removesuffix(".test")
    return (f"{stem}.yaml", f"{stem}.yml", "policy.yaml", "policy.yml")


def _policies(test: PolicyTest, written: Written, files: Origin, version: str) -> LoadedPolicies:
    """Load the policies that a test file names, or that lie beside it."""
    paths = _policy_paths(test, written, files)
    try:
        return files.load(paths, version=test.kubernetes_version or version)
    except NoPolicies as error:
        _stop_at([Problem(path=("policies",), message=error.message, help=error.help)], written)
        raise


def _policy_paths(test: PolicyTest, written: Written, files: Origin) -> list[str]:
    if test.policies:
        problems: list[Problem] = []
        paths = []
        for index, name in enumerate(test.policies):
            try:
                path = files.beside(written.path, name)
            except InputError as error:
                problems.append(Problem(path=("policies", index), message=error.message, help=error.help))
                continue
            if not files.exists(path):
                problems.append(Problem(path=("policies", index), message=f"no file or folder `{name}`"))
            paths.append(path)
        _stop_at(problems, written)
        return paths
    candidates = _default_names(written.path)
    beside = [path for name in candidates if files.is_file(path := files.beside(written.path, name))]
    if not beside:
        message = f"no policy beside this file: expected `{candidates[0]}` or `policy.yaml`"
        _stop_at([Problem(path=(), message=message, help="or name files in `policies`")], written)
    return beside[:1]


def _run(
    test: PolicyTest, written: Written, policies: LoadedPolicies, read: ReadFile, selects: Callable[[str], bool]
) -> FileResult:
    problems: list[Problem] = []
    objects = Objects(test.objects, read, problems)
    maker = RequestMaker(test, policies, objects, problems)
    # All cases are made ready, also those not selected, so that a mistake shows whatever is run.
    ready = []
    for case in test.cases:
        request = maker.request(case)
        context = None if request is None else maker.context(case, request)
        ready.append((case, resolve_wants(case, policies.set, problems), request, context))
    _stop_at(problems, written)
    results = []
    for case, wants, request, context in ready:
        assert request is not None
        assert context is not None
        if selects(f"{written.path} {case.name}"):
            found = tuple(findings(review(policies.set, request, context), _judging(case, policies)))
            results.append(_result(written, case, wants, found))
    return FileResult(path=written.path, cases=len(test.cases), results=tuple(results))


def _judging(case: Case, policies: LoadedPolicies) -> list[str]:
    names = [policy.name for policy in policies.set.policies]
    return names if case.policies is None else [name for name in names if name in case.policies]


def _result(written: Written, case: Case, wants: tuple[Want, ...], found: tuple[Found, ...]) -> CaseResult:
    return CaseResult(
        path=written.path,
        place=written.place(case.path),
        name=case.name,
        wants=wants,
        found=found,
        differences=tuple(compare(wants, found)),
    )


def _reader(test_path: str, files: Origin) -> ReadFile:
    """Read objects from files that are named relative to the test file, each file once."""
    known: dict[str, list[JsonObject]] = {}

    def read(name: str) -> list[JsonObject]:
        if name not in known:
            try:
                documents = files.read(files.beside(test_path, name))
            except BrokenFiles as error:
                raise InputError(f"`{name}`: {error.mistakes[0].message}") from None
            known[name] = [document.value for document in documents if isinstance(document.value, dict)]
        return known[name]

    return read
