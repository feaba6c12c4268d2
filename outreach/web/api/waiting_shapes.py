"""What the API gives of what waits for a coordinator: who asks to join, and contradicting answers.

As in ``shapes``: persons' data is null where the key lacks the scope ``export``.
"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from outreach.web.api.shapes import MOMENT, Given


class JoinRequest(Given):
    """An organization that asks to join through the open door."""

    id: int = Field(description="Its number.", examples=[12])
    organization: str = Field(description="As it was typed.", examples=["Archive Watch"])
    country: str = Field(description="ISO 3166 alpha-2, or empty.", examples=["DE"])
    person: str | None = Field(
        description="Who asks; null without the scope `export`.", examples=["Grace Example"]
    )
    capacity: str | None = Field(
        description="In what capacity; null without the scope `export`.", examples=["Director"]
    )
    email: str | None = Field(
        description="The address that was proven; null without the scope `export`.",
        examples=["grace@archive.example.org"],
    )
    words: str | None = Field(
        description="To the coordinators; null without the scope `export`.", examples=[""]
    )
    proven_at: datetime = Field(description="When it was confirmed, in UTC.", examples=[MOMENT])
    likely: list[int] = Field(
        description="Numbers of the campaign's organizations that it may be.", examples=[[3]]
    )
    needs_choice: bool = Field(
        description="The campaign has this very name: it can be admitted as a contact only.",
        examples=[False],
    )


class JoinRequests(Given):
    """Who asks to join and waits, the first fifty."""

    open: bool = Field(description="Whether the door takes requests.", examples=[True])
    waiting: int = Field(description="How many wait in all.", examples=[3])
    items: list[JoinRequest] = Field(description="The oldest of them.")


class Admitted(Given):
    """What an admission has queued."""

    people: int = Field(description="How many people are invited.", examples=[2])


class Settled(Given):
    """What a refusal has done."""

    requests: int = Field(description="How many requests were settled.", examples=[1])


class Door(Given):
    """The campaign's open door."""

    open: bool = Field(description="Whether organizations may ask to join.", examples=[True])


class Review(Given):
    """An answer that contradicts the one that stands."""

    id: int = Field(description="Its number.", examples=[4])
    organization_id: int = Field(description="Whose answers they are.", examples=[3])
    organization: str = Field(description="Its name.", examples=["Archive Watch"])
    standing: str = Field(
        description="What stands: signed, declined or withdrawn.", examples=["signed"]
    )
    standing_at: datetime = Field(description="Since when, in UTC.", examples=[MOMENT])
    later: str = Field(
        description="What a colleague has answered since: sign, decline or withdraw.",
        examples=["withdraw"],
    )
    later_at: datetime = Field(description="When, in UTC.", examples=[MOMENT])
    first_by: str | None = Field(
        description="Who gave the first; empty where it was recorded by hand, null without the"
        " scope `export`.",
        examples=["Grace Example"],
    )
    later_by: str | None = Field(
        description="Who gave the later; null without the scope `export`.",
        examples=["Ida Example"],
    )
    reason: str | None = Field(
        description="Why, in their words; null without the scope `export`.", examples=[""]
    )
    hindrance: str = Field(
        description="Why the later one cannot take the first one's place; empty where it can.",
        examples=[""],
    )


class Reviews(Given):
    """The contradicting answers that wait."""

    items: list[Review] = Field(description="The oldest first.")


class ReviewSettled(Given):
    """What was decided."""

    id: int = Field(description="The review's number.", examples=[4])
    stands: Literal["first", "later"] = Field(description="Which stands.", examples=["first"])
