"""How an organization is printed in the list: its name, and what it may add to it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class CreditLine:
    """``acronym`` and ``country`` are printed after the name, as the signer spells them; lists that
    can do so link the line to ``url``; ``sort_name`` says where it stands. All but the name may be
    empty."""

    name: str
    acronym: str = ""
    country: str = ""
    url: str = ""
    sort_name: str = ""

    @property
    def printed(self) -> str:
        """The line as every list has it: ``Archive Society (AS), Germany``."""
        return self.name + _added(self.acronym, self.country)


class KeptLine(Protocol):
    """A line as it is kept: ``credit_line`` is the printed one, with acronym and country in it."""

    @property
    def credit_line(self) -> str: ...
    @property
    def acronym(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def sort_name(self) -> str: ...


def line_of(kept: KeptLine) -> CreditLine:
    """The line that is printed so."""
    name = kept.credit_line.removesuffix(_added(kept.acronym, kept.country))
    return CreditLine(name, kept.acronym, kept.country, kept.url, kept.sort_name)


def _added(acronym: str, country: str) -> str:
    return (f" ({acronym})" if acronym else "") + (f", {country}" if country else "")
