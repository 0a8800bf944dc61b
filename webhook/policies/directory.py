"""Policies from files, taken up again when the files change.

The files are looked at again and again rather than watched: a mounted ConfigMap is swapped by a symbolic link,
network file systems tell nobody, and looking at a few hundred files takes a millisecond.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from policy_engine.authoring.files import BrokenFiles
from policy_engine.authoring.policy_files import LoadedPolicies, NoPolicies, load_policies
from policy_engine.errors import PolicyEngineError
from webhook.policies.live import DIRECTORY, LivePolicies
from webhook.policies.ruleset import EMPTY_SOURCE, Source

_log = logging.getLogger("polgate.policies")

_PAUSE_S = 0.25
_State: TypeAlias = tuple[tuple[str, int, int, int], ...]


class PolicyDirectory:
    """Files and folders of policies that take effect when they change.

    A change takes effect as a whole or not at all: where something does not load, the set in force goes on, and
    what is wrong is logged and shown. may_be_empty: having no policies is all right, because others may come from
    elsewhere. on_reload: told whether a change was taken.
    """

    def __init__(
        self,
        paths: Sequence[str],
        live: LivePolicies,
        *,
        version: str,
        may_be_empty: bool = False,
        on_reload: Callable[[bool], None] = lambda taken: None,
    ) -> None:
        self._paths = tuple(paths)
        self._live = live
        self._version = version
        self._may_be_empty = may_be_empty
        self._on_reload = on_reload
        self._loaded: _State = ()
        self._seen: _State = ()

    def load(self) -> None:
        """Load for the first time. Raises: PolicyEngineError where something is wrong."""
        self._loaded = self._seen = _state(self._paths)
        self._live.replace(DIRECTORY, self._read())

    def look(self) -> float:
        """Look for changes, and take them up once the files have stopped changing.

        Gives the pause to the next look.
        """
        state = _state(self._paths)
        settled, self._seen = state == self._seen, state
        if settled and state != self._loaded:
            self._loaded = state
            self._reload()
        return _PAUSE_S

    def _reload(self) -> None:
        try:
            source = self._read()
        except Exception as error:
            if not isinstance(error, (PolicyEngineError, OSError)):
                _log.error("policies could not be loaded: please report it", exc_info=error)
            problems = _problems(error)
            self._live.blame(DIRECTORY, problems)
            for problem in problems:
                _log.error("policies not taken, those before go on: %s", problem)
            self._on_reload(False)
            return
        self._live.replace(DIRECTORY, source)
        self._on_reload(True)

    def _read(self) -> Source:
        try:
            loaded = load_policies(self._paths, version=self._version)
        except NoPolicies:
            if self._may_be_empty:
                return EMPTY_SOURCE
            raise
        return _source(loaded)


def _source(loaded: LoadedPolicies) -> Source:
    return Source(
        policies=loaded.set.policies,
        bindings=loaded.set.bindings,
        namespaces=loaded.namespaces,
        params=loaded.params,
        definitions=loaded.definitions,
        problems=tuple(
            f"binding `{binding.name}` does nothing: there is no policy `{binding.policy_name}`"
            for binding in loaded.set.idle_bindings()
        ),
    )


def _problems(error: Exception) -> tuple[str, ...]:
    if isinstance(error, BrokenFiles):
        return tuple(mistake.render() for mistake in error.mistakes)
    if isinstance(error, PolicyEngineError):
        return (error.message,)
    if isinstance(error, OSError):
        return (f"`{error.filename}`: {(error.strerror or str(error)).lower()}",)
    return ("an internal error of polgate kept them from being loaded",)


def _state(paths: Iterable[str]) -> _State:
    """Give what changes when a file does. Files that vanish meanwhile are seen at the next look."""
    return tuple(sorted(_states(paths)))


def _states(paths: Iterable[str]) -> Iterator[tuple[str, int, int, int]]:
    """Go where loading goes (`policy_engine.sources.walk`), behind links too, but not into hidden folders."""
    met: set[str] = set()
    waiting = [(path, os.path.realpath(path)) for path in paths]
    while waiting:
        path, root = waiting.pop()
        real = os.path.realpath(path)
        if real in met or os.path.commonpath((real, root)) != root:
            continue
        met.add(real)
        if os.path.isdir(real):
            waiting += [(inside, root) for inside in _inside(path)]
        else:
            yield from _stat(path)


def _inside(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names]
    return [path for path in paths if not os.path.basename(path).startswith(".") or not os.path.isdir(path)]


def _stat(path: str) -> Iterator[tuple[str, int, int, int]]:
    try:
        found = os.stat(path)
    except OSError:
        return
    yield path, found.st_mtime_ns, found.st_size, found.st_ino
