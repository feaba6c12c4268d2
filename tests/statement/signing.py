"""Signatories and a published statement, for tests of order and exports."""

from datetime import UTC, date, datetime

from outreach.domain.campaign import CampaignState
from outreach.domain.views import CampaignFacts, PublishedStatement, Signatory
from outreach.statement.order import alphabetical


def a_signatory(credit_line: str, *, sort_name: str = "", url: str = "") -> Signatory:
    return Signatory(credit_line, sort_name, url)


def a_published_statement(
    *signatories: Signatory, body: str = "Dear **Minister**,\n\nopen the archives.\n"
) -> PublishedStatement:
    return PublishedStatement(
        campaign=CampaignFacts(
            slug="archives",
            state=CampaignState.PUBLISHED,
            title="Let the archives be opened",
            addressee="the Minister of Culture",
            occasion="the visit to Geneva",
            occasion_date=date(2026, 12, 4),
            reply_to="coordinator@coalition.example",
            language="en",
            deadline=datetime(2026, 12, 1, 17, 0, tzinfo=UTC),
            zone="Europe/Berlin",
        ),
        statement_body=body,
        statement_sha256="0f" * 32,
        statement_version=1,
        asks=("Open the archives.", "Publish the lists."),
        as_of=datetime(2026, 12, 1, 17, 5, tzinfo=UTC),
        published_at=datetime(2026, 12, 1, 17, 5, tzinfo=UTC),
        signatories=alphabetical(signatories),
    )
