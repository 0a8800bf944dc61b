"""Reading settings: strict, with everything that is wrong told at once.

What is misunderstood here lets changes through, so nothing unknown is let pass.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from enum import StrEnum

from policy_engine.authoring.fields import Fields, Problem, name_of_type
from policy_engine.authoring.kubernetes_version import decode_version
from policy_engine.cel.libraries.name_rules import (
    dns1123_label_problems,
    label_value_problems,
    qualified_name_problems,
)
from policy_engine.changes.settings.decode_rendering import decode_rendering
from policy_engine.changes.settings.model import (
    API_VERSION,
    KIND,
    FolderTargets,
    GateSettings,
    Namespaces,
    Place,
    Rendering,
    Target,
    User,
)
from policy_engine.changes.settings.texts import checked_path, named_once, path_at, patterns_at, text_at
from policy_engine.field_paths import FieldPath
from policy_engine.sources.values import JsonValue

_NOT_LIKE_OBJECTS = {
    "metadata": "leave it out: settings have no name, and every field stands at the top",
    "spec": "every field stands at the top: write what is in it beside `kind`",
}


class FailOn(StrEnum):
    """The mildest findings that block."""

    DENY = "deny"
    WARN = "warn"


def decode(value: JsonValue, problems: list[Problem]) -> GateSettings | None:
    """Read the file's document.

    Notes what is wrong in `problems`: the settings must not be used then. Gives None for what is no GateSettings.
    """
    top = Fields(value, (), problems)
    if not top.is_of(api_version=API_VERSION, kind=KIND):
        return None
    paths = top.fields("paths")
    namespaces = top.fields("namespaces")
    rendering = top.fields("rendering")
    users = top.fields("users")
    settings = GateSettings(
        policies=tuple(_places(top, "policies")),
        params=tuple(_places(top, "params")),
        include=patterns_at(paths, "include") if paths else (),
        exclude=patterns_at(paths, "exclude") if paths else (),
        targets=tuple(_targets(top)),
        namespaces=_namespaces(namespaces) if namespaces else Namespaces(),
        rendering=decode_rendering(rendering) if rendering else Rendering(),
        users=_users(users) if users else {},
        fail_on=(top.choice("failOn", FailOn) or FailOn.DENY).value,
        existing=top.flag("existing") or False,
        strict=top.flag("strict") or False,
        kubernetes_version=decode_version(top) or "",
    )
    if paths:
        if settings.include and all(pattern.startswith("!") for pattern in settings.include):
            paths.problem("`include` takes paths out only, so none would be judged", "include")
        paths.finish()
    top.finish(_NOT_LIKE_OBJECTS)
    return settings


def _places(top: Fields, key: str) -> Iterator[Place]:
    for value, path in top.items(key, of_texts=True):
        if isinstance(value, dict):
            yield _place(Fields(value, path, top.problems))
        elif isinstance(value, str):
            found = checked_path(value, path, top.problems)
            if found is not None:
                yield Place(path=found)
        else:
            message = f"expected a path, or a mapping with `path` and `checkout`, found {name_of_type(value)}"
            top.problems.append(Problem(path=path, message=message))


def _place(fields: Fields) -> Place:
    place = Place(path=path_at(fields, "path"), checkout=text_at(fields, "checkout"))
    if place.checkout and posixpath.normpath(place.checkout) == ".":
        fields.problem(
            "`checkout` is the repository itself, whose work tree holds the change",
            "checkout",
            help="leave `checkout` out: what the base holds is read then",
        )
    fields.finish()
    return place


def _targets(top: Fields) -> Iterator[Target | FolderTargets]:
    names: set[str] = set()
    for value, path in top.items("targets"):
        fields = Fields(value, path, top.problems)
        if fields.has("eachFolder"):
            yield _folder_targets(fields)
        else:
            target = Target(
                name=text_at(fields, "name", required=True),
                paths=patterns_at(fields, "paths", required=True),
            )
            named_once(fields, "name", target.name, names)
            yield target
        fields.finish()


def _folder_targets(fields: Fields) -> FolderTargets:
    pattern = path_at(fields, "eachFolder")
    if "**" in pattern:
        fields.problem("`**` may stand for any number of folders", "eachFolder", help="write one `*` for each")
    elif pattern and "*" not in pattern:
        fields.problem(
            "there is no `*` in it", "eachFolder", help="one folder is a target with `name` and `paths`"
        )
    for key in ("name", "paths"):
        if fields.has(key):
            fields.problem(
                f"`{key}` does not go with `eachFolder`", key, help="each folder is a target of its own"
            )
    return FolderTargets(pattern=pattern)


def _namespaces(fields: Fields) -> Namespaces:
    default = text_at(fields, "default")
    if default:
        _check_namespace(default, (*fields.path, "default"), fields.problems)
    labels = fields.fields("labels")
    namespaces = Namespaces(
        default=default or Namespaces().default,
        labels={name: _labels(labels, name) for name in labels} if labels else {},
    )
    fields.finish()
    return namespaces


def _labels(namespaces: Fields, name: str) -> dict[str, str]:
    _check_namespace(name, (*namespaces.path, name), namespaces.problems)
    labels = namespaces.text_map(name) or {}
    for key, value in labels.items():
        for wrong in (*qualified_name_problems(key), *label_value_problems(value)):
            namespaces.problem(f"no label `{key}: {value}`: {wrong}", name, key)
    return labels


def _check_namespace(name: str, path: FieldPath, problems: list[Problem]) -> None:
    for wrong in dns1123_label_problems(name):
        problems.append(Problem(path=path, message=f"`{name}` cannot be a namespace: {wrong}"))


def _users(fields: Fields) -> dict[str, User]:
    return {login: _user(user) for login in fields if (user := fields.fields(login)) is not None}


def _user(fields: Fields) -> User:
    user = User(
        username=text_at(fields, "username", required=True),
        groups=fields.texts("groups") or (),
        uid=fields.text("uid") or "",
    )
    fields.finish()
    return user
