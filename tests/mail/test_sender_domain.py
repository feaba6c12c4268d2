"""What a domain's records say, from answers as the DNS gives them."""

import pytest

from outreach.mail.sender_domain import NoAnswer, SenderDomain, look_at_domain

SPF = "v=spf1 include:mail.example -all"
DMARC = "v=DMARC1; p=none"


def _look(answers: dict[str, list[str] | NoAnswer], domain: str = "sign.example") -> SenderDomain:
    return look_at_domain(domain, look=lambda name: answers.get(name, NoAnswer.NO_NAME))


def test_all_three_are_found() -> None:
    found = _look(
        {
            "sign.example": ["other", SPF],
            "_domainkey.sign.example": NoAnswer.NOTHING,  # there is something below it
            "_dmarc.sign.example": [DMARC],
        }
    )
    assert found == SenderDomain("sign.example", SPF, True, DMARC)


def test_none_is_there() -> None:
    assert _look({"sign.example": []}) == SenderDomain("sign.example", "", False, "")


def test_the_policy_of_the_domain_above_counts() -> None:
    found = _look({"_dmarc.coalition.example": [DMARC]}, domain="sign.coalition.example")
    assert found.dmarc == DMARC


def test_a_silent_dns_is_not_taken_for_a_no() -> None:
    found = look_at_domain("sign.example", look=lambda _: NoAnswer.UNREACHABLE)
    assert (found.spf, found.has_dkim, found.dmarc) == (None, None, None)


@pytest.mark.parametrize("record", ["V=SPF1 -all", "v=spf1 -all"])
def test_a_record_counts_in_any_case(record: str) -> None:
    assert _look({"sign.example": [record]}).spf == record
