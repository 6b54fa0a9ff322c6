"""`build.py watch` as a person uses it: a project that `writeup init` laid down, an editor, and a browser."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import edit
from tests.writeup.conftest import Project

sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt-get install chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE = 60  # s; a busy machine is slow


@dataclass(frozen=True)
class Watched:
    """A project under watch, what it prints, and its page in a browser."""

    root: Path
    said: Path
    page: Any

    def says(self, pattern: str, after: int = 0) -> str:
        """What is said from the `after`-th letter on, once `pattern` is among it."""
        for _ in range(PATIENCE * 20):
            text = self.said.read_text()[after:]
            if re.search(pattern, text, re.DOTALL):
                return text
            time.sleep(0.05)
        raise AssertionError(f"not said: {pattern} in {text}")

    @property
    def length(self) -> int:
        return len(self.said.read_text())

    def top(self, words: str) -> float:
        """Where a paragraph stands in the window."""
        return float(self.page.get_by_text(words).first.evaluate("one => one.getBoundingClientRect().top"))


@pytest.fixture(scope="module")
def watched(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watch")
    root = shutil.copytree(built.root, folder / "project")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = folder / "said"
    command = [sys.executable, "build.py", "watch", "--port", str(port)]
    with (
        said.open("w") as output,
        subprocess.Popen(command, cwd=root, env=built.environ, stdout=output, stderr=output) as process,
        sync_api.sync_playwright() as playwright,
    ):
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 500})
            page.set_default_timeout(PATIENCE * 1000)
            one = Watched(root, said, page)
            one.says("follows each edit")
            page.goto(f"http://127.0.0.1:{port}/")
            yield one
            browser.close()
        finally:
            process.send_signal(2)
            assert process.wait(PATIENCE) == 130
    assert "Traceback" not in said.read_text()


def test_an_edit_of_a_template_reaches_pdf_and_page_which_stays_where_it_was(watched: Watched) -> None:
    template = watched.root / "templates" / "report.tex.j2"
    pdf = (watched.root / "report" / "report.pdf").read_bytes()
    page = watched.page
    page.get_by_text("says for what each step holds").first.scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 40)")
    scrolled, top = page.evaluate("scrollY"), watched.top("says for what each step holds")
    assert scrolled > 300
    long = " ".join(["A paragraph above what is read, which makes the page longer."] * 30)
    edit(template, "It is judged by", f"{long}\n\nIt is judged by")
    page.get_by_text("A paragraph above what is read").first.wait_for()
    page.wait_for_load_state()
    page.wait_for_function(f"scrollY > {scrolled + 50}")  # the same words, further down in a longer page
    page.wait_for_timeout(200)
    assert watched.top("says for what each step holds") == pytest.approx(top, abs=2)
    assert (watched.root / "report" / "report.pdf").read_bytes() != pdf


def test_an_error_is_a_line_and_a_banner_until_the_next_good_edit(watched: Watched) -> None:
    template, before = watched.root / "templates" / "report.tex.j2", watched.length
    pdf = (watched.root / "report" / "report.pdf").read_bytes()
    edit(template, "<< meta.title >>", "<< meta.titel >>")
    banner = watched.page.get_by_role("alert")
    banner.wait_for()
    assert "titel" in banner.text_content()
    said = watched.says("error: [^\n]*\n", before)
    assert len(re.findall("error: ", said)) == 1 and "titel" in said
    assert (watched.root / "report" / "report.pdf").read_bytes() == pdf
    edit(template, "<< meta.titel >>", "<< meta.title >>")
    banner.wait_for(state="hidden")


def test_an_edit_of_code_is_imported_anew_and_draws_that_figure_alone(watched: Watched) -> None:
    before, drawn = watched.length, watched.root / "report" / "figures" / "error.svg"
    picture, code = drawn.read_bytes(), watched.root / "code" / "study" / "page.py"
    edit(code, 'ylabel="error on new points"', 'ylabel="another label"')
    said = watched.says("report.html after", before)
    assert drawn.read_bytes() != picture and "draw:error" in said and "prove" not in said
    # a slip is a line, and the process lives on
    before = watched.length
    edit(code, "figure, axes =", "figure, axes ==")
    assert "page.py" in watched.says("error: [^\n]*\n", before)
    edit(code, "figure, axes ==", "figure, axes =")
    watched.page.get_by_role("alert").wait_for(state="hidden")


def test_what_an_edit_makes_stale_is_shown_marked_and_trained_by_no_watch(watched: Watched) -> None:
    before = watched.length
    edit(watched.root / "code" / "study" / "experiment.py", "penalty * w", "2 * penalty * w")
    assert "build.py report computes it" in watched.says("stale: descent seed 0.*report.md after", before)
    watched.page.get_by_text("Stale: descent").first.wait_for()
