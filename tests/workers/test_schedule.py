from workers.schedule import BEAT_SCHEDULE


def test_every_ring_comes_at_a_plain_interval_never_by_crontab() -> None:
    for entry in BEAT_SCHEDULE.values():
        assert isinstance(entry["schedule"], int | float)
        assert entry["schedule"] > 0


def test_every_ring_is_over_before_the_next_so_that_none_pile_up() -> None:
    for entry in BEAT_SCHEDULE.values():
        assert 0 < entry["options"]["expires"] <= entry["schedule"]


def test_no_ring_carries_anything_or_waits_in_the_broker() -> None:
    for entry in BEAT_SCHEDULE.values():
        assert not entry.get("args")
        assert not entry.get("kwargs")
        assert not {"countdown", "eta"} & entry["options"].keys()


def test_the_sweep_comes_within_seconds() -> None:
    assert BEAT_SCHEDULE["sweep"]["schedule"] <= 10
