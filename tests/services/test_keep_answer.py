"""An answer that counts is a row, and an event of the ledger that names it."""

from sqlmodel import col, select

from outreach.store.database import Database
from outreach.store.ledger_tables import LedgerEvent
from outreach.store.tables import Answer
from tests.factories import a_launched_campaign, decline, sign, withdraw
from tests.recording import NAME


def test_every_answer_that_counts_has_one_event_of_its_own(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, NAME)
        for act in (decline, sign, withdraw):
            act(session, NAME)
        answers = session.exec(select(Answer.id, Answer.kind).order_by(col(Answer.id))).all()
        assert [kind for _, kind in answers] == ["decline", "sign", "withdraw"]
        query = select(LedgerEvent.answer_id).order_by(col(LedgerEvent.position))
        assert list(session.exec(query)) == [number for number, _ in answers]
