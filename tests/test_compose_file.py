"""What compose.yaml and the Dockerfile promise, read from the files themselves."""

import re
import subprocess
import sys
import tomllib
import zipfile
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from outreach.cli.main import app
from outreach.settings import _NAMES as SETTINGS
from tests.compose_file import (
    ROOT,
    Compose,
    Service,
    VariableMissing,
    example_variables,
    read_compose,
)

COMPOSE = read_compose(example_variables())
ALL = pytest.mark.parametrize("service", COMPOSE.services, ids=lambda service: service.name)
EVERY_ROLE = pytest.mark.parametrize("service", COMPOSE.ours, ids=lambda service: service.name)


@ALL
def test_every_container_is_closed(service: Service) -> None:
    facts = service.facts
    assert facts["read_only"] is True
    assert facts["cap_drop"] == ["ALL"]
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in facts
    assert "cap_add" not in facts
    user, group = facts["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert facts["mem_limit"]
    assert facts["pids_limit"]


@ALL
def test_every_image_is_pinned_to_a_version(service: Service) -> None:
    assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+[\w.-]*", service.facts["image"])


@ALL
def test_every_lasting_service_has_a_health_check_and_comes_back(service: Service) -> None:
    if service.name == "migrate":
        assert "healthcheck" not in service.facts
        assert service.facts["restart"] == "no"
        return
    assert service.health_command
    assert service.facts["restart"] == "unless-stopped"


@ALL
def test_no_secret_is_an_environment_variable(service: Service) -> None:
    for name, value in service.environment.items():
        if name.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service.secrets
        assert not re.search(r"PASSWORD$|_KEYS?$|_URL$", name.replace("PUBLIC_URL", ""))
        assert "@" not in value or name == "MAIL_FROM"


@ALL
def test_only_the_web_and_the_mail_viewer_listen_on_the_machine(service: Service) -> None:
    ports = service.facts.get("ports", [])
    assert bool(ports) == (service.name in {"web", "mailpit"})
    assert all(port.startswith("127.0.0.1:") for port in ports)


@EVERY_ROLE
def test_the_roles_share_one_image_that_is_built_once(service: Service) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert service.facts["image"] == f"outreach:{version}"
    assert ("build" in service.facts) == (service.name == "migrate")


@EVERY_ROLE
def test_the_command_is_one_of_the_command_line(service: Service) -> None:
    options = [word for word in service.command if word.startswith("--")]
    words = [word for word in service.command if re.fullmatch("[a-z]+", word)]
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", result.output)
    assert all(option in plain for option in options)


@EVERY_ROLE
def test_the_environment_holds_settings_that_we_know(service: Service) -> None:
    known = set(SETTINGS.values())
    assert {name.removesuffix("_FILE") for name in service.environment} <= known


@EVERY_ROLE
def test_nothing_starts_before_what_it_needs(service: Service) -> None:
    needs = {name: need["condition"] for name, need in service.facts["depends_on"].items()}
    assert needs["postgres"] == "service_healthy"
    if service.name != "migrate":
        assert needs["redis"] == "service_healthy"
        assert needs["migrate"] == "service_completed_successfully"


def test_database_and_broker_are_reached_from_inside_alone() -> None:
    assert COMPOSE.facts["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis"):
        assert COMPOSE.service(name).facts["networks"] == ["inside"]


def test_the_web_believes_the_gateway_that_a_proxy_on_the_machine_comes_through() -> None:
    (pool,) = COMPOSE.facts["networks"]["outside"]["ipam"]["config"]
    gateway = ip_address(pool["gateway"])
    assert gateway in ip_network(pool["subnet"])
    assert _trusted(COMPOSE) == str(gateway)
    told = example_variables() | {"TRUSTED_PROXIES": "192.0.2.7"}
    assert _trusted(read_compose(told)) == "192.0.2.7"


def _trusted(compose: Compose) -> str:
    command = compose.service("web").command
    return command[command.index("--forwarded-allow-ips") + 1]


def test_the_database_lasts_and_what_says_who_was_erased() -> None:
    """Signs of life do not: of several workers each has its own."""
    lasting = {one.name: one.facts["volumes"] for one in COMPOSE.services if "volumes" in one.facts}
    assert lasting.pop("postgres") == ["postgres:/var/lib/postgresql"]
    roles = ("migrate", "web", "worker", "beat")
    assert lasting == {name: ["home:/var/lib/outreach"] for name in roles}
    for name in roles:
        assert "/var/lib/outreach/run:mode=1777,size=16m" in COMPOSE.service(name).facts["tmpfs"]
    assert set(COMPOSE.facts["volumes"]) == {"postgres", "home"}


def test_mailpit_comes_with_the_dev_profile_alone() -> None:
    profiles = {service.name: service.facts.get("profiles") for service in COMPOSE.services}
    assert profiles.pop("mailpit") == ["dev"]
    assert set(profiles.values()) == {None}
    target = example_variables(sending=False)["SMTP_URL_FILE"]
    assert urlsplit((ROOT / target).read_text().strip()).netloc == "mailpit:1025"


@pytest.mark.parametrize("name", ["PUBLIC_URL", "MAIL_FROM", "SMTP_URL_FILE"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_only_the_operator_knows_is_asked_for(name: str, value: str | None) -> None:
    variables = example_variables()
    del variables[name]
    given = variables if value is None else variables | {name: value}
    with pytest.raises(VariableMissing, match=rf"{name}: .*\.env"):
        read_compose(given)


def test_every_secret_of_the_file_is_made_or_asked_for(tmp_path: Path) -> None:
    said = _make_secrets(tmp_path)
    made = {path.name for path in (tmp_path / "secrets").iterdir()}
    declared = {Path(COMPOSE.secret_file(name)).name for name in COMPOSE.facts["secrets"]}
    assert declared - made == {"smtp_url"}
    assert "secrets/smtp_url" in said
    used = {name for service in COMPOSE.services for name in service.secrets}
    assert used == set(COMPOSE.facts["secrets"])


def test_secrets_are_random_closed_to_others_and_made_once(tmp_path: Path) -> None:
    _make_secrets(tmp_path)
    folder = tmp_path / "secrets"
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    assert len(first["secret_keys"]) == 64
    assert urlsplit(first["database_url"].strip()).password == first["postgres_password"]
    assert urlsplit(first["redis_url"].strip()).password == first["redis_conf"].split()[1]
    _make_secrets(tmp_path)
    assert {path.name: path.read_text() for path in folder.iterdir()} == first


def test_secrets_never_get_into_the_image_or_the_history() -> None:
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "/.env" in (ROOT / ".gitignore").read_text().splitlines()
    rules = _lines(".dockerignore")
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(_copied())


def test_the_dockerfile_copies_what_is_there() -> None:
    for source in _copied():
        assert (ROOT / source).exists(), source


def test_the_image_runs_as_the_user_of_compose_and_brings_no_build_tools() -> None:
    text = (ROOT / "Dockerfile").read_text()
    final = text[text.rindex("\nFROM ") :]
    assert {service.facts["user"] for service in COMPOSE.ours} == {_word_after("USER", final)}
    assert 'ENTRYPOINT ["outreach"]' in final
    assert "apt" not in final
    assert "pip install" not in final
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"python:3.12-slim-trixie"}


def test_the_wheel_brings_templates_migrations_and_the_command(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (listed,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "outreach = outreach.cli.main:main" in archive.read(listed).decode()
    assert _files("templates", "outreach/templates") <= names
    assert _files("outreach", "outreach") <= names
    assert _files("workers", "workers") <= names
    assert not [name for name in names if name.startswith(("tests/", "secrets/"))]


def _files(folder: str, within: str) -> set[str]:
    return {
        f"{within}/{path.relative_to(ROOT / folder)}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def _make_secrets(folder: Path) -> str:
    script = folder / "deploy" / "make_secrets"
    script.parent.mkdir(exist_ok=True)
    script.write_bytes((ROOT / "deploy" / "make_secrets").read_bytes())
    return subprocess.run(["sh", script], check=True, capture_output=True, text=True).stdout


def _copied() -> list[str]:
    """What the Dockerfile takes from the checkout."""
    lines = [line for line in _lines("Dockerfile") if line.startswith("COPY ")]
    copies = [line.split()[1:-1] for line in lines if "--from=" not in line]
    return [source.removeprefix("./") for sources in copies for source in sources]


def _lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _word_after(instruction: str, text: str) -> str:
    found = re.search(rf"^{instruction} (\S+)", text, re.MULTILINE)
    assert found
    return found[1]
