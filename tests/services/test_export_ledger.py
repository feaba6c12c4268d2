"""The file holds the whole ledger, and names somebody only where that is asked for."""

from datetime import timedelta

import pytest

from outreach.domain.errors import CampaignNotFound
from outreach.ledger.export import check_ledger, write_ledger
from outreach.services.export_ledger import NothingLogged, read_ledger_file
from outreach.services.keep_ledgers import write_checkpoint
from outreach.store.database import Database
from tests.factories import NOW, a_launched_campaign, sign
from tests.ledger.made import KEY

NAMES = ["One Watch", "Two Watch"]


@pytest.mark.parametrize("with_openings", [False, True])
def test_a_file_is_checked_by_itself(database: Database, with_openings: bool) -> None:
    with database.transaction() as session:
        a_launched_campaign(session, *NAMES)
        for name in NAMES:
            sign(session, name)
        file = read_ledger_file(session, slug="visit", key=KEY, with_openings=with_openings)
        text = write_ledger(file)
        checked = check_ledger(text, keys=[KEY.verifier(file.log)])
        assert (checked.size, checked.kinds) == (2, {"signed": 2})
        assert (checked.opened > 0) is with_openings
        assert ("One Watch" in text) is with_openings


def test_the_checkpoints_of_former_days_are_in_it_and_one_of_now(database: Database) -> None:
    with database.transaction() as session:
        campaign = a_launched_campaign(session, *NAMES)
        assert campaign.id is not None
        for number, name in enumerate(NAMES):
            sign(session, name)
            if number == 0:
                later = NOW + timedelta(days=1)
                assert write_checkpoint(session, campaign_id=campaign.id, key=KEY, now=later)
        file = read_ledger_file(session, slug="visit", key=KEY, with_openings=False)
        assert [note.split("\n")[1] for note in file.checkpoints] == ["1", "2"]
        write_checkpoint(session, campaign_id=campaign.id, key=KEY, now=NOW)
        again = read_ledger_file(session, slug="visit", key=KEY, with_openings=False)
        assert again.checkpoints == file.checkpoints


def test_where_nothing_is_logged_there_is_no_file(database: Database) -> None:
    with database.transaction() as session:
        a_launched_campaign(session)
        with pytest.raises(NothingLogged):
            read_ledger_file(session, slug="visit", key=KEY, with_openings=False)
        with pytest.raises(CampaignNotFound):
            read_ledger_file(session, slug="nothing", key=KEY, with_openings=False)
