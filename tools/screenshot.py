"""Take a picture of a page: `python -m tools.screenshot PAGE PNG [WIDTH HEIGHT]`, in Chromium."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def take(page_file: Path, picture: Path, width: int = 1200, height: int = 900) -> None:
    """Write the upper part of a page, as wide and high as given in CSS pixels, to a PNG file."""
    from shutil import which

    browser_path = next(filter(None, map(which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(page_file.resolve().as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
