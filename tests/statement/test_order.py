"""The order in which a reader looks a name up."""

import csv
import io
import random

import pytest

from outreach.demo.sample import sample_partners
from outreach.statement.order import alphabetical, neighbours
from tests.statement.signing import a_signatory

# Put in order by hand: word by word, small words and accents and case as they come.
IN_ORDER = """
Action Free Hong Kong Montreal
ARTICLE19
Asian Lawyers Network (ALN)
Assembly of Citizens' Representatives, Hong Kong
Britons in Hong Kong
Call4HK
Campaign for Uyghurs
Canadian Friends of Hong Kong
Canadians in Support of Refugees in Dire Need (CSRDN)
Center for Uyghur Studies
China Against the Death Penalty
Coalition of Students Resisting the CCP
Dialogue China
Federation for a Democratic China
Fight for Freedom. Stand with Hong Kong.
Finnish Hongkongers
Frankfurt Stands with Hong Kong
Freiheit für Hongkong e.V.
Friends of Falun Gong
Germany Stands With Hong Kong
Hello Taiwan (hellotaiwan.org)
HKersUnited
Hong Kong Watch
Hongkonger in Deutschland e.V.
Hongkongers in Britain (HKB)
HongKongers in Leeds
Human Rights in China
Humanitarian China
Independent Committee for Hong Kong Advocacy
Institute for China's Democratic Transition
International Campaign for Tibet
International Society for Human Rights
Keep Taiwan Free (keeptaiwanfree.org)
Le Comité pour la liberté à Hongkong
New School for Democracy Association(Taiwan)
Northern California Hong Kong Club
Regional Tibetan Youth Congress of Toronto (RTYC Toronto)
Safeguard Defenders
Scottish Hongkongers
Students for a Free Tibet
Students for Falun Gong
The Hong Kong Scots
Toronto Association for Democracy in China
Torontonian HongKongers Action Group
Uyghur Human Rights Project (UHRP)
Uyghur Rights Advocacy Project
Washingtonians Supporting Hong Kong (DC4HK)
""".strip().splitlines()


def _sample() -> dict[str, str]:
    """The sort name of each organization of the sample."""
    rows = csv.DictReader(io.StringIO(sample_partners().decode()))
    return {row["organization"]: row["sort_name"] for row in rows}


def _ordered(*names: str) -> list[str]:
    shuffled = list(names)
    random.Random(7).shuffle(shuffled)  # noqa: S311 - a seed, so that a failure comes back
    return [one.credit_line for one in alphabetical(a_signatory(name) for name in shuffled)]


def test_the_47_names_of_the_sample_are_in_the_order_a_reader_expects() -> None:
    assert len(IN_ORDER) == 47
    assert sorted(_sample()) == sorted(IN_ORDER)
    assert _ordered(*IN_ORDER) == IN_ORDER


def test_with_its_sort_names_only_the_scots_move_to_where_their_members_look() -> None:
    sorted_names = [
        one.credit_line
        for one in alphabetical(
            a_signatory(name, sort_name=sort_name) for name, sort_name in _sample().items()
        )
    ]
    expected = [name for name in IN_ORDER if name != "The Hong Kong Scots"]
    expected.insert(expected.index("Hong Kong Watch"), "The Hong Kong Scots")
    assert sorted_names == expected


@pytest.mark.parametrize(
    "names",
    [
        ["Hong Kong Watch", "Hongkongers in Britain (HKB)"],
        ["Fight for Freedom. Stand with Hong Kong.", "Friends of Falun Gong"],
        ["Le Comité pour la liberté", "Lea", "Leeds"],
        ["The Archive", "Theatre", "Then"],
        ["Ecole A", "École B", "ecole C", "ÉCOLE D"],
        ["article 1", "ARTICLE 2", "Article 3"],
        ["Öko Alpha", "Oko Beta", "Oslo", "Özel", "Pax"],
        ["Straße A", "Strasse B", "Strauß"],
        ["Łódź A", "Lublin"],
        ["Zoom", "Ελλάδα", "Россия", "مركز", "한국", "人權"],
    ],
)
def test_accents_case_and_script_stand_where_readers_look(names: list[str]) -> None:
    assert _ordered(*names) == names


def test_names_that_differ_only_by_accent_or_case_have_one_fixed_order() -> None:
    names = ["résumé", "Resume", "resume", "Résumé", "RESUME"]
    orders = set()
    for seed in range(20):
        random.Random(seed).shuffle(names)  # noqa: S311
        orders.add(tuple(one.credit_line for one in alphabetical(map(a_signatory, names))))
    assert len(orders) == 1


def test_a_sort_name_wins_and_is_not_printed() -> None:
    signatories = [
        a_signatory("The Zebra Fund", sort_name="Aardvarks"),
        a_signatory("Beta"),
        a_signatory("Alpha", sort_name="Zulu"),
    ]
    assert [one.credit_line for one in alphabetical(signatories)] == [
        "The Zebra Fund",
        "Beta",
        "Alpha",
    ]


def test_nobody_is_lost_or_doubled() -> None:
    twins = [a_signatory("Twin"), a_signatory("Twin")]
    assert list(alphabetical(twins)) == twins
    assert alphabetical([]) == ()


def test_a_line_is_shown_between_those_that_it_will_stand_between() -> None:
    everybody = [a_signatory(name) for name in IN_ORDER]
    for place, line in enumerate(everybody):
        others = everybody[:place] + everybody[place + 1 :]
        others = others[place:] + others[:place]
        before = everybody[place - 1] if place else None
        after = everybody[place + 1] if place + 1 < len(everybody) else None
        assert neighbours(line, others) == (before, after)


def test_its_sort_name_decides_where_that_is() -> None:
    others = [a_signatory("Alpha"), a_signatory("Gamma"), a_signatory("The Zeta", sort_name="Zeta")]
    assert neighbours(a_signatory("The Beta", sort_name="Beta"), others) == (others[0], others[1])
    assert neighbours(a_signatory("Zulu"), others) == (others[2], None)
    assert neighbours(a_signatory("Alpha"), []) == (None, None)
