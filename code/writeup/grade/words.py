"""Text made comparable: LaTeX as the page prints it, and both without what engines set differently.

Spaces, hyphens, quotes, accents, primes and the forms of minus and bar differ from engine to engine; what is
left of a text when they are taken away does not.
"""

import re
import unicodedata
from bisect import bisect_right
from functools import cache, lru_cache

COMMANDS = {
    **{name: chr(code) for name, code in (("alpha", 945), ("beta", 946), ("gamma", 947), ("delta", 948))},
    **{
        "epsilon": "ε",
        "varepsilon": "ε",
        "lambda": "λ",
        "mu": "μ",
        "nu": "ν",
        "pi": "π",
        "rho": "ρ",
        "theta": "θ",
    },
    **{
        "sigma": "σ",
        "varsigma": "σ",
        "tau": "τ",
        "phi": "φ",
        "varphi": "φ",
        "psi": "ψ",
        "omega": "ω",
        "eta": "η",
    },
    **{
        "Sigma": "Σ",
        "Phi": "Φ",
        "Gamma": "Γ",
        "Delta": "Δ",
        "Theta": "Θ",
        "Lambda": "Λ",
        "Omega": "Ω",
        "Psi": "Ψ",
    },
    **{
        "pm": "±",
        "times": "×",
        "ge": "≥",
        "geq": "≥",
        "le": "≤",
        "leq": "≤",
        "neq": "≠",
        "ne": "≠",
        "ast": "*",
    },
    **{
        "partial": "∂",
        "ell": "l",
        "infty": "∞",
        "nabla": "∇",
        "cdot": "⋅",
        "in": "∈",
        "sim": "∼",
        "top": "⊤",
        "prime": "′",
    },
    **{
        "to": "→",
        "mid": "|",
        "|": "‖",
        "%": "%",
        "&": "&",
        "_": "_",
        "#": "#",
        "$": "$",
        "ldots": "...",
        "dots": "...",
    },
    **{"log": "log", "exp": "exp", "max": "max", "min": "min", "det": "det", "tr": "tr", "textless": "<"},
    **{
        "textgreater": ">",
        "approx": "≈",
        "blacksquare": "■",
        "Vert": "‖",
        "lVert": "‖",
        "rVert": "‖",
        "d": "d",
    },
}
DROPPED = re.compile(r"[\s\x02\-‐‑–—­￾\ufe00-\ufe0f\"“”‘’'`´′″‴|∣∥‖]|[\u2061-\u2064\u200b-\u200f]|\\[A-Za-z]+")
MATHS = re.compile(r"[()\[\]{}⟨⟩∑∏∫√⌊⌋⎛-⎮]")


@cache
def plain(tex: str) -> str:
    """The text that a piece of LaTeX prints, in the order of writing; superscripts before subscripts."""
    return unicodedata.normalize("NFKC", _plain(tex, maths=False))


TOKEN = re.compile(r"\\([A-Za-z]+|.)\s*|([{}$^_&~])|([^\\{}$^_&~]+)", re.DOTALL)
ACCENTS = set("'`^\"~=.")
SILENT = {
    "label",
    "hypertarget",
    "hyperlink",
    "cref",
    "Cref",
    "cite",
    "footnotesize",
    "small",
    "displaystyle",
}


def _plain(tex: str, maths: bool) -> str:
    out: list[str] = []
    raised: list[tuple[str, str]] = []
    k = 0

    def flush() -> None:
        out.extend(text for _, text in sorted(raised))  # ^ before _
        raised.clear()

    while k < len(tex):
        found = TOKEN.match(tex, k)
        if found is None:
            k += 1
            continue
        command, sign, text = found.groups()
        k = found.end()
        if command in {"hypertarget", "hyperlink", "textcolor"} or command in {
            "label",
            "cref",
            "Cref",
            "ref",
            "eqref",
            "cite",
            "begin",
            "end",
            "vspace",
            "hspace",
        }:
            _, k = _group(tex, k)
        elif command in {"text", "mbox", "emph", "textbf", "texttt", "textit"}:
            flush()
            inner, k = _group(tex, k)
            out.append(_plain(inner, False))
        elif command in {"frac", "tfrac", "dfrac"}:
            flush()
            for _ in range(2):
                inner, k = _group(tex, k)
                out.append(_plain(inner, True))
        elif command == "sqrt":
            inner, k = _group(tex, k)
            out.append(_plain(inner, True))
        elif command is not None and command in ACCENTS and not maths:
            pass
        elif command in {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "middle"}:
            k += tex[k : k + 1] == "."
        elif command is not None:
            flush()
            out.append(COMMANDS.get(command, ""))
        elif sign in ("^", "_") and maths:
            inner, k = _group(tex, k)
            raised.append(((sign == "_" and "b") or "a", _plain(inner, True)))
        elif sign == "$":
            end = tex.find("$", k)
            end = len(tex) if end < 0 else end
            out.append(_plain(tex[k:end], True))
            k = end + 1
        elif sign == "_":
            out.append("_")
        elif text is not None:
            if not text.strip() and raised:
                continue
            if set(text) - {"'"}:
                flush()
            out.append(text.replace("-", "−") if maths else text)
    flush()
    return "".join(out)


def _group(tex: str, k: int) -> tuple[str, int]:
    """The argument that begins at k, a group or one token, and where it ends."""
    while k < len(tex) and tex[k].isspace():
        k += 1
    if k >= len(tex):
        return "", k
    if tex[k] != "{":
        found = TOKEN.match(tex, k)
        if tex[k] == "\\" and found is not None:
            return found[0], found.end()
        return tex[k], k + 1
    depth, begin = 0, k
    while k < len(tex):
        if tex[k] == "\\":
            k += 2
            continue
        depth += (tex[k] == "{") - (tex[k] == "}")
        k += 1
        if depth == 0:
            break
    return tex[begin + 1 : k - 1], k


@lru_cache(20_000)
def squeeze(text: str) -> str:
    """What two engines agree on of a text."""
    return Squeezed(text).text


def maths(text: str) -> str:
    """The same of a formula, without brackets and the large signs, which engines build of pieces."""
    return MATHS.sub("", squeeze(text))


SAME = str.maketrans(
    {"ς": "σ", "∗": "*", "⋆": "*", "⩾": "≥", "⩽": "≤", "µ": "μ", "ϕ": "φ", "ϵ": "ε", "·": "⋅", "◼": "■"}
)


class Squeezed:
    """A text without what engines set differently, and where each character of it stood."""

    def __init__(self, text: str, without: re.Pattern[str] = DROPPED) -> None:
        kept: list[str] = []
        self.origin: list[int] = []
        dropped = [False] * len(text)
        for found in without.finditer(text):
            dropped[found.start() : found.end()] = [True] * (found.end() - found.start())
        for k, c in enumerate(text):
            if dropped[k]:
                continue
            for one in unicodedata.normalize("NFD", c) if c > "\x7f" else c:
                if not unicodedata.combining(one):
                    kept.append(one)
                    self.origin.append(k)
        self.text = "".join(kept).translate(SAME)

    def back(self, begin: int, end: int) -> tuple[int, int]:
        """Where a piece of the squeezed text stands in the text."""
        if not self.origin or begin >= len(self.origin):
            return -1, -1
        return self.origin[begin], self.origin[min(end, len(self.origin)) - 1] + 1

    def all(self, piece: str) -> "list[tuple[int, int]]":
        """Where a squeezed piece stands in the text, each time."""
        found, k = [], self.text.find(piece) if piece else -1
        while k >= 0:
            found.append(self.back(k, k + len(piece)))
            k = self.text.find(piece, k + 1)
        return found

    def at(self, offset: int) -> int:
        """The first place in the squeezed text that stands at or behind an offset of the text."""
        return bisect_right(self.origin, offset - 1)
