"""What we did not write ourselves: named, licensed, and byte for byte what was published."""

import hashlib
import json
from pathlib import Path

import pytest

from outreach.web.pages import STATIC_FOLDER

VENDOR = STATIC_FOLDER / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["name"])
def test_each_file_is_the_one_that_the_manifest_names(entry: dict[str, str]) -> None:
    content = (VENDOR / entry["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert entry["version"].encode() in content
    assert (
        (VENDOR / entry["licence_file"]).read_text(encoding="utf-8").startswith("Zero-Clause BSD")
    )


def test_nothing_lies_there_that_the_manifest_does_not_name() -> None:
    named = {"manifest.json"} | {
        entry[key] for entry in MANIFEST for key in ("file", "licence_file")
    }
    assert {path.name for path in VENDOR.iterdir()} == named


@pytest.mark.parametrize("path", sorted(STATIC_FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_no_script_of_ours_needs_what_our_policy_forbids(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    forbidden = ("eval(", "new Function", "innerHTML", ".style")
    assert [word for word in forbidden if word in source] == []
