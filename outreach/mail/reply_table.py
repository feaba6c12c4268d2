"""What an SMTP server's reply means: for the recipient, the message, or everything we send.

RFC 5321 4.2.1 gives the first digit its meaning: 2 done, 4 not now, 5 never. "Never" does not say
whom, and servers differ in saying it. So the table asks, in this order: the words that name who is
meant, the enhanced status (RFC 3463 and the IANA registry), the code, and the stage. An address in
the words never decides. Where two readings are possible, that one is taken which loses no mail: a
pause is ended by a person, a mail put off is tried again, a recipient given up is given up.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from functools import partial


class Stage(StrEnum):
    """What a reply answers. CONNECT: the greeting, EHLO, STARTTLS. BODY: the final dot."""

    CONNECT = auto()
    LOGIN = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    BODY = auto()


class Outcome(StrEnum):
    """What follows from a reply."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # not now: this message is tried again later
    RECIPIENT_REJECTED = "recipient rejected"  # never, for this recipient
    MESSAGE_REJECTED = "message rejected"  # its content or size: others of the campaign may be too
    STOPPED = "stopped"  # it is about us: sending on would fail everybody, a person has to look
    UNREACHABLE = "unreachable"  # no conversation came about: says nothing about the message
    DOUBTFUL = "doubtful"  # the body may have gone out, and no reply came that can be understood


@dataclass(frozen=True, slots=True)
class Row:
    """Every condition must hold. ``codes`` are first digits: "5" is a class, "552" a code."""

    outcome: Outcome
    why: str
    stages: frozenset[Stage]
    codes: tuple[str, ...]
    status: re.Pattern[str] | None
    words: re.Pattern[str] | None

    def fits(self, code: str, status: str, words: str, *, stage: Stage) -> bool:
        return (
            stage in self.stages
            and code.startswith(self.codes)
            and (self.status is None or self.status.fullmatch(status) is not None)
            and (self.words is None or self.words.search(words) is not None)
        )


_OPENING = (Stage.CONNECT, Stage.LOGIN)
_SENDING = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY)
_RECIPIENT_KNOWN = (Stage.RCPT, Stage.DATA, Stage.BODY)


def _row(
    outcome: Outcome,
    why: str,
    *,
    at: Iterable[Stage] = _RECIPIENT_KNOWN,
    codes: tuple[str, ...] = ("5",),
    status: str = "",
    words: str = "",
) -> Row:
    return Row(
        outcome,
        why,
        frozenset(at),
        codes,
        re.compile(status) if status else None,
        re.compile(words, re.IGNORECASE) if words else None,
    )


_deferred = partial(_row, Outcome.DEFERRED)
_recipient = partial(_row, Outcome.RECIPIENT_REJECTED)
_message = partial(_row, Outcome.MESSAGE_REJECTED)
_stopped = partial(_row, Outcome.STOPPED)
_unreachable = partial(_row, Outcome.UNREACHABLE)


def _alone(words: str) -> str:
    """``words`` where they are no part of a host's name."""
    return rf"(?<![\w.-])(?:{words})(?![\w-]|\.\w)"


# No pattern repeats what itself repeats, and each gap is bounded: a hostile reply costs no time.
_RELAY = (
    r"\brelay(?:ing)? (?:access |is |was )?(?:denied|not (?:allowed|permitted)|prohibited|rejected)"
    r"|\b(?:unable|not (?:allowed|permitted|authori[sz]ed)|cannot|do(?:es)? not) (?:to )?relay"
    r"|allowed rcpthosts"
)
_LIMIT = (
    r"\b(?:daily|hourly)\b.{0,40}\b(?:limit|quota)"
    r"|\bper (?:day|hour|minute|second)\b"
    r"|\b(?:sending|submission|relay|outbound) ?(?:limit|quota|rate)"
    r"|\brate[- ]limit|\bthrottl"
    r"|\btoo many (?:\w+ )?(?:connections|sessions|messages|mails|e-?mails|recipients|requests)"
    r"|\bnumber of (?:sessions|connections)\b.{0,20}\bexceed"
    r"|\b(?:re)?try (?:again )?later\b|\btemporar(?:y|il)|\bgr[ae]y-?list"
)

TABLE: tuple[Row, ...] = (
    # 4yz: not now, with few exceptions.
    _stopped(
        "RFC 4954 6: the password has to be changed by its owner",
        at=[Stage.LOGIN],
        codes=("4",),
        status=r"4\.7\.12",
    ),
    _stopped(
        "Postfix says 454 by default (defer_unauth_destination) to who should log in first: no"
        " retry helps, and days would go by before a person hears of it",
        codes=("454",),
        words=_RELAY,
    ),
    _stopped(
        "SendGrid says 403, and of itself that nothing can be sent until it is resolved",
        at=_SENDING,
        codes=("403",),
        words=r"not authori[sz]ed to send",
    ),
    _unreachable("no conversation yet", at=_OPENING, codes=("4",)),
    _unreachable(
        "RFC 5321 3.8: the server closes, as it may when idle or after so many messages",
        at=[Stage.MAIL],
        codes=("421",),
    ),
    _deferred("RFC 5321 4.2.1: 4yz is not now", at=_SENDING, codes=("4",)),
    # 5yz before any message.
    _unreachable(
        "5yz, and yet not for good: too busy, or (Postfix's 535) no way to its password server",
        at=_OPENING,
        words=_LIMIT + r"|connection lost to authentication server",
    ),
    _stopped(
        "a wrong password, TLS or login asked for, our address on a list, or (521, RFC 7504, and"
        " 554, RFC 5321 3.1) a host that takes no mail at all: waiting mends none of them",
        at=_OPENING,
    ),
    # Who sends is named, though the recipient may be mentioned too.
    _recipient(
        "Exchange: this group or mailbox takes mail from its members, or from inside, only",
        status=r"5\.7\.1[239]\d",
    ),
    _recipient(
        "Exchange names its recipient resolver: RecipientNotFound, AuthRequired of a group",
        words=r"\bRESOLVER\.",
    ),
    _recipient(
        "a mailing list that is closed to us; it comes before 'not allowed to send'",
        words=r"\b(?:send|post|write|deliver)(?: \w+)? to (?:this|the|that) "
        r"(?:\w+ )?(?:group|list|recipient|mailbox|address)",
    ),
    _stopped(
        "X.1.7, X.1.8: the sender address is bad, and it is ours, in every mail",
        status=r"5\.1\.[78]",
    ),
    _stopped(
        "RFC 7372 and its neighbours: login, encryption, SPF, DKIM, reverse DNS, null MX, flood",
        status=r"5\.7\.(?:8|10|11|2\d|30)",
    ),
    _stopped(
        "Exchange: no login, no relaying, no leave to send as, banned senders, addresses, tenants;"
        " and 5.2.25z, enough of our mistakes",
        status=r"5\.7\.(?:5[47]|6[04]|50[12369]|51[013]|6(?:0[6-9]|[1-4]\d)|70[58]|750)"
        r"|5\.2\.25[1-5]",
    ),
    _stopped(
        "Exchange Submission: the full mailbox is the one that we send from",
        status=r"5\.2\.2",
        words=r"STOREDRV\.Submission",
    ),
    _stopped(
        "the sender is refused or fails a check, though 'no such user' may follow (Exim callout)",
        words=r"\bsender(?:'s)?(?: e-?mail)?(?: address| domain)? ?:?"
        r" ?(?:is |was |has been )?(?:rejected|denied|refused|blocked|banned"
        r"|unknown|invalid|unverified|does not exist|verify failed"
        r"|verification failed|not (?:allowed|authori[sz]ed|permitted|verified|found))"
        r"|\b(?:bad outbound|banned) sender",
    ),
    _stopped(
        "the provider wants the sender's address or domain confirmed first (Amazon SES, SendGrid,"
        " SparkPost, Postmark), or it belongs to another login (Postfix, Exchange)",
        words=r"\b(?:e-?mail address|domain|identity) (?:is )?not verified|\bverified sender"
        r"|unconfigured sending domain|sender signature|not owned by user"
        r"|\b(?:send as|SendAsDenied)",
    ),
    _stopped(
        "our account may not send (Amazon SES, Brevo, Zoho)",
        words=r"\b(?:your|smtp|sending|sender'?s?) account\b.{0,60}"
        r"\b(?:suspend|block|disabl|paus|restrict|lock|expired|not (?:yet )?activ)"
        r"|\bsending (?:is |has been |was )?(?:suspended|paused|disabled)"
        r"|\bnot (?:allowed|permitted|authori[sz]ed) to (?:send|perform)\b"
        r"|\bunusual sending activity",
    ),
    # The recipient is named.
    _recipient(
        "nobody of that name, whatever the status beside it (5.7.1 hides it from harvesters)",
        words=r"\b(?:user|recipient|addressee|mailbox|account|address) (?:is )?(?:unknown|unbekannt"
        r"|not (?:found|known)|inactive|disabled|deactivated|suspended|closed|suppressed)\b"
        r"|\bunknown (?:user|recipient|mailbox|address|local part|or \w+ (?:user|alias))\b"
        r"|\bno such (?:user|recipient|mailbox|address|person|account)\b"
        r"|\b(?:account|user|mailbox|address|recipient)\b.{0,40}\bdoes(?: not|n'?t) exist"
        r"|\bno mail ?box here\b|\bunrout(?:e)?able address\b|\bBenutzer nicht bekannt"
        r"|\bnot a valid (?:user|mailbox|recipient)\b"
        r"|\binvalid (?:recipient|mailbox|user)\b|\bnot listed in\b|\bsuppression list\b"
        r"|\baccount that you tried to reach is\b|\bdoesn'?t have an?\b.{0,30}\baccount"
        r"|\bno (?:valid )?recipients\b",
    ),
    # 5yz that is over by itself.
    _stopped(
        "the account's credit is used up: nothing comes back before a person pays, or in weeks",
        at=_SENDING,
        words=r"\bcredits? exceeded|\b(?:not enough|insufficient|no more) credits?\b"
        r"|\bmonthly\b.{0,40}\b(?:limit|quota)",
    ),
    _deferred(
        "a limit for a day, an hour, a number of connections is over by itself, whatever the code"
        " (Gmail 550 5.4.5, Exchange 554 5.2.0, cPanel 550): given up, half a campaign were lost",
        at=_SENDING,
        words=_LIMIT,
    ),
    _deferred(
        "Exchange's daily limits; X.3.1 the system is full, X.4.5 congested, X.5.3 (RFC 5321"
        " 4.5.3.1.10) too many recipients at once",
        at=_SENDING,
        status=r"5\.(?:1\.90|7\.23[23]|3\.1|4\.5|5\.3)",
    ),
    # Us: relaying, login, our domain's records, our address.
    _message(
        "it is a link in the text that stands on a list, not our server",
        at=[Stage.BODY],
        words=r"\bcontain.{0,40}\b(?:URL|URI|link|domain)s?\b|\b(?:SURBL|URIBL)\b",
    ),
    _stopped("we may not relay here, whatever the status beside it", words=_RELAY),
    _stopped(
        "we have to log in, or encrypt, first",
        words=r"\b(?:authentication|authorization|login|auth|starttls|tls|encryption)"
        r" (?:is )?(?:required|needed|first)\b|\bmust (?:first )?(?:issue|authenticate|log ?in)\b"
        r"|\b(?:un|not )authenticated\b|\bauthenticate first\b|\brequires? (?:smtp )?auth",
    ),
    _stopped("RFC 4954 6: login required or refused", codes=("530", "535")),
    _stopped(
        "our domain's records do not let this server send for us, or it has no proper name",
        words=_alone(r"SPF|DKIM|DMARC|PTR|r-?DNS|HELO|EHLO")
        + r"|\breverse (?:DNS|host|lookup)|\bcannot find your hostname",
    ),
    _stopped(
        "our server's address is on somebody's list",
        words=r"\bclient host\b.{0,80}\b(?:rejected|blocked)|\bblocked using\b"
        r"|\blisted (?:in|on|at|by)\b|\b(?:poor|bad|low)\b.{0,20}\breputation"
        r"|\bmessages from\b.{0,40}\b(?:weren'?t|will be)|"
        + _alone(r"(?:black|block|deny)[ -]?list(?:ed|s)?|DNSBL|RBL"),
    ),
    _stopped(
        "our server's address is refused without a list being named (Gmail, Outlook, Proofpoint)",
        words=r"\b(?:your|sending|source|client) (?:IP|server|network)\b.{0,60}"
        r"\b(?:blocked|banned|rejected|refused|denied|not (?:allowed|authori[sz]ed|permitted))"
        r"|\bIP you're using\b|\b(?:blocked|banned)\b.{0,60}\bIP\b"
        r"|\bfrom (?:this IP|your (?:IP|network|server))\b|\bunauthori[sz]ed IP\b",
    ),
    # Size, content, and the status alone.
    _stopped(
        "at MAIL no recipient is known yet: the full mailbox is ours",
        at=[Stage.MAIL],
        status=r"5\.2\.2",
    ),
    _deferred(
        "RFC 3463 3.3: a full mailbox can be emptied, and 'should be a persistent transient"
        " failure'. It is tried until the deadline, and then shown as one to call",
        status=r"5\.2\.2",
    ),
    _recipient(
        "RFC 6531: a server or mailbox that takes no address beyond ASCII",
        at=_SENDING,
        status=r"5\.6\.(?:7|9)",
    ),
    _recipient(
        "RFC 5321 4.2.2: a parameter is not known. We use them only for an address beyond ASCII",
        at=[Stage.MAIL],
        codes=("555",),
        status=r"|5\.5\.4",
    ),
    _recipient(
        "the same, in words",
        at=_SENDING,
        words=r"\bSMTPUTF8\b|\binternationali[sz]ed (?:e-?mail|address)|\bnon-ASCII address",
    ),
    _message(
        "too big, as every mail of the campaign may be: X.3.4, and X.2.3 (Gmail's own limit)",
        at=_SENDING,
        status=r"5\.(?:3\.4|2\.3)",
    ),
    _deferred(
        "a full mailbox, in words: see 5.2.2",
        words=r"\b(?:mailbox|inbox|storage|disk)\b.{0,30}\b(?:full|exceed|exhausted)"
        r"|\bover ?(?:storage )?quota\b|\bquota (?:is )?(?:full|exceeded)\b"
        r"|\bexceed\w* .{0,30}\b(?:quota|storage)|\bexhausted\b.{0,20}\bstorage",
    ),
    _message(
        "too big, in words",
        at=_SENDING,
        words=r"\bmessage (?:is )?(?:too (?:big|large|long)|size)|\bsize (?:limit )?exceed",
    ),
    _deferred(
        "RFC 5321 4.5.3.1.10: a 552 to RCPT is to be taken as temporary",
        at=[Stage.RCPT],
        codes=("552",),
        status=r"|5\.5\.\d+",
    ),
    _message(
        "RFC 5321 4.2.2: 552 to MAIL is the size that was announced",
        at=[Stage.MAIL],
        codes=("552",),
    ),
    _message(
        "a filter, whatever the status beside it (552 5.2.0 spam detected)",
        at=[Stage.BODY],
        words=r"\b(?:spam|virus|malware|phishing|unsolicited|content)\b",
    ),
    _recipient(
        "X.1.z the recipient's address, X.2.z its mailbox, X.4.z the way there: said after the"
        " body by servers that look late",
        at=[Stage.DATA, Stage.BODY],
        status=r"5\.(?:1\.(?:[0-46]|10)|2\.\d+|4\.\d+|7\.1[378])",
    ),
    _recipient(
        "RFC 5321 4.2.2: the first meaning of 550, and said after the body by servers that look"
        " late; only where no other reason was given",
        words=r"\bmailbox (?:is )?unavailable|\brecipient (?:address )?(?:was |is )?rejected",
    ),
    # The stage alone.
    _deferred(
        "the conversation went wrong, which says nothing about the recipient; another one may go"
        " well, and nothing is lost by trying. If it lasts, the words are there to be read",
        at=[Stage.MAIL, Stage.RCPT, Stage.DATA],
        codes=("500", "502", "503", "504"),
        status=r"|5\.[05]\.\d+",
    ),
    _stopped("nothing but the sender, ours, has been said yet", at=[Stage.MAIL]),
    _recipient("RFC 5321 4.2.1: 5yz is never", at=[Stage.RCPT]),
    _message(
        "the recipient had just been accepted: what is refused is the message. If it is about us"
        " in words unknown here, then message after message will be, and that is noticed",
        at=[Stage.DATA, Stage.BODY],
    ),
)
"""The first row that fits decides. Some row fits every 4yz and 5yz at every stage."""

_STATUS = re.compile(r"[245](?:\.(?:0|[1-9][0-9]{0,2})){2}(?!\.?[0-9])")
# A local part may be quoted; words that were cut off may end within an address.
_ADDRESS = re.compile(
    r"""<?"[^"]{0,254}"@[^\s:;,]*|<[^<>]*(?:>|$)|(?<![^\s<>])[^\s@<>]*@[^\s:;,]*""",
)


def judge(code: int, words: str, *, stage: Stage) -> Outcome:
    """What a reply to ``stage`` means. ``words``: without the code, lines joined by a space."""
    if 200 <= code < 300 and stage is not Stage.DATA:  # only 354 is a leave to send a body
        return Outcome.ACCEPTED
    if not 400 <= code < 600:
        return Outcome.DOUBTFUL if stage is Stage.BODY else Outcome.UNREACHABLE
    status = enhanced_status(words)
    digits, plain = str(code), _without_addresses(words, status=status)
    if not status.startswith(digits[0]):  # RFC 2034 4: they have to agree
        status = ""
    return next(row.outcome for row in TABLE if row.fits(digits, status, plain, stage=stage))


def enhanced_status(words: str) -> str:
    """The RFC 3463 status with which ``words`` begin, such as "5.1.1"; "" if with none."""
    found = _STATUS.match(words)
    return found.group() if found else ""


def _without_addresses(words: str, *, status: str) -> str:
    """Whoever is called relay-denied@… shall have no mail lost for it. Some servers repeat the
    status on each line, in the midst of a sentence."""
    plain = _ADDRESS.sub(" ", words)
    if status:
        plain = plain.replace(status, " ")
    return " ".join(plain.split())
