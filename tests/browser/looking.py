"""Pages as people have them: a phone or a desk, light or dark, without JavaScript."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts" / "web"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}

Scheme = Literal["light", "dark"]


def new_page(browser: Browser, size: ViewportSize, scheme: Scheme = "light") -> Page:
    context = browser.new_context(
        viewport=size, java_script_enabled=False, color_scheme=scheme, locale="en-GB"
    )
    return context.new_page()


def shoot(page: Page, name: str, scheme: Scheme = "light") -> None:
    """Keeps a picture of the whole page, for people to look at."""
    assert page.viewport_size
    width = page.viewport_size["width"]
    page.screenshot(path=ARTIFACTS / f"{name}-{width}-{scheme}.png", full_page=True)


def assert_fits(page: Page) -> None:
    """Nothing makes the page scroll sideways, and every control is big enough for a thumb."""
    scrolled, width = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert scrolled <= width
    controls = page.locator("main :is(button, input[type=text], .button, summary)")
    for control in controls.filter(visible=True).all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 44, control.inner_text()


def press(page: Page, keys: str, times: int = 1) -> None:
    for _ in range(times):
        page.keyboard.press(keys)
