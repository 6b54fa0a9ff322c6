"""The HTML in a real browser: what a reader sees, reaches by the keyboard, and gets from no network.

It is the page of the project that `writeup init` lays down; `make browse` looks at the report's own in the
same way, named by the variable BROWSE.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.writeup.conftest import Project

sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.base", reason="the package axe-playwright-python is missing")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser: apt-get install chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
SIZES = {"phone": {"width": 360, "height": 800}, "desk": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    with sync_api.sync_playwright() as started:
        yield started


def browser(playwright: Any, profile: Path, **options: Any) -> Any:
    """A browser with a profile of its own, without network."""
    launch = playwright.chromium.launch_persistent_context
    started = launch(profile, executable_path=CHROMIUM, headless=True, args=FLAGS, offline=True, **options)
    started.set_default_timeout(60_000 if "BROWSE" in os.environ else 10_000)  # ms
    return started


@pytest.fixture(scope="module")
def context(playwright: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser(playwright, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def unscripted(playwright: Any, tmp_path: Path) -> Iterator[Any]:
    with browser(playwright, tmp_path, java_script_enabled=False) as started:
        yield started


@pytest.fixture(scope="module")
def file(request: pytest.FixtureRequest) -> Path:
    if named := os.environ.get("BROWSE"):
        return Path(named).resolve()
    built: Project = request.getfixturevalue("built")
    return built.root / "report" / "report.html"


@pytest.fixture(params=SIZES)
def page(context: Any, file: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page at each size; whatever it fetched or complained of is an error."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request", lambda one: said.append(one.url) if not one.url.startswith(("file:", "data:")) else None
    )
    page.set_viewport_size(SIZES[request.param])
    page.goto(file.as_uri())
    yield page
    page.close()
    assert said == []


def unfold(page: Any) -> None:
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    page.wait_for_function("!document.querySelector('main noscript')")


def cards_of(page: Any) -> set[str]:
    """The identifiers of all cards, which are text until they are asked for."""
    kept = page.evaluate("document.getElementById('cards').textContent")
    return set(re.findall(r'<div class="card" popover id="([^"]*)"', kept))


def test_links_lead_somewhere_and_pictures_are_there(page: Any, file: Path) -> None:
    assert page.evaluate("document.querySelectorAll('*').length") < 15_000
    unfold(page)
    beside = page.evaluate("[...document.querySelectorAll('.forms a')].map(a => a.getAttribute('href'))")
    assert len(beside) == 2 and all(file.with_name(name).is_file() for name in beside)
    bad = page.evaluate("""() => [
        ...[...document.querySelectorAll('a[href^="#"]')]
            .filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map(a => a.href),
        ...[...document.querySelectorAll('a:not([href^="#"], .forms a)')]
            .filter(a => !/^https:/.test(a.getAttribute('href'))).map(a => a.outerHTML),
        ...[...document.images].filter(i => !(i.complete && i.naturalWidth && i.alt)).map(i => i.outerHTML),
        ...[...document.querySelectorAll('link, script[src], iframe, object, embed')].map(e => e.outerHTML),
    ]""")
    assert bad == [] and page.locator("main img").count() > 0
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_nothing_scrolls_sideways_but_what_is_made_to(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    captions = "[...document.querySelectorAll('.told')].map(e => e.getBoundingClientRect())"
    assert page.evaluate(f"{captions}.every(box => box.width > 0 && box.right <= window.innerWidth)")
    cut = """[...document.querySelectorAll('main :is(.derivation td, .equation, .displayed, .wide)')]
        .filter(one => one.scrollWidth > one.clientWidth + 1 && one.style.fontSize !== '0.6em')
        .map(one => one.textContent)"""
    assert page.evaluate(cut) == []
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "none"
    page.emulate_media(media="screen")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_that_axe_finds(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.evaluate(axe.AXE_SCRIPT)
    kinds = (
        ("value", "step", "source", "chip")
        if (scheme == "dark") == (page.viewport_size["width"] < 1000)
        else ()
    )
    for button in [None, *(page.locator(f"main button.{kind}").first for kind in kinds)]:
        if button is not None:
            button.click()
            assert page.locator(".card:popover-open").count() == 1
        where = "document" if button is None else "document.querySelector(':popover-open')"
        found = page.evaluate(f"axe.run({where}, {{runOnly: {json.dumps(LEVELS)}}})")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
        assert len(found["passes"]) > 3
        if button is not None:
            page.keyboard.press("Escape")


def test_the_keyboard_alone_reaches_and_opens_every_card(page: Any) -> None:
    """Tab from the top to the end; each button opens its card by Enter, Escape gives back the place."""
    unfold(page)
    attribute = "getAttribute('popovertarget')"
    there = set(
        page.evaluate(f"[...document.querySelectorAll('main [popovertarget]')].map(b => b.{attribute})")
    )
    cards = cards_of(page)
    buttons, stops, reached = page.locator("main [popovertarget]").count(), 0, set[str]()
    page.evaluate("document.activeElement.blur()")
    for _ in range(5000):  # places that Tab stops at; the report has fewer
        page.keyboard.press("Tab")
        target = page.evaluate("""() => { const a = document.activeElement;
            return a === document.body ? null : a.closest('main') && a.getAttribute('popovertarget') || '';
        }""")
        if target is None:
            break
        stops += target != ""
        if target and target not in reached:
            reached.add(target)
            page.keyboard.press("Enter")
            assert page.evaluate("document.querySelector('.card:popover-open').id") == target
            assert page.evaluate("document.activeElement.closest('.card')?.id") == target
            page.keyboard.press("Escape")
            assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == target
            assert page.locator(".card:popover-open").count() == 0
    assert stops == buttons and reached == there == cards and len(cards) > 5


def test_the_contents_stay_in_view(page: Any) -> None:
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight / 2)")
    contents = page.locator("#contents")
    if page.viewport_size["width"] < 1000:
        page.get_by_role("button", name="Contents").click()
    assert contents.is_visible()
    box = contents.bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"] / 2
    entry = contents.locator("a").last
    entry.click()
    target = entry.get_attribute("href").removeprefix("#")
    top = page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", target)
    assert 0 <= top < page.viewport_size["height"]
    assert contents.is_visible() == (page.viewport_size["width"] > 1000)


def test_curves_tell_their_values_under_the_pointer_and_by_the_keyboard(page: Any, file: Path) -> None:
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    (_, top, _, bottom), curves, places = (
        json.loads(plot.locator("script").text_content())[0][name] for name in ("box", "curves", "places")
    )
    x, share = places[len(places) // 2]
    plot.locator(".seen").evaluate(  # on a phone the picture is wider than the screen
        "(e, share) => { e.scrollLeft = share * e.scrollWidth - e.clientWidth / 2; }", share
    )
    frame = plot.locator(".picture").bounding_box()
    page.mouse.move(frame["x"] + frame["width"] * share, frame["y"] + frame["height"] * (top + bottom) / 2)
    said = plot.locator("output").text_content()
    values = [curve["y"][curve["x"].index(x)] for curve in curves if x in curve["x"]]
    numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?", said.partition(":")[2])]
    for value in values:
        assert any(number == pytest.approx(value, rel=1e-3) for number in numbers), said
    assert float(re.search(r"-?[\d.]+(?=:)", said)[0]) == pytest.approx(x, rel=1e-3)
    plot.locator("input").focus()
    page.keyboard.press("ArrowRight")
    assert plot.locator("output").text_content() != said


def test_a_link_to_a_card_opens_it_and_the_focus_goes_there_and_back(page: Any) -> None:
    target = page.locator("main button.value").first.get_attribute("popovertarget")
    page.evaluate("id => { location.hash = encodeURIComponent(id); }", target)
    page.wait_for_selector(".card:popover-open")
    assert page.evaluate("document.activeElement.id") == target
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == target


def test_a_link_to_what_is_folded_unfolds_it(page: Any) -> None:
    inside = page.evaluate("""[...document.querySelectorAll('main noscript')]
        .map(one => one.textContent.match(/ id="([^"]+)"/)?.[1]).find(Boolean)""")
    assert page.locator(f'[id="{inside}"]').count() == 0
    page.evaluate("id => { location.hash = encodeURIComponent(id); }", inside)
    page.wait_for_function("id => document.activeElement.id === id", arg=inside)
    assert page.locator(f'[id="{inside}"]').is_visible()


def test_what_a_reference_leads_to_is_shown_beside_it_until_escape(page: Any) -> None:
    link = page.locator("main p a[href^='#fig']").first
    caption = page.evaluate("id => document.getElementById(id).querySelector('.caption-number').textContent",
                            link.get_attribute("href").removeprefix("#"))  # fmt: skip
    page.keyboard.press("Tab")  # the keyboard is in use: the focus is seen
    link.focus()
    preview = page.locator("#preview")
    preview.wait_for(state="visible")
    assert caption in preview.text_content() and preview.locator("img").count() == 1
    assert preview.locator("a[href], button, [tabindex], [id]").count() == 0
    box = preview.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
    page.keyboard.press("Escape")
    assert preview.is_hidden()


def test_the_arrow_keys_walk_the_lines_and_mark_what_a_line_uses(page: Any) -> None:
    steps = page.locator("main .derivation .step")
    steps.first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == steps.nth(
        1
    ).get_attribute("popovertarget")
    rows = page.evaluate("['current', 'used'].map(c => document.querySelectorAll(`tr.${c}`).length)")
    assert rows == [1, 1]
    page.keyboard.press("Enter")
    opened = page.locator(".card:popover-open")
    number = re.search(r"Line (\d+)", opened.locator("h2").text_content())[1]
    assert opened.locator(".uses").text_content() == f"Uses line {int(number) - 1}."
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "n => document.querySelector('.card:popover-open h2')?.textContent.startsWith(`Line ${n}:`)",
        arg=int(number) - 1,
    )


def test_the_mark_of_the_section_is_right_both_ways_and_reaches_every_section(page: Any) -> None:
    entries = page.evaluate("[...document.querySelectorAll('#contents li a')].map(a => a.hash)")
    down, up = page.evaluate("""async () => {
        const marked = () => document.querySelector('#contents [aria-current]').hash, seen = [[], []];
        const end = document.documentElement.scrollHeight - innerHeight, steps = Math.ceil(end / 25);
        for (const way of [0, 1]) for (let k = 0; k <= steps; k++) {
            scrollTo(0, end * (way ? steps - k : k) / steps);
            await new Promise(requestAnimationFrame);
            if (seen[way].at(-1) !== marked()) seen[way].push(marked());
        }
        return seen;
    }""")
    assert [one for one in down if one != "#text"] == entries and up == down[::-1]


def test_a_picture_fills_the_window_and_the_focus_comes_back(page: Any) -> None:
    page.locator("main button", has_text="Enlarge").first.click()
    box = page.locator(".lightbox img").first.bounding_box()
    assert box["height"] > 0.8 * page.viewport_size["height"]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Enlarge"


def test_a_listing_is_copied_as_a_whole(page: Any, context: Any) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    unfold(page)
    listing = page.locator("main pre").first
    page.locator("main button.copy").first.click()
    page.wait_for_function("document.querySelector('main button.copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == listing.text_content()


def test_without_scripts_all_is_there(unscripted: Any, file: Path) -> None:
    page = unscripted.new_page()
    page.goto(file.as_uri())
    assert page.locator(".card").count() > 5 and page.locator("tr[id^=run-]").count() > 1
    page.locator("main button.value").first.click()
    assert page.locator(".card:popover-open").count() == 1
    page.close()
