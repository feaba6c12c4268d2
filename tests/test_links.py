"""Links: only what was issued here, for this purpose, to the byte."""

import base64
import hashlib
import random
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from itsdangerous import URLSafeSerializer

from outreach.domain.errors import LinkRefused
from outreach.links import (
    ANSWER,
    SESSION_LIFE,
    UNSUBSCRIBE,
    LinkSigner,
    ShortenedLinks,
    new_link_id,
)
from tests.racing import race

OLD, NEW, OTHER = "o" * 40, "n" * 40, "x" * 40
LINK = "abcdefghijklmnopqrstuvwx"
NOW = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
MUTATIONS = 10_000

signer = LinkSigner([OLD, NEW])

ISSUED: dict[str, Callable[[LinkSigner], str]] = {
    "answer": lambda links: links.token(LINK, purpose=ANSWER),
    "unsubscribe": lambda links: links.token(LINK, purpose=UNSUBSCRIBE),
    "session": lambda links: links.session_value(LINK, now=NOW),
    "form": lambda links: links.form_token(LINK),
}


def _check_form(links: LinkSigner, value: str) -> str:
    links.check_form_token(LINK, value)
    return LINK


READ: dict[str, Callable[[LinkSigner, str], str]] = {
    "answer": lambda links, value: links.read(value, purpose=ANSWER),
    "unsubscribe": lambda links, value: links.read(value, purpose=UNSUBSCRIBE),
    "session": lambda links, value: links.read_session(value, now=NOW),
    "form": _check_form,
}


@pytest.mark.parametrize("purpose", ISSUED)
def test_what_was_issued_for_a_purpose_is_read_for_it(purpose: str) -> None:
    assert READ[purpose](signer, ISSUED[purpose](signer)) == LINK


@pytest.mark.parametrize(("issued", "wanted"), list(permutations(ISSUED, 2)))
def test_what_was_issued_for_one_purpose_is_refused_for_every_other(
    issued: str, wanted: str
) -> None:
    with pytest.raises(LinkRefused):
        READ[wanted](signer, ISSUED[issued](signer))


def test_a_session_is_no_link_even_when_read_as_its_own_purpose() -> None:
    with pytest.raises(LinkRefused):
        signer.read(signer.session_value(LINK, now=NOW), purpose="session")
    with pytest.raises(LinkRefused):
        signer.read_session(signer.token(LINK, purpose="session"), now=NOW)


def test_a_token_holds_nothing_but_the_random_id() -> None:
    token = signer.token(LINK, purpose=ANSWER)
    payload = token.rpartition(".")[0]
    assert base64.urlsafe_b64decode(payload + "==") == f'"{LINK}"'.encode()
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")


def test_ids_are_random_and_hold_128_bits_at_least() -> None:
    ids = {new_link_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(base64.urlsafe_b64decode(one)) * 8 >= 128 for one in ids)


@pytest.mark.parametrize("purpose", ISSUED)
def test_a_rotated_key_still_verifies_and_the_last_one_signs(purpose: str) -> None:
    before = ISSUED[purpose](LinkSigner([OLD]))
    after = ISSUED[purpose](LinkSigner([OLD, NEW]))
    assert READ[purpose](LinkSigner([OLD, NEW]), before) == LINK
    assert after == ISSUED[purpose](LinkSigner([NEW])) != before
    for dropped in (LinkSigner([NEW]), LinkSigner([OTHER])):
        with pytest.raises(LinkRefused):
            READ[purpose](dropped, before)


@pytest.mark.parametrize("purpose", [ANSWER, UNSUBSCRIBE, "form", "another"])
@pytest.mark.parametrize("keys", [[OLD], [OLD, NEW], [NEW, OLD, OTHER]])
def test_a_token_is_to_the_byte_what_itsdangerous_would_issue(
    keys: list[str], purpose: str
) -> None:
    theirs = URLSafeSerializer(
        keys,
        salt=f"outreach.link.{purpose}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )
    links = LinkSigner(keys)
    for link_id in (LINK, *(new_link_id() for _ in range(50))):
        token = links.token(link_id, purpose=purpose)
        assert token == theirs.dumps(link_id)
        assert links.read(token, purpose=purpose) == theirs.loads(token) == link_id


def test_what_any_key_of_the_list_has_signed_is_read_and_the_last_one_signs_anew() -> None:
    rotated = LinkSigner([OLD, NEW, OTHER])
    for keys in ([OLD], [NEW], [OTHER], [OLD, NEW]):
        assert rotated.read(LinkSigner(keys).token(LINK, purpose=ANSWER), purpose=ANSWER) == LINK
    assert rotated.token(LINK, purpose=ANSWER) == LinkSigner([OTHER]).token(LINK, purpose=ANSWER)


def test_many_threads_may_sign_and_read_at_once() -> None:
    links = LinkSigner([OLD, NEW])

    def sign_and_read() -> bool:
        ids = [new_link_id() for _ in range(200)]
        tokens = [links.token(one, purpose=ANSWER) for one in ids]
        return [links.read(one, purpose=ANSWER) for one in tokens] == ids

    assert race([sign_and_read] * 4) == [True] * 4


def test_a_session_keeps_its_name_when_a_key_is_added() -> None:
    name = LinkSigner([OLD]).session_name(LINK)
    assert name == LinkSigner([OLD, NEW]).session_name(LINK)
    assert name != LinkSigner([NEW]).session_name(LINK)
    assert name != signer.session_name(new_link_id())
    assert len(name) == 16
    assert set(name) <= set("0123456789abcdef")


def test_a_session_ends_to_the_second() -> None:
    value = signer.session_value(LINK, now=NOW)
    assert signer.read_session(value, now=NOW + SESSION_LIFE - timedelta(seconds=1)) == LINK
    for late in (SESSION_LIFE, timedelta(days=400)):
        with pytest.raises(LinkRefused):
            signer.read_session(value, now=NOW + late)


def test_a_form_token_is_for_its_own_link_only() -> None:
    with pytest.raises(LinkRefused):
        signer.check_form_token(new_link_id(), signer.form_token(LINK))


@pytest.mark.parametrize(
    "junk",
    ["", ".", "..", "a.b", "=", "\x00", "é", "陳志明", "\ud800", ".eJw", "a" * 100_000, "%2e", " "],
)
@pytest.mark.parametrize("purpose", READ)
def test_junk_is_refused_and_breaks_nothing(purpose: str, junk: str) -> None:
    for value in (junk, ISSUED[purpose](signer) + junk, junk + ISSUED[purpose](signer)):
        if value != ISSUED[purpose](signer):
            with pytest.raises(LinkRefused):
                READ[purpose](signer, value)


def _flip(dice: random.Random, token: str) -> str:
    place = dice.randrange(len(token))
    letter = dice.choice(string.ascii_letters + string.digits + "-_.=+/ ~\n\u00e9")
    return token[:place] + letter + token[place + 1 :]


def _last_letter(dice: random.Random, token: str) -> str:
    return token[:-1] + dice.choice(string.ascii_letters + string.digits + "-_")


def _padding(dice: random.Random, token: str) -> str:
    payload, _, signature = token.partition(".")
    pads = "=" * dice.randrange(3), "=" * dice.randrange(1, 4)
    return f"{payload}{pads[0]}.{signature}{pads[1]}"


def _other_alphabet(dice: random.Random, token: str) -> str:
    return token.translate(dice.choice([{45: "+"}, {95: "/"}, {45: "+", 95: "/"}]))


def _truncated(dice: random.Random, token: str) -> str:
    return dice.choice([token[: dice.randrange(len(token))], token[dice.randrange(1, 9) :]])


def _doubled(dice: random.Random, token: str) -> str:
    return dice.choice([token + token, f"{token}.{token}", f"{token} {token}", f"{token}\n"])


def _junk_in_signature(dice: random.Random, token: str) -> str:
    place = dice.randrange(token.index(".") + 1, len(token) + 1)
    return token[:place] + dice.choice("!*$%~ \t\r\n,;:@=\x00\u00e9") + token[place:]


def _swapped_case(dice: random.Random, token: str) -> str:
    place = dice.randrange(len(token))
    return token[:place] + token[place].swapcase() + token[place + 1 :]


def _other_signature(dice: random.Random, token: str) -> str:
    other = signer.token(new_link_id(), purpose=ANSWER)
    return token.partition(".")[0] + "." + other.partition(".")[2]


MUTATORS = (
    _flip, _last_letter, _padding, _other_alphabet, _truncated, _doubled, _junk_in_signature,
    _swapped_case, _other_signature,
)  # fmt: skip


def _mutated() -> Iterator[tuple[str, str, str]]:
    """(purpose, mutator, token); never the token that was issued."""
    dice = random.Random(20261204)  # noqa: S311 - a seed, so that a failure comes back
    number = 0
    while number < MUTATIONS:
        links = LinkSigner([dice.choice([OLD, NEW])])
        purpose = dice.choice(list(ISSUED))
        mutate = dice.choice(MUTATORS)
        issued = ISSUED[purpose](links)
        mutated = mutate(dice, issued)
        if mutated != issued:
            number += 1
            yield purpose, mutate.__name__, mutated


def test_of_ten_thousand_mutated_tokens_none_is_accepted() -> None:
    accepted, tried = [], 0
    for purpose, mutator, token in _mutated():
        tried += 1
        try:
            READ[purpose](signer, token)
        except LinkRefused:
            continue
        accepted.append((purpose, mutator, token))
    assert (tried, accepted) == (MUTATIONS, [])


def test_each_key_by_itself_signs_as_it_did_the_newest_first() -> None:
    old, new = "an-older-key-of-32-characters-now", "a-newer-key-of-32-characters-here"
    link_id = new_link_id()
    tokens = [one.token(link_id, purpose=ANSWER) for one in LinkSigner([old, new]).by_key()]
    assert tokens == [LinkSigner([key]).token(link_id, purpose=ANSWER) for key in (new, old)]


def test_a_shortened_link_shows_its_beginning_and_opens_nothing() -> None:
    keys = ["a-key-for-tests-of-32-characters-"]
    link_id = new_link_id()
    whole, shown = (
        one.token(link_id, purpose=ANSWER) for one in (LinkSigner(keys), ShortenedLinks(keys))
    )
    assert shown == f"{whole[:6]}..."
    with pytest.raises(LinkRefused):
        LinkSigner(keys).read(shown, purpose=ANSWER)
