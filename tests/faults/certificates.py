"""Certificates made on the spot by the openssl program: one that holds, one that has expired."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """``authority`` is to be trusted (SSL_CERT_FILE); the others hold their keys as well."""

    authority: Path
    valid: Path
    expired: Path


def can_make_certificates() -> bool:
    return shutil.which("openssl") is not None


def make_certificates(folder: Path) -> Certificates:
    """For 127.0.0.1."""
    _openssl(
        folder,
        *("req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2", "-subj", "/CN=Authority"),
        *("-keyout", "authority.key", "-out", "authority.pem"),
    )
    return Certificates(
        folder / "authority.pem",
        _make(folder, "valid", days=2),
        _make(folder, "expired", days=-1),
    )


def _make(folder: Path, name: str, *, days: int) -> Path:
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    _openssl(
        folder,
        *("req", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=server.example"),
        *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
    )
    _openssl(
        folder,
        *("x509", "-req", "-in", f"{name}.csr", "-days", str(days), "-extfile", "names"),
        *("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"),
        *("-out", f"{name}.crt"),
    )
    whole = folder / f"{name}.pem"
    whole.write_text("".join((folder / f"{name}.{end}").read_text() for end in ("crt", "key")))
    return whole


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
