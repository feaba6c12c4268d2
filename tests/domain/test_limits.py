import pytest

from outreach.domain.limits import DomainLimit, LimitsRefused, Rate, SendingLimits, fair_part


def _parsed(domain_limits: str, *, send_rate: str = "") -> SendingLimits:
    return SendingLimits.parse(
        send_rate=send_rate, domain_limits=domain_limits, ascii_domain=_ascii
    )


def _ascii(name: str) -> str:
    return {"bücher.example": "xn--bcher-kva.example", "no domain": ""}.get(name, name)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/second", Rate(100, 1)),
        ("3000/minute", Rate(3000, 60)),
        (" 20000 / HOUR ", Rate(20_000, 3600)),
        ("1000000/day", Rate(1_000_000, 86_400)),
    ],
)
def test_a_rate_is_a_number_and_a_period(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "'' is no rate"),
        ("100", "'100' is no rate"),
        ("100/fortnight", "'100/fortnight' is no rate"),
        ("-1/second", "'-1/second' is no rate"),
        ("1.5/second", "'1.5/second' is no rate"),
        ("²/second", "'²/second' is no rate"),
        ("0/second", "'0/second' is not from 1 to 1,000,000"),
        ("1000001/day", "'1000001/day' is not from 1 to 1,000,000"),
    ],
)
def test_a_rate_that_is_none_is_refused_with_the_fix(text: str, what: str) -> None:
    with pytest.raises(LimitsRefused) as refusal:
        Rate.parse(text)
    assert refusal.value.what == what
    assert str(refusal.value) == f"{what}; {refusal.value.fix}"
    assert "100/second" in refusal.value.fix


def test_domains_have_a_rate_or_connections_or_both() -> None:
    limits = _parsed(
        "*=30/minute:2, example.org=100/minute:5,example.net = :1 , bücher.example=1/day"
    )
    assert limits.for_domain("example.org") == DomainLimit(Rate(100, 60), 5)
    assert limits.for_domain("example.net") == DomainLimit(None, 1)
    assert limits.for_domain("xn--bcher-kva.example") == DomainLimit(Rate(1, 86_400), None)
    assert limits.for_domain("sub.example.org") == DomainLimit(Rate(30, 60), 2)
    assert limits.overall is None


def test_the_case_of_a_domain_does_not_count() -> None:
    limits = _parsed("Example.ORG=:1")
    assert limits.for_domain("eXample.org") == DomainLimit(None, 1)


def test_without_a_star_a_domain_not_named_is_free() -> None:
    limits = _parsed("example.org=:1")
    assert limits.for_domain("example.net") == DomainLimit()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("example.org", "entry 1: 'example.org' has no ="),
        ("*=:1,,example.org=:1", "entry 2: '' has no ="),
        ("*=:1, no domain=:1", "entry 2: 'no domain' is no domain"),
        ("=:1", "entry 1: '' is no domain"),
        ("example.org=", "entry 1: there is no limit for example.org"),
        ("example.org=fast", "entry 1: 'fast' is no rate"),
        ("example.org=0/day:1", "entry 1: '0/day' is not from 1 to 1,000,000"),
        ("example.org=:", "entry 1: '' is no number of connections from 1 to 1000"),
        ("example.org=:0", "entry 1: '0' is no number of connections from 1 to 1000"),
        ("example.org=:1001", "entry 1: '1001' is no number of connections from 1 to 1000"),
        ("example.org=:two", "entry 1: 'two' is no number of connections from 1 to 1000"),
        ("example.org=:1, EXAMPLE.org=:2", "entry 2: example.org stands twice"),
        ("*=:1,*=:2", "entry 2: * stands twice"),
        (
            "bücher.example=:1,xn--bcher-kva.example=:1",
            "entry 2: xn--bcher-kva.example stands twice",
        ),
    ],
)
def test_limits_that_cannot_be_read_are_refused_with_the_place_and_the_fix(
    text: str, what: str
) -> None:
    with pytest.raises(LimitsRefused) as refusal:
        _parsed(text)
    assert refusal.value.what == what
    assert "*=30/minute:2" in refusal.value.fix


@pytest.mark.parametrize(
    ("limits", "free", "longest"),
    [
        (_parsed(" ", send_rate=" "), True, 0),
        (_parsed("", send_rate="5/minute"), False, 60),
        (_parsed("*=:1"), False, 0),
        (_parsed("example.org=:1"), False, 0),
        (_parsed("*=1/second, example.org=1/day", send_rate="1/hour"), False, 86_400),
        (_parsed("*=1/hour, example.org=1/second"), False, 3600),
    ],
)
def test_it_is_known_whether_anything_is_limited_and_how_long_the_longest_rate_is(
    limits: SendingLimits, free: bool, longest: int
) -> None:
    assert (limits.is_free, limits.longest) == (free, longest)


@pytest.mark.parametrize("among", range(1, 12))
@pytest.mark.parametrize("total", [1, 2, 3, 7, 30, 100])
def test_the_fair_parts_are_the_whole_together_and_as_even_as_can_be(
    total: int, among: int
) -> None:
    parts = [fair_part(total, among=among, rank=rank) for rank in range(among)]
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1
