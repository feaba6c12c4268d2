"""Passwords: hashed slowly, compared in the same time, refused where anybody would guess them."""

from unittest.mock import patch

import pytest

from outreach.passwords import Passwords, why_refused

GOOD = "seven quiet herons at dawn"


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


def test_the_right_one_matches_and_another_does_not(passwords: Passwords) -> None:
    kept = passwords.hash(GOOD)
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept
    assert passwords.matches(GOOD, kept)
    assert not passwords.matches(GOOD + "!", kept)


def test_where_nothing_is_kept_nothing_matches(passwords: Passwords) -> None:
    assert not passwords.matches(GOOD, "")
    assert not passwords.matches("", "")
    assert not passwords.matches(GOOD, "not a hash")


def test_as_much_is_hashed_where_nothing_is_kept(passwords: Passwords) -> None:
    """The same work, so the same time: nobody learns by it who has an account."""
    kept = passwords.hash(GOOD)
    with patch.object(passwords._hashes, "verify", return_value=True) as verify:
        passwords.matches("wrong", kept)
        assert not passwords.matches("wrong", "")
    real, stand_in = (call.args[1] for call in verify.call_args_list)
    assert real.rsplit("$", 2)[0] == stand_in.rsplit("$", 2)[0], "the same parameters"


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "x" * 257,
        "passwordpassword",
        "PasswordPassword",
        "aaaaaaaaaaaaaaaa",
        "ababababababab",
        "nora.feld@example.org",
        "nora.feld-pr",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    email = "nora.feld-pr@example.org" if password == "nora.feld-pr" else "nora.feld@example.org"
    assert why_refused(password, email=email)


@pytest.mark.parametrize(
    "password", [GOOD, "Größe über alles 7", "香港記者站觀察聯合聲明行動組", "x1y2" * 3]
)
def test_a_long_one_of_ones_own_will_do(password: str) -> None:
    assert why_refused(password, email="nora@example.org") == ""
