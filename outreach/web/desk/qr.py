"""A QR code as a picture within the page: attributes alone, as our policy wants it."""

import segno
from markupsafe import Markup


def qr_picture(text: str) -> Markup:
    """SVG, scaled by the style sheet."""
    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(omitsize=True, border=2, svgclass=None, lineclass=None, dark="#000")
    return Markup(svg)  # noqa: S704 - made of numbers by segno: the text is only drawn
