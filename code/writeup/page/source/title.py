"""What stands on the title page: templates/assignment.toml, a text, a date or a table of texts for each name
that templates print.

It is read before anything is computed, so that a slip of the pen costs no training.
"""

import datetime
import re
from pathlib import Path

from jinja2 import TemplateSyntaxError, nodes

from writeup import handing
from writeup.errors import UserError
from writeup.files import read_text, read_toml
from writeup.page.source import asserting, templating

FILE = handing.FILE
NAME = "meta"  # as templates know it


def read(folder: Path) -> dict[str, str | dict[str, str]]:
    """The title page's texts by name. UserError where a template does not parse, where a name that templates
    print is missing, where one is there that none prints, or where a value is no text.
    """
    path = folder / FILE
    printed, any_name = used(folder)
    language = handing.read(folder).language
    found = {name: value for name, value in read_toml(path).items() if name not in handing.NAMES}
    for name, value in found.items():
        if isinstance(value, datetime.date):
            found[name] = value = handing.dated(value, language, path)
        where = f"{path}{_line(path, name)}: {name}"
        texts = list(value.values()) if isinstance(value, dict) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise UserError(f'{where}: expected text in quotes, found {value!r}; write {name} = "..."')
        for text in texts:
            if why := asserting.boast(text, numbers=not isinstance(value, dict)):
                raise UserError(f"{where}: {why}; a title page claims nothing")
        if name not in printed and not any_name:
            raise UserError(f"{where}: no template prints it; those printed are {', '.join(sorted(printed))}")
    for name, place in printed.items():
        if name not in found:
            raise UserError(f'{path}: {name} is missing, which {place} prints; write {name} = "..."')
    return found


def used(folder: Path) -> tuple[dict[str, str], bool]:
    """The names that templates print of the title page, each with a place; whether they print all."""
    printed: dict[str, str] = {}
    any_name = False
    for path in sorted(folder.rglob("*.j2")):
        name = f"{folder.name}/{path.relative_to(folder)}"
        try:
            tree = templating.parsed(read_text(path))
        except TemplateSyntaxError as error:
            raise UserError(f"{name}:{error.lineno}: {error.message}") from None
        attributes = [one for one in tree.find_all(nodes.Getattr) if _is_title(one.node)]
        for one in attributes:
            printed.setdefault(one.attr, f"{name}:{one.lineno}")
        any_name |= sum(map(_is_title, tree.find_all(nodes.Name))) > len(attributes)
    return printed, any_name


def _is_title(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == NAME


def _line(path: Path, name: str) -> str:
    """`:3`, the line in which a name is given a value, where that can be seen."""
    found = re.search(rf"^\s*[\"'\[]*{re.escape(name)}\b", text := read_text(path), re.MULTILINE)
    return f":{text.count(chr(10), 0, found.end()) + 1}" if found else ""
