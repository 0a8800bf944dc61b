"""The policies of a revision, loaded and tested before they are in force."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.authoring.files import BrokenFiles
from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.policy_files import NoPolicies
from policy_engine.authoring.policy_trees import (
    PlacedFiles,
    Revision,
    TreeFiles,
    find_in_tree,
    load_policies_from,
)
from policy_engine.authoring.policy_verification import FailedCase, PolicyVerification
from policy_engine.authoring.testing.compare import Difference
from policy_engine.authoring.testing.files import SUFFIXES, RevisionFiles
from policy_engine.authoring.testing.run import CaseResult, run_file
from policy_engine.sources.limits import Limits

# Whoever opens a merge request writes these files.
LIMITS = Limits(file_bytes=5 * 1024 * 1024, documents=5_000, nodes=500_000)


def verify(
    revision: Revision, paths: Sequence[str], *, version: str, beside: Sequence[PlacedFiles] = ()
) -> PolicyVerification:
    """Load policies, and run the test files among them, in this process: for as long as they take.

    beside: where the rest of the policies is, which is not tested.
    """
    try:
        loaded = load_policies_from([TreeFiles(revision, paths), *beside], version=version, limits=LIMITS)
    except BrokenFiles as error:
        return PolicyVerification(mistakes=error.mistakes)
    except NoPolicies as error:
        return PolicyVerification(mistakes=(Mistake(path=paths[0], message=error.message, help=error.help),))
    files = RevisionFiles(revision, LIMITS)
    results = [
        run_file(path, version=version, selects=lambda _: True, files=files)
        for path in find_tests(revision, paths)
    ]
    cases = [case for result in results for case in result.results]
    return PolicyVerification(
        policies=len(loaded.set.policies),
        tests=len(results),
        cases=len(cases),
        mistakes=tuple(sorted({mistake for result in results for mistake in result.mistakes})),
        failed=tuple(_failed(case) for case in cases if not case.passed),
    )


def find_tests(revision: Revision, paths: Sequence[str]) -> Iterator[str]:
    """Give the test files below folders, and those beside files that are named."""
    entries = revision.entries()
    stems = [path.rpartition(".")[0] for path in paths if path in entries]
    beside = [stem + suffix for stem in stems for suffix in SUFFIXES if stem + suffix in entries]
    for path in find_in_tree(revision, (*paths, *beside)):
        if isinstance(path, str) and path.endswith(SUFFIXES):
            yield path


def _failed(case: CaseResult) -> FailedCase:
    return FailedCase(
        path=case.path,
        place=case.place,
        name=case.name,
        message=" and ".join(_told(difference) for difference in case.differences),
    )


def _told(difference: Difference) -> str:
    wanted = {} if difference.want is None else difference.want.describe()
    found = {} if difference.found is None else difference.found.describe()
    names = wanted or dict.fromkeys(("outcome", "policy", "message"), "")
    if "matching" in wanted:
        found["matching"] = found.get("message", "")
    shown = _listed({name: found[name] for name in names if found.get(name)})
    return f"wanted {_listed(wanted) or 'nothing of this kind'}, found {shown or 'nothing'}"


def _listed(fields: dict[str, str]) -> str:
    return ", ".join(f"{name} `{value}`" for name, value in fields.items())
