"""The objects of a test file: written out, read from files, and varied by JSON patches."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import jsonpatch
import jsonpointer

from policy_engine.authoring.fields import Problem, did_you_mean, name_of_type
from policy_engine.authoring.testing.model import ObjectSource
from policy_engine.errors import InputError
from policy_engine.field_paths import FieldPath
from policy_engine.sources.values import JsonObject, JsonValue

ReadFile = Callable[[str], list[JsonObject]]
"""Gives the documents of a file named relative to the test file. Raises InputError."""


class Objects:
    """Makes the objects of one test file. Notes in `problems` what cannot be made, and gives None for it."""

    def __init__(self, named: Mapping[str, ObjectSource], read: ReadFile, problems: list[Problem]) -> None:
        self._named = named
        self._read = read
        self._problems = problems
        self._made: dict[str, JsonObject | None] = {}
        self._making: list[str] = []

    def make(self, source: ObjectSource, *, common: ObjectSource | None = None) -> JsonObject | None:
        """Make one object; None too where the source says null.

        common: the same object of the file's common request, which a patch alone applies to.
        """
        made = self._unpatched(source, common)
        if made is None or not source.patch:
            return made
        made = copy.deepcopy(made)
        for index, step in enumerate(source.patch):
            made = self._patched(made, step, (*source.path, "patch", index))
            if made is None:
                return None
        return made

    def _unpatched(self, source: ObjectSource, common: ObjectSource | None) -> JsonObject | None:
        if source.inline is not None:
            return self._checked(source.inline, source.path)
        if source.file is not None:
            return self._from_file(source, source.file)
        if source.base is not None:
            return self._by_name(source.base, source.path)
        if not source.is_variation:
            return None
        if common is None:
            self._note(source.path, "there is nothing to patch", help="name a `base` or a `file`")
            return None
        return self.make(common)

    def _checked(self, value: JsonValue, path: FieldPath) -> JsonObject | None:
        if not isinstance(value, dict):
            self._note(path, f"expected an object, found {name_of_type(value)}")
            return None
        missing = [key for key in ("apiVersion", "kind") if not isinstance(value.get(key), str)]
        if missing:
            self._note(path, f"the object has no {' and no '.join(missing)}")
            return None
        return value

    def _by_name(self, name: str, path: FieldPath) -> JsonObject | None:
        if name not in self._named:
            self._note(path, f"no object `{name}`", help=did_you_mean(name, list(self._named)))
            return None
        if name in self._making:
            self._note(path, f"the object `{name}` is made of itself: {' -> '.join([*self._making, name])}")
            return None
        if name not in self._made:
            self._making.append(name)
            self._made[name] = self.make(self._named[name])
            self._making.pop()
        return self._made[name]

    def _from_file(self, source: ObjectSource, file: str) -> JsonObject | None:
        try:
            documents = self._read(file)
        except InputError as error:
            self._note((*source.path, "file"), error.message, help=error.help)
            return None
        if source.document is None and len(documents) == 1:
            return documents[0]
        if source.document is None:
            found = f"`{file}` holds {len(documents)} objects"
            self._note((*source.path, "file"), found, help="say which with `document`" if documents else "")
            return None
        if source.document > len(documents):
            message = f"`{file}` has no document {source.document}: it holds {len(documents)} objects"
            self._note((*source.path, "document"), message)
            return None
        return documents[source.document - 1]

    def _patched(self, value: JsonObject, step: Mapping[str, JsonValue], path: FieldPath) -> JsonObject | None:
        try:
            # A copy, because the step's value becomes part of the object, and later steps may write to it.
            made = jsonpatch.apply_patch(value, copy.deepcopy([step]), in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            self._note(path, f"the patch does not apply: another value is at `{step['path']}`")
            return None
        except (
            jsonpatch.JsonPatchException,
            jsonpointer.JsonPointerException,
            TypeError,
            ValueError,
        ) as error:
            self._note(path, f"the patch does not apply: {_missing_parent(value, step) or error}")
            return None
        return self._checked(made, path)

    def _note(self, path: FieldPath, message: str, *, help: str = "") -> None:
        self._problems.append(Problem(path=path, message=" ".join(message.split()), help=help))


def _missing_parent(value: JsonValue, step: Mapping[str, JsonValue]) -> str:
    """Name the first part of the step's path that is not there: what is wrong nearly always."""
    pointer = step.get("path")
    if not isinstance(pointer, str):
        return ""
    parts = pointer.split("/")
    for count, part in enumerate(parts[1:-1], start=2):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return f"`{'/'.join(parts[:count])}` is not there"
    return ""
