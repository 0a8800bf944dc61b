"""Which format a file has: told by its name, as the tools that read it tell."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """The formats that become data for policies."""

    YAML = "yaml"
    JSON = "json"
    TOML = "toml"
    HCL = "hcl"
    DOCKERFILE = "dockerfile"
    DOTENV = "dotenv"
    INI = "ini"
    XML = "xml"


_BY_EXTENSION = {
    extension: format
    for format, extensions in {
        Format.YAML: "yaml yml",
        Format.JSON: "json",  # main.tf.json and terraform.tfvars.json too
        Format.TOML: "toml",
        Format.HCL: "hcl nomad tf tfvars tofu",
        Format.DOCKERFILE: "containerfile dockerfile",
        Format.DOTENV: "env",
        Format.INI: "ini",
        Format.XML: "csproj fsproj nuspec plist pom props resx targets vbproj wsdl xml xsd",
    }.items()
    for extension in extensions.split()
}

# `.properties`, `.conf`, `.cfg` and the units of systemd only look like INI: they would be read wrongly.
_BY_NAME = {
    name: format
    for format, names in {
        Format.JSON: "composer.lock pipfile.lock",
        Format.TOML: "cargo.lock pdm.lock pipfile poetry.lock uv.lock",
        Format.DOCKERFILE: "containerfile dockerfile",
        Format.DOTENV: ".env",
        Format.INI: ".coveragerc .editorconfig .flake8 .gitconfig .gitmodules .pylintrc .pypirc pip.conf"
        " setup.cfg",
        Format.XML: "app.config nuget.config packages.config web.config",
    }.items()
    for name in names.split()
}
_BY_PREFIX = (
    ("dockerfile.", Format.DOCKERFILE),
    ("containerfile.", Format.DOCKERFILE),
    (".env.", Format.DOTENV),
)
_SECRET_NAMES = frozenset({".pypirc", "pip.conf"})
_SECRET_EXTENSIONS = frozenset({"tfvars"})


def format_of(path: str) -> Format | None:
    """Tell a file's format from its path, with small and capital letters alike; None for any other file."""
    name = basename(path).lower()
    found = _BY_NAME.get(name) or _BY_EXTENSION.get(extension(name))
    if found is not None:
        return found
    if extension(name) == "dockerignore":
        return None  # `Dockerfile.dockerignore` is a list of patterns
    return next((format for prefix, format in _BY_PREFIX if name.startswith(prefix)), None)


def holds_secrets(path: str) -> bool:
    """Tell whether files of this name are where people keep passwords, so that no line of it may be shown."""
    name = basename(path).lower()
    return (
        format_of(path) is Format.DOTENV
        or name in _SECRET_NAMES
        or extension(name.removesuffix(".json")) in _SECRET_EXTENSIONS
    )


def directory(path: str) -> str:
    """Give what is before a path's last part, or nothing for a file at the root."""
    return path.rpartition("/")[0]


def basename(path: str) -> str:
    """Give a path's last part."""
    return path.rpartition("/")[2]


def extension(path: str) -> str:
    """Give what is behind the last dot of a file's name; nothing where only the name begins with one."""
    stem, dot, found = basename(path).rpartition(".")
    return found if dot and stem else ""
