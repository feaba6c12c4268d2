"""Where the files that are not Python lie, in a checkout and in an installed wheel."""

from pathlib import Path


def template_folder(name: str) -> Path:
    """The folder ``templates/<name>``. Raises FileNotFoundError, naming where it looked.

    A wheel carries the templates inside the package; a checkout has them beside it.
    """
    package = Path(__file__).resolve().parent
    places = (package / "templates" / name, package.parent / "templates" / name)
    for place in places:
        if place.is_dir():
            return place
    looked = " and ".join(str(place) for place in places)
    raise FileNotFoundError(f"no templates '{name}': looked in {looked}")
