"""How git is called so that nothing in a repository acts: not its settings, not its attributes, not its objects.

A repository can ask git to run programs: hooks, file system monitors, filters, text converters, credential
helpers, ssh commands. Reading uses only commands that need none of them, and what could still call one is switched
off here. So it does not matter who owns a repository that is only read, and git is not asked to check it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

# Options win over every file, the repository's own settings included.
_OPTIONS = {
    "core.hooksPath": os.devnull,  # writing refs or an index would run hooks
    "core.fsmonitor": "false",  # a program that is asked what changed whenever an index is read
    "core.splitIndex": "false",  # would write a file beside the index
    "submodule.recurse": "false",  # would open, or fetch, other repositories
    "gc.auto": "0",  # would work on the repository in the background
    "maintenance.auto": "false",
    "fetch.unpackLimit": "1",  # a pack, however little is fetched: so one folder tells whether something came
}
OPTIONS = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]

_EVERYWHERE = {
    "LC_ALL": "C",  # messages are recognised, and names compared, by their bytes
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace/ shows other content than the commit has
    "GIT_GRAFT_FILE": os.devnull,  # .git/info/grafts shows another history
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_READING = {
    # A user's own settings are for people: colours, aliases, other orders of diffs.
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    # A partial clone would fetch what it lacks. Versions before 2.45 know only the second of these.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}

# What a server runs before it accepts a push finds the new objects only through these.
_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH")

# `ext` and other remote helpers are programs; git:// tells nobody who answers.
_PROTOCOLS = ("https", "http", "ssh", "file")
# The caller's own words on how to reach a remote. All other GIT_* lead to other repositories or parts of one.
_HOW_TO_REACH = ("GIT_ASKPASS", "GIT_CONFIG_", "GIT_HTTP_", "GIT_PROXY_", "GIT_SSH", "GIT_SSL_")


def reading_environment(caller: Mapping[str, str], git_dir: str) -> dict[str, str]:
    """Give the environment of commands that read. git_dir: said here, so that git looks for nothing by itself."""
    environment = _without_git(caller)
    if "GIT_QUARANTINE_PATH" in caller:
        environment.update((name, caller[name]) for name in _QUARANTINE if name in caller)
    return environment | _EVERYWHERE | _READING | {"GIT_DIR": git_dir}


def fetching_environment(caller: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a fetch, which needs the settings and credentials of whoever calls.

    git_dir is not said: git finds the repository by itself and refuses one that somebody else owns, because its
    settings choose the programs that reach the remote.
    """
    environment = _without_git(caller)
    environment.update((name, value) for name, value in caller.items() if name.startswith(_HOW_TO_REACH))
    allowed = caller.get("GIT_ALLOW_PROTOCOL", ":".join(_PROTOCOLS)).split(":")
    protocols = ":".join(protocol for protocol in _PROTOCOLS if protocol in allowed) or "none"
    return environment | _EVERYWHERE | {"GIT_ALLOW_PROTOCOL": protocols}


def _without_git(caller: Mapping[str, str]) -> dict[str, str]:
    environment = {name: value for name, value in caller.items() if not name.startswith("GIT_")}
    # git runs with the repository as its current folder: a relative entry would find programs in it.
    folders = caller.get("PATH", os.defpath).split(os.pathsep)
    environment["PATH"] = os.pathsep.join(folder for folder in folders if os.path.isabs(folder))
    return environment
