"""Where mail goes, from SMTP_URL."""

import pytest

from outreach.mail.target import SmtpTarget


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("smtp://mail.example", SmtpTarget("smtp", "mail.example", 25)),
        ("smtps://u:p%40ss@mail.example", SmtpTarget("smtps", "mail.example", 465, "u", "p@ss")),
        ("smtp+starttls://mail.example:2525", SmtpTarget("smtp+starttls", "mail.example", 2525)),
        ("smtp://[::1]:1025", SmtpTarget("smtp", "::1", 1025)),
        (
            "smtp+starttls://m%3Ae@mail.example",
            SmtpTarget("smtp+starttls", "mail.example", 587, "m:e"),
        ),
    ],
)
def test_the_url_names_the_target(url: str, target: SmtpTarget) -> None:
    assert SmtpTarget.from_url(url) == target
