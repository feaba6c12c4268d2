"""What the values of settings are checked by, and read as."""

from email.utils import getaddresses
from urllib.parse import SplitResult, urlsplit

from email_validator import EmailNotValidError, validate_email

from outreach.domain.limits import LimitsRefused, SendingLimits


def whole_number(value: object, *, most: int, of: str) -> int:
    """Raises ValueError with the fix."""
    text = str(value).strip()
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise ValueError(f"give a whole number from 1 to {most}: {of}")
    return int(text)


def limits(*, send_rate: str = "", domain_limits: str = "") -> SendingLimits:
    """Raises ValueError with the fix."""
    try:
        return SendingLimits.parse(
            send_rate=send_rate, domain_limits=domain_limits, ascii_domain=_ascii_domain
        )
    except LimitsRefused as refused:
        raise ValueError(str(refused)) from None


def _ascii_domain(name: str) -> str:
    """The domain as an envelope has it; empty where no address can have it."""
    return _checked(f"limits@{name}").rpartition("@")[2]


def has_port(url: str) -> bool:
    """Whether the port, if the URL names one, is one."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def netloc(parts: SplitResult) -> str:
    """As browsers write it in an Origin, with which forms are compared (WHATWG URL standard)."""
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{host}:{parts.port}" if parts.port not in (None, usual) else host


def ascii_address(mailbox: str) -> str:
    """The address as the mail's own guard will take it; empty where it will not."""
    found = getaddresses([mailbox])
    return _checked(found[0][1]) if len(found) == 1 else ""


def _checked(address: str) -> str:
    try:
        checked = validate_email(
            address,
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
        )
    except EmailNotValidError:
        return ""
    return checked.ascii_email or ""
