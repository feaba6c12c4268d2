"""How a key is written, and what it may do at most."""

import pytest

from outreach.domain.api_key import SCOPE_WORDS, Scope, digest_of, new_key, prefix_in, scopes_of
from outreach.domain.coordinator import Role


def test_a_key_names_itself_by_its_prefix_and_is_kept_by_its_digest() -> None:
    key = new_key()
    assert key.text.startswith(f"outreach_{key.prefix}_")
    assert prefix_in(key.text) == key.prefix
    assert key.digest == digest_of(key.text)
    assert key.text not in key.digest


def test_a_secret_has_256_bits_and_no_two_keys_are_alike() -> None:
    keys = [new_key() for _ in range(200)]
    secrets = {key.text.split("_", 2)[2] for key in keys}
    assert len(secrets) == len({key.prefix for key in keys}) == 200
    assert {len(secret) for secret in secrets} == {43}  # 32 bytes in base64url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "outreach",
        "outreach_",
        "outreach_0123456789ab",
        "outreach_0123456789ab_",
        "outreach_0123456789a_x",
        "outreach_0123456789abc_x",
        "outreach_01234-6789ab_x",
        "outreach_0123456789ab_é",
        "Outreach_0123456789ab_x",
        " outreach_0123456789ab_x",
        "sk_0123456789ab_x",
    ],
)
def test_what_is_no_key_has_no_prefix(text: str) -> None:
    assert prefix_in(text) == ""


def test_a_key_can_do_no_more_than_the_role_of_who_made_it() -> None:
    assert scopes_of(Role.OWNER) == scopes_of(Role.EDITOR) == set(Scope)
    assert scopes_of(Role.VIEWER) == {Scope.READ, Scope.EXPORT}


def test_every_scope_is_explained() -> None:
    assert set(SCOPE_WORDS) == set(Scope)
