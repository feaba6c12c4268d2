"""What a sender's domain says of itself in the DNS: SPF, DKIM, DMARC. Short looks, no guesses.

RFC 7208, RFC 6376, RFC 7489. A DKIM key's selector is known to the mail server alone; that there
is any key at all shows in whether ``_domainkey`` exists (RFC 8020).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

LOOK_LIMIT = 3.0  # seconds for one question, all servers and tries together


class NoAnswer(Enum):
    """NOTHING: the name exists without such a record. NO_NAME: it does not exist."""

    NOTHING = auto()
    NO_NAME = auto()
    UNREACHABLE = auto()


Look = Callable[[str], list[str] | NoAnswer]


@dataclass(frozen=True)
class SenderDomain:
    """``spf`` and ``dmarc`` are the records' texts, empty where there is none. ``None``: the DNS
    did not answer."""

    domain: str
    spf: str | None
    has_dkim: bool | None
    dmarc: str | None


def look_at_domain(domain: str, *, look: Look | None = None) -> SenderDomain:
    """Three questions, or four, each LOOK_LIMIT at most."""
    ask = look or text_records
    return SenderDomain(
        domain=domain,
        spf=_beginning(ask(domain), "v=spf1"),
        has_dkim=_exists(ask(f"_domainkey.{domain}")),
        dmarc=_dmarc(domain, ask),
    )


def text_records(name: str) -> list[str] | NoAnswer:
    """The TXT records of ``name``, as this machine's resolver has them."""
    import dns.exception
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
        resolver.lifetime = LOOK_LIMIT
        answer = resolver.resolve(name, "TXT")
    except dns.resolver.NXDOMAIN:
        return NoAnswer.NO_NAME
    except dns.resolver.NoAnswer:
        return NoAnswer.NOTHING
    except (dns.exception.DNSException, OSError, UnicodeError):
        return NoAnswer.UNREACHABLE
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _dmarc(domain: str, ask: Look) -> str | None:
    """The domain's own, else that of the domain above it, which counts for it too."""
    own = _beginning(ask(f"_dmarc.{domain}"), "v=dmarc1")
    above = domain.partition(".")[2]
    if own == "" and "." in above:
        return _beginning(ask(f"_dmarc.{above}"), "v=dmarc1")
    return own


def _beginning(found: list[str] | NoAnswer, mark: str) -> str | None:
    if found is NoAnswer.UNREACHABLE:
        return None
    records = found if isinstance(found, list) else []
    return next((one for one in records if one.lower().startswith(mark)), "")


def _exists(found: list[str] | NoAnswer) -> bool | None:
    if found is NoAnswer.UNREACHABLE:
        return None
    return found is not NoAnswer.NO_NAME
