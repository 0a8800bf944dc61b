from __future__ import annotations

import pytest

from policy_engine.sources.formats import Format, format_of
from policy_engine.sources.formats.names import basename, directory, extension, holds_secrets


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("deploy/values.yaml", Format.YAML),
        ("a.yml", Format.YAML),
        ("package.json", Format.JSON),
        ("infra/main.tf.json", Format.JSON),
        ("infra/prod.tfvars.json", Format.JSON),
        ("pyproject.toml", Format.TOML),
        ("Cargo.lock", Format.TOML),
        ("infra/main.tf", Format.HCL),
        ("infra/prod.tfvars", Format.HCL),
        (".terraform.lock.hcl", Format.HCL),
        ("Dockerfile", Format.DOCKERFILE),
        ("build/dockerfile", Format.DOCKERFILE),
        ("Dockerfile.prod", Format.DOCKERFILE),
        ("web.Dockerfile", Format.DOCKERFILE),
        ("Containerfile", Format.DOCKERFILE),
        (".env", Format.DOTENV),
        (".env.production", Format.DOTENV),
        ("config/prod.env", Format.DOTENV),
        ("tox.ini", Format.INI),
        ("setup.cfg", Format.INI),
        (".editorconfig", Format.INI),
        (".gitmodules", Format.INI),
        ("pom.xml", Format.XML),
        ("App/App.csproj", Format.XML),
        ("Web.config", Format.XML),
    ],
)
def test_a_name_tells_the_format(path: str, format: Format) -> None:
    assert format_of(path) is format


@pytest.mark.parametrize(
    "path",
    ["README.md", "haproxy.cfg", "app.properties", "Dockerfile.dockerignore", "yaml", "env", "a.yaml/b", ""],
)
def test_other_names_tell_none(path: str) -> None:
    assert format_of(path) is None


@pytest.mark.parametrize("path", [".env", "a/.env.local", "x.env", "prod.tfvars", "prod.tfvars.json", ".pypirc"])
def test_files_where_people_keep_passwords_are_secret(path: str) -> None:
    assert holds_secrets(path)


@pytest.mark.parametrize("path", ["main.tf", "a.yaml", "setup.cfg", "Dockerfile"])
def test_other_files_are_not(path: str) -> None:
    assert not holds_secrets(path)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a/b/c.tar.gz", ("a/b", "c.tar.gz", "gz")),
        ("Dockerfile", ("", "Dockerfile", "")),
        ("x/.env", ("x", ".env", "")),
        ("a.b/c", ("a.b", "c", "")),
    ],
)
def test_a_path_comes_apart(path: str, parts: tuple[str, str, str]) -> None:
    assert (directory(path), basename(path), extension(path)) == parts
