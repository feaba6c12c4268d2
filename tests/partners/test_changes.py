"""What a person decided is laid over the file: columns, cells, rows."""

from outreach.partners.changes import Changes
from outreach.services.import_partners import read_partners

FILE = (
    b"Who,Mail,Organization\nArchive Watch,ida(at)watch,alpha\nTaiwan Memory,lin@memory.example,b\n"
)


def _rows(changes: Changes, data: bytes = FILE) -> list[tuple[int, str, str]]:
    parsed = read_partners(data, filename="f", changes=changes)
    return [(row.row, row.organization, row.email) for row in parsed.rows]


def test_the_chosen_columns_count_and_not_what_the_headings_say() -> None:
    changes = Changes(columns={"organization": 0, "email": 1})
    assert _rows(changes) == [(2, "Archive Watch", ""), (3, "Taiwan Memory", "lin@memory.example")]


def test_a_corrected_cell_counts_and_a_row_left_out_is_gone() -> None:
    changes = Changes(columns={"organization": 0, "email": 1}, left_out=frozenset({3}))
    corrected = changes.with_cells({(2, "email"): "ida@watch.example"})
    assert _rows(corrected) == [(2, "Archive Watch", "ida@watch.example")]
    parsed = read_partners(FILE, filename="f", changes=corrected)
    assert parsed.errors == ()


def test_a_list_without_headings_begins_with_its_first_row() -> None:
    data = b"Archive Watch,ida@watch.example\nTaiwan Memory,lin@memory.example\n"
    changes = Changes(columns={"organization": 0, "email": 1}, headless=True)
    assert _rows(changes, data) == [
        (1, "Archive Watch", "ida@watch.example"),
        (2, "Taiwan Memory", "lin@memory.example"),
    ]


def test_a_cell_that_the_row_was_too_short_for_is_filled_up() -> None:
    data = b"organization,email,country\nArchive Watch,ida@watch.example\n"
    short = read_partners(data, filename="f")
    assert short.errors
    mended = read_partners(data, filename="f", changes=Changes().with_cells({(2, "country"): "GB"}))
    assert mended.errors == ()
    assert mended.rows[0].country == "GB"


def test_they_survive_being_kept() -> None:
    changes = Changes(
        columns={"email": 1, "organization": 0},
        headless=True,
        cells={2: {"email": "a@b.example"}},
        left_out=frozenset({3, 4}),
        different=frozenset({("A", "香港")}),
        update=True,
    )
    assert Changes.from_json(changes.to_json()) == changes
    assert Changes.from_json("") == Changes()
