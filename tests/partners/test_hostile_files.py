"""Files made to hurt: a clear answer, soon and in little memory, and nothing taken over."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest


def _bomb() -> bytes:
    """Half a gigabyte of zeros in a workbook."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(500):
                sheet.write(b"\0" * 1_000_000)
    return made.getvalue()


def _hostile() -> dict[str, tuple[bytes, str]]:
    head = "organization,email\n"
    return {
        "bomb": (_bomb(), "unpacks to more than"),
        "million": ((head + "A,a@b.example\n" * 1_000_001).encode(), "more than 100,000 rows"),
        "utf-16": ((head + "A,a@b.example\n").encode("utf-16"), "UTF-16"),
        "nul": (b"organization,email\nA\0B,a@b.example\n", "row 2 organization"),
        "ragged": (b"organization,email\nA,a@b.example,x,y\nB\n", "row 2 "),
        "formula": (b"organization,email\n=HYPERLINK(1),a@b.example\n", "row 2 organization"),
    }


_PROGRAM = """
import sys, time
from outreach.services.stage_import import Staged, read_staged, Unread
from outreach.partners.changes import Changes
began = time.process_time()
content = open(sys.argv[1], "rb").read()
found = read_staged(Staged("x", "the list", content, Changes()))
if isinstance(found, Unread):
    print(found.refusal)
else:
    for error in found.errors:
        print("row", error.row, error.column, error.remedy)
most = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(time.process_time() - began, int(most[0].split()[1]) / 1024)
"""


@pytest.mark.parametrize("name", ["bomb", "million", "utf-16", "nul", "ragged", "formula"])
def test_a_hostile_file_is_answered_within_ten_seconds_and_300_mb(
    tmp_path: Path, name: str
) -> None:
    content, said = _hostile()[name]
    path = tmp_path / "file"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(path)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    *words, figures = done.stdout.splitlines()
    seconds, megabytes = map(float, figures.split())
    assert said in " ".join(words)
    assert seconds < 10
    assert megabytes < 300
