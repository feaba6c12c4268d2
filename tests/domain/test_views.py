import pytest

from outreach.domain.views import masked_address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("office@example.org", "o…@example.org"),
        ("o@example.org", "o…@example.org"),
        ("\u738b@example.tw", "\u738b…@example.tw"),
        ('"a@b"@example.org', '"…@example.org'),
    ],
)
def test_of_an_address_the_first_character_and_the_domain_are_shown(
    address: str, shown: str
) -> None:
    assert masked_address(address) == shown
