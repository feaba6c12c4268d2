"""Replies as real servers word them, with reserved domains and documentation addresses."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.mail import reply_table
from outreach.mail.reply_table import Outcome, Stage, enhanced_status, judge

CONNECT, LOGIN, MAIL, RCPT, DATA, BODY = Stage
ACCEPTED, DEFERRED, RECIPIENT, MESSAGE, STOPPED, UNREACHABLE, DOUBTFUL = Outcome

REPLIES = [
    (LOGIN, 235, "2.7.0 Authentication successful", ACCEPTED),
    (RCPT, 251, "2.1.5 User not local; will forward to <other@example.net>", ACCEPTED),
    (BODY, 250, "OK, though 5.1.1 user unknown, relay access denied", ACCEPTED),
    (DATA, 250, "Ok", UNREACHABLE),  # no leave to send a body
    # 4yz
    (CONNECT, 421, "4.7.0 mx.example.net Error: too many connections from 192.0.2.7", UNREACHABLE),
    (LOGIN, 454, "4.7.0 Temporary authentication failure", UNREACHABLE),
    (LOGIN, 451, "Authentication failed: Maximum credits exceeded", UNREACHABLE),
    (LOGIN, 432, "4.7.12 A password transition is needed", STOPPED),
    (MAIL, 421, "4.4.2 mx.example.net Error: timeout exceeded", UNREACHABLE),
    (MAIL, 421, "4.7.0 [TSS04] Messages from 192.0.2.7 temporarily deferred", UNREACHABLE),
    (MAIL, 454, "Throttling failure: Daily message quota exceeded.", DEFERRED),
    (MAIL, 403, "Forbidden", DEFERRED),
    (MAIL, 451, "You are not authorized to send yet", DEFERRED),
    (RCPT, 450, "4.7.1 Relay access denied until the tables are read", DEFERRED),
    (MAIL, 403, "You are not authorized to send from that email address", STOPPED),
    (RCPT, 421, "4.7.0 Try again later, closing connection.", DEFERRED),
    (RCPT, 450, "4.2.0 <a@example.org>: Recipient address rejected: Greylisted", DEFERRED),
    (RCPT, 451, "4.7.500 Server busy. Please try again later from [192.0.2.7].", DEFERRED),
    (RCPT, 452, "4.2.2 The email account that you tried to reach is over quota", DEFERRED),
    (RCPT, 450, "4.1.8 <us@example.com>: Sender address rejected: Domain not found", DEFERRED),
    (RCPT, 454, "4.7.1 <a@example.org>: Relay access denied", STOPPED),
    (RCPT, 454, "4.7.1 <relay@example.org>: Recipient address rejected: later", DEFERRED),
    (BODY, 451, "4.3.0 Error: queue file write error", DEFERRED),
    # before any message
    (CONNECT, 554, "5.7.1 Client host [192.0.2.7] blocked using zen.dnsbl.example", STOPPED),
    (CONNECT, 554, "IP=192.0.2.7 - A problem occurred. (Ask your postmaster for help)", STOPPED),
    (CONNECT, 521, "5.3.2 mx.example.net does not accept mail", STOPPED),
    (CONNECT, 502, "5.5.1 STARTTLS: command not implemented", STOPPED),
    (CONNECT, 500, "The number of sessions exceeds the maximum", UNREACHABLE),
    (CONNECT, 554, "5.3.2 Service temporarily unavailable", UNREACHABLE),
    (LOGIN, 535, "5.7.8 Username and Password not accepted. For more information", STOPPED),
    (LOGIN, 535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication off", STOPPED),
    (LOGIN, 530, "5.7.0 Must issue a STARTTLS command first", STOPPED),
    (LOGIN, 525, "5.7.13 User account disabled", STOPPED),
    (LOGIN, 535, "5.7.8 Error: Connection lost to authentication server", UNREACHABLE),
    # about us
    (MAIL, 530, "5.7.0 Must issue a STARTTLS command first", STOPPED),
    (MAIL, 553, "5.1.8 <us@example.com>... Domain of sender address does not exist", STOPPED),
    (MAIL, 501, "5.1.7 Bad sender address syntax", STOPPED),
    (MAIL, 555, "5.5.2 Syntax error, goodbye", STOPPED),
    (MAIL, 553, "5.7.2 [TSS09] All messages from 192.0.2.7 permanently deferred", STOPPED),
    (MAIL, 550, "5.1.1 <us@example.com>: User unknown", STOPPED),  # our own address
    (MAIL, 552, "5.2.2 mailbox full", STOPPED),
    (MAIL, 502, "5.7.0 Your SMTP account is not yet activated", STOPPED),
    (MAIL, 550, "You have reached your monthly sending limit", STOPPED),
    (RCPT, 554, "5.7.1 <a@example.org>: Relay access denied", STOPPED),
    (RCPT, 550, "5.1.1 <a@example.org>: Relay access denied", STOPPED),
    (RCPT, 554, "5.7.1 <a@example.org>: Relay 5.7.1 access denied", STOPPED),
    (RCPT, 551, "This mail server requires authentication for non-local mail", STOPPED),
    (RCPT, 503, "AUTH first (#5.5.1)", STOPPED),
    (RCPT, 535, "Incorrect data", STOPPED),
    (RCPT, 554, "5.7.1 Service unavailable; Client host [192.0.2.7] blocked using dnsbl", STOPPED),
    (RCPT, 504, "5.5.2 <localhost>: Helo command rejected: need fully-qualified", STOPPED),
    (RCPT, 550, "No Such User Here Sender verify failed", STOPPED),
    (RCPT, 550, "5.7.1 <a@example.org>: Recipient address rejected: SPF fail", STOPPED),
    (BODY, 550, "5.7.26 Unauthenticated email from example.com is not accepted", STOPPED),
    (BODY, 554, "Message rejected: Email address is not verified. The following", STOPPED),
    (BODY, 554, "Message rejected: Sending suspended for this account.", STOPPED),
    (RCPT, 554, "5.7.1 Your account is temporarily blocked", STOPPED),
    (BODY, 554, "Access denied: User is not authorized to perform ses:SendRawEmail", STOPPED),
    (BODY, 550, "The from address does not match a verified Sender Identity", STOPPED),
    (BODY, 550, "5.7.1 Unconfigured Sending Domain <example.com>", STOPPED),
    (BODY, 554, "5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceeded", STOPPED),
    (BODY, 550, "5.7.1 mail sent from your IP address has been blocked", STOPPED),
    (BODY, 550, "5.7.1 [192.0.2.7] The IP you're using to send mail is not welcome", STOPPED),
    (BODY, 550, "5.4.6 Unusual sending activity detected. Please see the help", STOPPED),
    # about the recipient
    (RCPT, 550, "5.1.1 <a@example.org>: Recipient address rejected: User unknown", RECIPIENT),
    (RCPT, 550, "5.1.1 The account that you tried 5.1.1 to reach does 5.1.1 not exist", RECIPIENT),
    (RCPT, 550, "5.7.1 <a@example.org>: user unknown, relay access denied", RECIPIENT),
    (RCPT, 550, "Requested action not taken: mailbox unavailable", RECIPIENT),
    (RCPT, 550, "5.4.1 Recipient address rejected: Access denied. [mx.example.net]", RECIPIENT),
    (RCPT, 556, "5.1.10 Recipient domain has a null MX", RECIPIENT),
    (RCPT, 521, "5.3.2 example.org does not accept mail", RECIPIENT),
    (RCPT, 504, "5.5.2 <a>: Recipient address rejected: need fully-qualified address", RECIPIENT),
    (RCPT, 551, "User not local; please try <b@example.net>", RECIPIENT),
    (RCPT, 550, "a (a@example.org) not listed in public Name & Address Book", RECIPIENT),
    (RCPT, 550, "5.7.1 No account on this server by that name. Message rejected", RECIPIENT),
    (RCPT, 550, "5.1.1 recipient address is not verified", RECIPIENT),
    (RCPT, 550, "5.2.1 The email account that you tried to reach is disabled.", RECIPIENT),
    (RCPT, 550, "5.1.1 user unknown; check the address and try again later", RECIPIENT),
    (RCPT, 550, "5.7.133 sender not authorized for this group", RECIPIENT),
    (RCPT, 550, "5.7.1 RESOLVER.RST.AuthRequired; authentication required", RECIPIENT),
    (RCPT, 550, "Host or domain name not found: spf.example", RECIPIENT),
    (RCPT, 550, "Host or domain name not found: blocklist.example, spf-mx, rbl-mx", RECIPIENT),
    (RCPT, 552, "5.7.0 refused", RECIPIENT),
    (RCPT, 555, "5.5.4 Unsupported option: SMTPUTF8", RECIPIENT),
    (MAIL, 555, "5.5.4 Unsupported option", RECIPIENT),
    (MAIL, 555, "parameters not recognized", RECIPIENT),
    (MAIL, 501, "5.5.4 SMTPUTF8 is not supported", RECIPIENT),
    (MAIL, 553, "5.6.7 address beyond ASCII not permitted", RECIPIENT),
    (BODY, 550, "5.2.3 RESOLVER.RST.RecipSizeLimit; too large for this recipient", RECIPIENT),
    (DATA, 554, "5.5.1 Error: no valid recipients", RECIPIENT),
    (BODY, 554, "Sorry, no mailbox here by that name. (#5.1.1)", RECIPIENT),
    (BODY, 550, "Requested action not taken: mailbox unavailable", RECIPIENT),
    # 5yz, and over by itself
    (MAIL, 550, "5.4.5 Daily user sending limit exceeded.", DEFERRED),
    (BODY, 550, "Domain example.com exceeded the max emails per hour (500/500)", DEFERRED),
    (RCPT, 554, "5.7.1 Your server is temporarily blocked", DEFERRED),
    (RCPT, 552, "Requested mail action aborted", DEFERRED),
    (RCPT, 552, "5.2.2 This message is larger than the limit or the mailbox is full", DEFERRED),
    (BODY, 554, "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceeded", DEFERRED),
    (RCPT, 552, "5.5.1 no", DEFERRED),
    (MAIL, 503, "nested MAIL command", DEFERRED),
    (RCPT, 503, "5.5.1 Error: need MAIL command", DEFERRED),
    (DATA, 500, "5.5.2 Error: bad syntax", DEFERRED),
    # about the message
    (MAIL, 552, "5.3.4 Message size exceeds fixed limit", MESSAGE),
    (MAIL, 552, "Requested mail action aborted", MESSAGE),
    (MAIL, 550, "5.3.4 no", MESSAGE),
    (BODY, 552, "5.2.3 Your message exceeded our message size limits", MESSAGE),
    (BODY, 554, "5.7.1 Message rejected as spam by Content Filtering", MESSAGE),
    (BODY, 552, "5.2.0 0biL1i00V1 spam detected", MESSAGE),
    (BODY, 550, "5.7.1 message contains a URL listed in the DBL", MESSAGE),
    (BODY, 554, "Email rejected due to security policies", MESSAGE),
    (BODY, 550, "5.7.512 Access denied, message must be RFC 5322 compliant", MESSAGE),
    (BODY, 500, "Line too long", MESSAGE),
    (DATA, 554, "5.7.1 Data command rejected", MESSAGE),
    # addresses that lie
    (RCPT, 550, "<relay-denied@example.org>: rejected", RECIPIENT),
    (RCPT, 550, '5.7.1 <"relay access denied"@example.org> rejected', RECIPIENT),
    (RCPT, 550, '5.7.1 "blocked using"@example.org rejected', RECIPIENT),
    (RCPT, 550, "blocked-IP@example.org rejected", RECIPIENT),
    (RCPT, 550, "<no>DMARC@example.org rejected", RECIPIENT),
    (RCPT, 550, "rejected: to=SPF@example.org", RECIPIENT),
    (RCPT, 550, "no to <authentication required, says a server that cuts off", RECIPIENT),
    (BODY, 554, "5.7.1 <user.unknown@example.org> rejected", MESSAGE),
    (BODY, 554, "5.7.1 spf@dmarc.example rejected", MESSAGE),
    (RCPT, 450, "4.7.1 <relay access denied@example.org>: later", DEFERRED),
    # no replies
    (RCPT, 354, "End data with <CR><LF>.<CR><LF>", UNREACHABLE),
    (DATA, 150, "wait", UNREACHABLE),
    (RCPT, 0, "", UNREACHABLE),
    (MAIL, 999, "HTTP/1.1 400 Bad Request", UNREACHABLE),
    (BODY, 354, "go ahead", DOUBTFUL),
    (BODY, -1, "", DOUBTFUL),
    (BODY, 600, "", DOUBTFUL),
]

WORDINGS = {
    STOPPED: """
        relaying denied / relay is prohibited / relay was rejected / relay not allowed
        cannot relay / we do not relay / not authorized to relay / not permitted to relay
        unable to relay / not in my list of allowed rcpthosts / sender domain refused
        sender address rejected / sender is denied / sender was blocked / sender banned
        sender unknown / sender invalid / sender unverified / sender does not exist
        sender not found / relay not permitted / not allowed to relay / client host is rejected
        sender not authorized / sender not permitted / sender not allowed / sender not verified
        sender verification failed / sender has been banned / sender blacklisted / banned sender
        bad outbound sender / domain not verified / identity is not verified / sender signature
        not owned by user / may not send as her / STOREDRV; SendAsDenied
        your account is blocked / your account was suspended / your account is disabled
        sending account paused / smtp account is not yet activated / your account is restricted
        your account expired / sender's account locked / sending has been suspended
        sending is paused / sending was disabled / not allowed to send mail
        not permitted to send mail / monthly mail quota is used up
        monthly limit / not enough credits / insufficient credit / no more credits
        credits exceeded / authentication is required / authorization required
        login needed / starttls required / tls required / encryption needed / auth first
        must issue it / you must authenticate / you must first log in / you are not authenticated
        unauthenticated / authenticate first / it requires SMTP auth / SPF / DKIM: fail / DMARC
        no PTR / rDNS missing / no r-dns / bad EHLO / reverse DNS / reverse hostname
        reverse lookup / cannot find your hostname / client host [192.0.2.7] blocked
        blocked using bl.example / listed in bl.example / listed on it / listed at it
        listed by us / poor IP reputation
        bad reputation / low reputation / messages from 192.0.2.7 weren't sent / block list
        messages from [192.0.2.7] will be refused / blacklisted / denylist / block-lists / DNSBL
        RBL / your IP is blocked / sending server banned / source network rejected
        client IP was refused / your network is denied / your server is not allowed
        your IP is not authorized / your IP is not permitted / Blocked, see ?ip=192.0.2.7
        banned IP / no mail from this IP / no mail from your network / no mail from your IP
        no mail from your server / unauthorized IP address""",
    RECIPIENT: """
        user unknown / recipient is unknown / addressee unknown / mailbox not found
        account inactive / user is disabled / mailbox deactivated / account suspended
        account closed / address suppressed / Empfaenger: user unbekannt / user not known
        unknown user / unknown recipient / unknown mailbox / unknown address / unknown local part
        unknown or illegal alias / unknown or illegal user / no such user / no such recipient
        no such mailbox / no such address / no such person / no such account / invalid user
        the account does not exist / user doesn't exist / mailbox of that name does not exist
        address does not exist / recipient does not exist / no mailbox here / no mail box here
        unrouteable address / unroutable address / Benutzer nicht bekannt / not a valid user
        not a valid recipient / invalid recipient / invalid mailbox
        not listed in Domino / on our suppression list / the account that you tried to reach is off
        doesn't have an example.org account / no recipients / no valid recipients
        RESOLVER.ADR.RecipNotFound / not allowed to send to this group / may not post to the list
        cannot write mail to that address / not authorized to deliver to this mailbox
        not allowed to send to this recipient / no SMTPUTF8 / internationalized address
        internationalised email / non-ASCII address / mailbox is unavailable
        recipient rejected / recipient address was rejected / recipient is rejected""",
    DEFERRED: """
        daily limit / hourly quota / 9 per day / 9 per hour / 9 per minute / 9 per second
        sending limit / submission quota / SubmissionQuota / relay limit / outbound rate
        rate limited / throttled / too many connections / too many open sessions
        too many messages / too many mails / too many e-mails / too many recipients
        too many requests / number of sessions exceeds 9 / number of connections exceeded
        try again later / retry later / temporary / temporarily / greylisted / gray-listed
        mailbox full / inbox is full / disk full / storage exhausted / mailbox size exceeded
        over quota / over storage quota / quota full / quota is exceeded / exceeds her quota
        exceeded his storage / exhausted allowed storage""",
    MESSAGE: """
        contains a listed URL / contains a link listed in x / contained URIs listed in x
        contains a domain listed in x / listed in SURBL / listed by URIBL / virus / malware
        phishing / unsolicited / content""",
}
TOO_BIG = "message too big / message is too long / message too large / message size / size exceeds"
STATUSES = {
    STOPPED: "5.1.7 5.1.8 5.2.253 5.7.8 5.7.10 5.7.11 5.7.20 5.7.23 5.7.26 5.7.30 5.7.54 5.7.57"
    " 5.7.60 5.7.64 5.7.501 5.7.506 5.7.509 5.7.511 5.7.513 5.7.606 5.7.649 5.7.705 5.7.750",
    RECIPIENT: "5.6.7 5.6.9 5.7.124 5.7.133 5.7.193",
    DEFERRED: "5.1.90 5.2.2 5.3.1 5.4.5 5.5.3 5.7.232 5.7.233",
    MESSAGE: "5.2.3 5.3.4",
}
LATE = "5.1.0 5.1.1 5.1.3 5.1.6 5.1.10 5.2.0 5.2.1 5.4.1 5.4.14 5.7.13 5.7.17"


def _said(block: str) -> list[str]:
    return [words for line in block.strip().splitlines() for words in line.strip().split(" / ")]


TEMPTING = [words for block in WORDINGS.values() for words in _said(block)]
REPLIES += [
    *(
        (stage, 550, f"5.2.0 {words}" if outcome is MESSAGE else words, outcome)
        for outcome, block in WORDINGS.items()
        for words in _said(block)
        for stage in ((BODY,) if outcome is MESSAGE else (RCPT, DATA, BODY))
    ),
    *(
        (stage, 550, f"5.2.0 {words}", MESSAGE)
        for words in _said(TOO_BIG)
        for stage in list(Stage)[2:]
    ),
    *((stage, code, "no", STOPPED) for code in (530, 535) for stage in list(Stage)[1:]),
    *((MAIL, 550, words, DEFERRED) for words in ("5.4.5 no", "daily limit")),
    *(
        (stage, 550, f"{status} no", outcome)
        for outcome, statuses in STATUSES.items()
        for status in statuses.split()
        for stage in (RCPT, DATA, BODY)
    ),
    *((stage, 550, f"{status} no", RECIPIENT) for status in LATE.split() for stage in (DATA, BODY)),
    *((LOGIN, 550, words, UNREACHABLE) for words in ("daily limit", "retry later", "throttled")),
]

PLAIN = {
    CONNECT: (ACCEPTED, UNREACHABLE, STOPPED),
    LOGIN: (ACCEPTED, UNREACHABLE, STOPPED),
    MAIL: (ACCEPTED, DEFERRED, STOPPED),
    RCPT: (ACCEPTED, DEFERRED, RECIPIENT),
    DATA: (UNREACHABLE, DEFERRED, MESSAGE),
    BODY: (ACCEPTED, DEFERRED, MESSAGE),
}


@pytest.mark.parametrize(("stage", "code", "words", "outcome"), REPLIES)
def test_a_reply_is_read_as_its_server_means_it(
    stage: Stage, code: int, words: str, outcome: Outcome
) -> None:
    assert judge(code, words, stage=stage) is outcome


@pytest.mark.parametrize("stage", Stage)
def test_every_class_has_a_meaning_at_every_stage(stage: Stage) -> None:
    done, not_now, never = PLAIN[stage]
    silence = DOUBTFUL if stage is BODY else UNREACHABLE

    assert judge(250, "", stage=stage) is done
    assert judge(450, "", stage=stage) is not_now
    assert judge(550, "", stage=stage) is never
    assert {judge(code, "", stage=stage) for code in (0, 99, 150, 350, 600, 999)} == {silence}


def test_the_table_has_at_least_forty_rows_and_each_says_why() -> None:
    assert len(reply_table.TABLE) >= 40
    assert all(row.why for row in reply_table.TABLE)


@pytest.mark.parametrize("number", range(len(reply_table.TABLE)))
def test_without_any_row_some_reply_is_misread(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = reply_table.TABLE[:number], reply_table.TABLE[number + 1 :]
    monkeypatch.setattr(reply_table, "TABLE", (*before, *after))

    assert _misread()


def _misread() -> list[str]:
    try:
        return [said for at, code, said, what in REPLIES if judge(code, said, stage=at) is not what]
    except StopIteration:
        return ["no row fits"]


@pytest.mark.parametrize("status", ["5.1.1", "2.0.0", "4.7.500"])
@pytest.mark.parametrize("rest", ["", " User unknown", ": Helo", " does 5.1.2 not"])
def test_an_enhanced_status_is_found_at_the_beginning(status: str, rest: str) -> None:
    assert enhanced_status(status + rest) == status


@pytest.mark.parametrize(
    "words",
    ["", "(#5.1.1)", "3.1.1 no", "5.1.1.9 no", "5.01.1 no", "5.1.1234 no", "5.1 no", "15.1.1 no"],
)
def test_what_only_looks_like_an_enhanced_status_is_none(words: str) -> None:
    assert not enhanced_status(words)


def test_a_status_that_disagrees_with_the_code_is_not_heard() -> None:
    assert judge(550, "4.2.2 no", stage=BODY) is MESSAGE
    assert judge(450, "5.1.1 no", stage=RCPT) is DEFERRED
    assert judge(503, "4.5.1 no", stage=RCPT) is DEFERRED


@given(code=st.integers(0, 999), words=st.text(max_size=500), stage=st.sampled_from(Stage))
def test_no_reply_is_too_odd_to_be_judged(code: int, words: str, stage: Stage) -> None:
    outcome = judge(code, words, stage=stage)

    assert (outcome is DOUBTFUL) == (stage is BODY and not (200 <= code < 300 or 400 <= code < 600))


@given(code=st.integers(200, 299), words=st.text(max_size=500))
def test_a_2xx_after_the_body_is_always_accepted(code: int, words: str) -> None:
    assert judge(code, words, stage=BODY) is ACCEPTED


@given(code=st.integers(0, 199) | st.integers(300, 999), words=st.text(max_size=200))
def test_nothing_but_a_2xx_is_accepted(code: int, words: str) -> None:
    assert all(judge(code, words, stage=stage) is not ACCEPTED for stage in Stage)


@given(code=st.integers(400, 499), words=st.text(max_size=200))
def test_a_4xx_is_never_held_against_the_recipient_or_the_message(code: int, words: str) -> None:
    outcomes = {judge(code, words, stage=stage) for stage in Stage}

    assert outcomes <= {DEFERRED, UNREACHABLE, STOPPED}


_LOCAL = st.one_of(
    st.sampled_from(TEMPTING),
    st.text(st.characters(codec="utf-8", exclude_characters='<>"\r\n'), max_size=64),
)


@given(local=_LOCAL, stage=st.sampled_from([RCPT, DATA, BODY]))
def test_an_address_never_stops_a_campaign(local: str, stage: Stage) -> None:
    unquoted = "".join(local.split()) or "a"
    for address in (
        f"<{local}@example.org>",
        f'<"{local}"@example.org>',
        f'<"{local}> {local} <"@example.org>',
        f'"{local}"@example.org',
        f"{unquoted}@example.org",
    ):
        words = f"5.1.1 {address}: User unknown"
        assert judge(550, words, stage=stage) is RECIPIENT, words
        assert judge(550, f"5.1.1 {address} no", stage=stage) is RECIPIENT, address


_PIECES = st.sampled_from(
    [
        *re.findall(
            r"[A-Za-z-]{2,}", " ".join(row.words.pattern for row in reply_table.TABLE if row.words)
        ),
        *["<", ">", '"', "@", '<"', '"@', " ", ".", "a", "5.1.1", *TEMPTING],
    ]
)


@settings(max_examples=30)
@given(piece=st.lists(_PIECES, min_size=1, max_size=4), glue=st.sampled_from(["", " "]))
@example(piece=['<"'], glue="")
@example(piece=["client host"], glue=" ")
@example(piece=["a"], glue="")
def test_a_hostile_reply_costs_no_time(piece: list[str], glue: str) -> None:
    words = (glue.join([*piece, ""]) * 500)[:500]

    began = time.thread_time()
    for stage in (CONNECT, MAIL, RCPT, BODY):
        judge(550, words, stage=stage)
    assert (time.thread_time() - began) / 4 < 0.05
