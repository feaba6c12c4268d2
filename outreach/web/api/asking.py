"""What the API is asked: every field says what it is, with an example on a reserved domain.

Taken as it is meant: no text for a number, no field that is not known.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from outreach.web.api.shapes import BIGGEST, SLUG


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, and half a surrogate pair is no character."""
    if "\0" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("It holds a character that no text can hold.")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Number = Annotated[int, Field(ge=0, le=BIGGEST)]


class _Taken(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class NewCampaign(_Taken):
    """A draft to be made."""

    slug: str = Field(
        pattern=SLUG,
        description="Its short name: small letters, digits and hyphens. It stands in addresses and"
        " cannot be changed.",
        examples=["visit"],
    )
    statement: Text = Field(
        min_length=1,
        max_length=100_000,
        description="The statement's file: Markdown, with title, addressee, occasion and"
        " occasion_date in a front matter. Its SHA-256 is what organizations sign.",
        examples=[
            "---\ntitle: Joint statement on the visit\naddressee: Secretary of State Jane Doe\n"
            "occasion: visit to Examplia\noccasion_date: 2027-06-04\n"
            "reply_to: coordinator@coalition.example\n---\n\nHuman rights must not be set aside.\n"
        ],
    )
    deadline: Text = Field(
        max_length=40,
        description="Local time in `zone`, not after the day of the occasion. Where clocks change"
        " and a time comes twice, give its offset: 2026-10-25 02:30+01:00.",
        examples=["2027-06-01 18:00"],
    )
    zone: Text = Field(max_length=64, description="An IANA time zone.", examples=["Europe/Berlin"])
    remind: Text = Field(
        default="7d,3d,1d,4h",
        max_length=200,
        description="When to remind, before the deadline; empty for never.",
        examples=["7d,3d,1d,4h"],
    )
    publish_at_close: bool = Field(
        default=False,
        description="Whether the list is published by itself when the deadline has passed.",
        examples=[False],
    )


class Deadline(_Taken):
    """A later deadline."""

    deadline: Text = Field(
        max_length=40,
        description="Local time in the campaign's zone; only later than the present one.",
        examples=["2027-06-03 18:00"],
    )


class Reason(_Taken):
    """Why, for those who read the desk."""

    reason: Text = Field(
        default="",
        max_length=500,
        description="Shown at the desk and kept in its log; may be empty.",
        examples=["A wrong figure in the text"],
    )


class Expected(_Taken):
    """The brake: to how many people mail goes out."""

    expect: Number = Field(
        description="Exactly how many people will be mailed, as `audience` says. With any other"
        " number nothing is done.",
        examples=[47],
    )


class Reminding(Expected):
    """Whom to remind now."""

    again: bool = Field(
        default=False,
        description="Whether also those who had a mail within the last day. Count with the same.",
        examples=[False],
    )


class Settlement(_Taken):
    """What a person knows, or wants."""

    decision: Literal["arrived", "again", "now", "dismissed"] = Field(
        description="`arrived`: an uncertain one did. `again`: an uncertain or failed one is sent"
        " once more, with the same Message-ID. `now`: one that was put off is tried at once."
        " `dismissed`: a failed one was seen, and there is nothing to do.",
        examples=["again"],
    )


_Requests = Annotated[list[Number], Field(min_length=1, max_length=100)]


class Admission(_Taken):
    """Who asked to join, and is admitted."""

    requests: _Requests = Field(description="Numbers of requests.", examples=[[12, 13]])
    expect: Number = Field(description="How many people that invites.", examples=[2])


class Refusal(_Taken):
    """Who asked to join, and is refused."""

    requests: _Requests = Field(description="Numbers of requests.", examples=[[14]])


class Review(_Taken):
    """Which of two answers stands."""

    stands: Literal["first", "later"] = Field(
        description="The first, as it is; or the later, in its place.", examples=["first"]
    )
    note: Text = Field(
        min_length=1,
        max_length=2_000,
        description="How you know: it stays with the organization's story.",
        examples=["Their director said so by telephone."],
    )
