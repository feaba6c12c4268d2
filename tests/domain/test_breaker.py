"""Refusals in a row are about us: then a campaign stops before everybody is failed."""

from outreach.domain.breaker import MESSAGES_IN_A_ROW, RECIPIENTS_IN_A_ROW, Breaker


def test_so_many_refused_for_what_they_say_stop_the_campaign() -> None:
    breaker = Breaker()
    told = [breaker.note_message_refused(1) for _ in range(MESSAGES_IN_A_ROW + 1)]
    assert told == [False] * (MESSAGES_IN_A_ROW - 1) + [True, True]


def test_so_many_recipients_refused_stop_the_campaign() -> None:
    breaker = Breaker()
    told = [breaker.note_recipient_refused(1) for _ in range(RECIPIENTS_IN_A_ROW + 1)]
    assert told == [False] * (RECIPIENTS_IN_A_ROW - 1) + [True, True]


def test_one_accepted_in_between_begins_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(MESSAGES_IN_A_ROW - 1):
            assert not breaker.note_message_refused(1)
            assert not breaker.note_recipient_refused(1)
        breaker.note_accepted(1)


def test_each_campaign_and_each_kind_of_refusal_is_counted_by_itself() -> None:
    breaker = Breaker()
    for campaign in range(40):
        assert not breaker.note_message_refused(campaign)
        assert not breaker.note_recipient_refused(campaign)
    breaker.note_accepted(99)
    for _ in range(MESSAGES_IN_A_ROW - 2):
        assert not breaker.note_message_refused(7)
    breaker.note_accepted(8)
    assert breaker.note_message_refused(7)


def test_a_list_with_a_few_dead_addresses_is_no_reason_to_stop() -> None:
    assert RECIPIENTS_IN_A_ROW >= 20
