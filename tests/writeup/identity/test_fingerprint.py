from pathlib import Path

from writeup.identity.fingerprint import bare_source, fingerprint, public_functions, source_digest

SOURCE = '''"""Module."""
import os  # why

from package import helper


def loss(x):
    """Docstring
    over two lines."""
    # a comment
    return "# not a comment" + x  # another


def other():
    return 1


def _private():
    return 2
'''


def test_comments_docstrings_and_blank_lines_do_not_count() -> None:
    bare = bare_source(SOURCE)
    assert '"# not a comment" + x' in bare
    assert "Docstring" not in bare and "a comment\n" not in bare and "why" not in bare
    commented = SOURCE.replace("# a comment", "# another remark\n\n").replace(
        "over two lines", "over\n    three lines"
    )
    assert bare_source(commented) == bare


def test_a_changed_expression_counts() -> None:
    assert bare_source(SOURCE.replace("return 1", "return 3")) != bare_source(SOURCE)


def test_every_input_enters_the_fingerprint() -> None:
    base = {"config": {"lr": 0.1}, "source": "a", "data": "b", "seed": 0}
    prints = {fingerprint(**base)}  # type: ignore[arg-type]
    for change in ({"config": {"lr": 0.2}}, {"source": "x"}, {"data": "x"}, {"seed": 1}):
        prints.add(fingerprint(**(base | change)))  # type: ignore[arg-type]
    assert len(prints) == 5


def _package(folder: Path) -> Path:
    package = folder / "package"
    package.mkdir()
    (package / "part.py").write_text("from package import helper\nfrom package.config import C\n")
    (package / "helper.py").write_text("from package.deep import f\n")
    (package / "deep.py").write_text("f = 1\n")
    (package / "config.py").write_text("C = 1\n")
    (package / "unrelated.py").write_text("x = 1\n")
    return package


def test_source_digest_follows_imports_within_the_package(tmp_path: Path) -> None:
    package = _package(tmp_path)

    def now() -> str:
        return source_digest(package / "part.py", without=frozenset({"config"}))

    first = now()
    (package / "unrelated.py").write_text("x = 2\n")
    (package / "config.py").write_text("C = 2\n")
    (package / "deep.py").write_text("# a comment\nf = 1\n")
    assert now() == first
    (package / "deep.py").write_text("f = 2\n")
    assert now() != first


def test_public_functions_change_one_by_one_but_share_helpers() -> None:
    before = public_functions(SOURCE)
    assert set(before) == {"loss", "other"}
    edited = public_functions(SOURCE.replace("return 1", "return 3"))
    assert edited["loss"] == before["loss"] and edited["other"] != before["other"]
    helper = public_functions(SOURCE.replace("return 2", "return 4"))
    assert helper["loss"] != before["loss"] and helper["other"] != before["other"]
