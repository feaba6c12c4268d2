"""compose.yaml as Compose reads it: variables filled in, anchors merged, secrets found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

ROOT = Path(__file__).parent.parent
OURS = ("migrate", "web", "worker", "beat")

_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>\w+)"
    r"|\{(?P<name>\w+)(?:(?P<rule>:?[-?+])(?P<text>[^}]*))?\})"
)


class VariableMissing(Exception):
    """``${NAME:?words}`` without a value: Compose stops with the words."""


@dataclass(frozen=True)
class Service:
    """One service, with everything that the file says of it."""

    name: str
    facts: Mapping[str, Any]

    @property
    def command(self) -> list[str]:
        return [str(word) for word in self.facts.get("command", [])]

    @property
    def environment(self) -> dict[str, str]:
        return {key: str(value) for key, value in self.facts.get("environment", {}).items()}

    @property
    def secrets(self) -> list[str]:
        return list(self.facts.get("secrets", []))

    @property
    def health_command(self) -> list[str]:
        """The health check's command as an argument list, as the engine runs it."""
        kind, *words = self.facts["healthcheck"]["test"]
        return ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words


@dataclass(frozen=True)
class Compose:
    """The whole file."""

    facts: Mapping[str, Any]

    def service(self, name: str) -> Service:
        return Service(name, self.facts["services"][name])

    @property
    def services(self) -> list[Service]:
        return [Service(name, facts) for name, facts in self.facts["services"].items()]

    @property
    def ours(self) -> list[Service]:
        return [self.service(name) for name in OURS]

    def secret_file(self, name: str) -> str:
        path: str = self.facts["secrets"][name]["file"]
        return path


def read_compose(variables: Mapping[str, str]) -> Compose:
    """The project's compose.yaml. Raises VariableMissing."""
    return Compose(_filled(yaml.safe_load((ROOT / "compose.yaml").read_text()), variables))


def example_variables(*, sending: bool = True) -> dict[str, str]:
    """What .env.example says; not ``sending`` takes its other line, the one for Mailpit."""
    text = (ROOT / ".env.example").read_text()
    if not sending:
        text = re.sub(r"^# (SMTP_URL_FILE=)", r"\1", text, flags=re.MULTILINE)
    values = dotenv_values(stream=StringIO(text))
    return {name: value for name, value in values.items() if value is not None}


def image_settings() -> dict[str, str]:
    """What the Dockerfile's ENV says, which every container starts with."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    pairs = [word for line in lines if line.startswith("ENV ") for word in line.split()[1:]]
    return dict(pair.split("=", maxsplit=1) for pair in pairs)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value_of(found, variables), value)
    return value


def _value_of(found: re.Match[str], variables: Mapping[str, str]) -> str:
    """By the interpolation rules of the Compose specification; a colon makes empty count as
    missing."""
    if found["dollar"]:
        return "$"
    rule, text = found["rule"] or "", found["text"] or ""
    value = variables.get(found["plain"] or found["name"])
    given = bool(value) if rule.startswith(":") else value is not None
    if rule.endswith("+"):
        return text if given else ""
    if given:
        return value or ""
    if rule.endswith("?"):
        raise VariableMissing(f"{found['name']}: {text}")
    return text
