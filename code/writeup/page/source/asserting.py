"""What a text asserts by itself: numbers in figures or words, comparing words, formulas. A lint.

It reads words and not sentences. Letters and digits of other alphabets that look like ours, or that mean a
number, are read as what they look like. Mathematics without a number of its own, names (`bf16`, `CIFAR-10`),
years of citations, references, arguments of commands that lay out, and verbatim text are let pass. What no
list of words can know: whether a value stands under its own name, whether a sentence without such a word is
true, and what is said in a language of which there are no words here (see `LANGUAGES`).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

GAP = "\ufffc"  # stands where an expression is printed
LANGUAGES = "English", "German"

_SMALL = r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_LARGE = (
    r"thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy"
    r"|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?"
)
_PARTS = r"half|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?"
NUMBER = re.compile(
    rf"\d[\d.,]*|\b({_LARGE})\b"
    rf"|\b({_SMALL})[ ~-](percent|per cent|points|times|(in|of|out of|from) (every )?({_SMALL}|{GAP}|\d+)"
    rf"|({_PARTS}))\b"
    rf"|\b(a|one|by|only|over|under|nearly|almost|about) ({_PARTS})\b"
    rf"|\bhalf (of|as|the)\b|\b({_SMALL}|{_LARGE}|many|mani)-?fold\b|\b(zwanzig|drei(ß|ss)ig|vierzig|fünfzig"
    r"|sechzig|siebzig|achtzig|neunzig|hundert|tausend|(zwei|drei|vier|fünf|zehn)fach|ein Drittel)\b"
    r"|(?<![\w\\-])(?-i:(?!CI\b|LI\b|XL\b)(?=[IVXLC]{2,}\b)C{0,3}(XC|XL|L?X{0,3})"
    r"(IX|IV|V?I{0,3})(?<=\w)\b)",
    re.IGNORECASE,
)
ROMAN_AFTER = re.compile(r"(type|part|section|chapter|appendix|volume|problem|phase|stage)[ ~]$", re.I)
_NO_SUPERLATIVE = (
    r"test|rest|latest|nearest|interest|request|forest|guest|harvest|manifest|contest|earliest|digest"
)
COMPARING = re.compile(
    r"\b(beat(s|en|ing)?|better|best|worse|worst|higher|highest|lower(s|ed|ing)?(?! bound)|lowest"
    r"|rais(es?|ed|ing)|fewer|fewest|greatest|superior(ity)?|inferior|faster|fastest|slower|slowest|sharper"
    r"|stronger|weaker|bigger|outperform\w*|outclass\w*|outdo(es|ne)?|exceed(s|ed|ing)?|surpass\w*|excels?"
    r"|improv(es?|ed|ing|ements?)|increas(es?|ed|ing)|decreas(es?|ed|ing)|reduc(es?|ed|ing|tions?)"
    r"|gain(s|ed)?|wins?|won|loses|lost to|leads?(?= by| the| over)|dominat\w+|thrice"
    r"|(?<!once or )twice|halv(es?|ed|ing)"
    r"|doubl(es?|ed|ing)|tripl(es?|ed|ing)|significant(ly)?|state[ -]of[ -]the[ -]art|unmatched|unrivall?ed"
    r"|unbeat\w+|ahead of|by far|second to none|never fails|always right|perfect(ly)?|flawless(ly)?"
    r"|we (have )?(proved|proven|shown)"
    r"|(?!other|rather|whether|either|neither|further|later|earlier|rather|longer|older)\w{2,}er than"
    r"|(more|less) (?!than\b)\w+ than|(more|less) than(?= \w+s\b)"
    rf"|(our|by far the|far the) (?!({_NO_SUPERLATIVE})\b)\w{{3,}}est"
    r"|the (sharp|strong|clear|clean|fin|smart)est"
    r"|(the|our) (most|least) (?!of\b|to\b|common\b|likely\b)\w+"
    r"|besser|beste[nrs]?|schlechter|höher|niedriger|schneller|langsamer|genauer|übertr(ifft|effen)|schlägt"
    r"|doppelt|halb so|verbessert|verringert|überlegen|unterlegen|größer als|kleiner als|mehr als"
    r"|weniger als)"
    r"(?!\w)",
    re.IGNORECASE,
)
FORMULA = re.compile(
    r"\\([dtc]?frac|[sn]i?cefrac|sfrac|over|binom|sum|prod|int|exp|sqrt|nabla|mathbb\s*\{E\})(?![A-Za-z])"
)
DISPLAYED = re.compile(
    r"(?<!\\)\\\[(?![\d.]+(pt|mm|cm|em|ex)\])|\\begin\{(equation|align|gather|multline|displaymath|eqnarray)\*?\}"
    r"|\$\$"
)
COUNTED = re.compile(
    r"\\(number|the|arabic|roman|Roman|alph|romannumeral|numexpr|char|symbol|ding|year|month|day|value)(?![A-Za-z])"
)
MATHS = re.compile(r"(?<!\\)\$(?P<body>[^$]*)\$|\\\((?P<inline>.*?)\\\)", re.DOTALL)
FONT = re.compile(r"\\(math(bf|rm|it|sf|tt)|text(bf|it|rm)?|pm|times|approx|cdot|quad|leq?|geq?)(?![A-Za-z])")
_BRACES = r"\{[^{}]*\}"
_LENGTH = r"-?\d*\.?\d+\s*(pt|mm|cm|em|ex|in|bp|pc|\\(line|text|column|base)\w+)"
HARMLESS = re.compile(
    r"\\begin\{(?P<env>verbatim|lstlisting)\*?\}(?s:.*?)\\end\{(?P=env)\*?\}"
    r"|\\verb\*?(?P<bar>[^\w\s*]).*?(?P=bar)"
    r"|\\(cref|Cref|ref|eqref|pageref|label|cite[a-z]*|hypertarget|hyperlink|include|input|documentclass"
    rf"|usepackage)\*?(\[[^\]]*\])*{_BRACES}"
    r"|\\(multicolumn|multirow|cmidrule|setcounter|addtocounter|setlength|addtolength|rule|raisebox"
    r"|definecolor|geometry|enlargethispage|[vh]space|hskip|vskip|fontsize|linespread|scalebox|resizebox|url"
    rf"|href|includegraphics|put|line|multiput)\*?(\([^)]*\))*(\[[^\]]*\])*({_BRACES})*"
    rf"|\\(re)?newcommand\*?({_BRACES}|\\\w+)(\[\d\])*|#\d"
    rf"|\\begin{_BRACES}(\[[^\]]*\]|\([^)]*\))*({{({_BRACES}|[^{{}}])*}}(?=\s*(\n|$|\\)))?|\\end{_BRACES}"
    rf"|(?<=[{{\[=]){_LENGTH}(?=[\]}},])|\\\\\[{_LENGTH}\]|(?<=[,\[])\s*[a-z ]+=\s*[\d.]+\s*(?=[,\]])"
    r"|arXiv:\d+\.\d+|(\(|et al\.,? |[A-Z]\w+,? )(19|20)\d\d[a-z]?(?=[)\];,.:]|\s|$)"
    r"|(?<![\\A-Za-z'])([A-Z][A-Za-z']*-\d+|[A-Za-z][A-Za-z_']{0,6}\d{1,3}[A-Za-z_]*)(?![\w.]*\d)"
)
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]+(\\-|\{\}|\\/|\\[,!]|%[^\n]*\n[ \t]*)[a-z]+")
_BROKEN = re.compile(r"(?<![\\A-Za-z}])[A-Za-z]+\{[a-z]+\}[a-z]+")
JOINED = re.compile(r"(?<=\d)(\{\}|\\[,;:! ]|[{}\s~])+(?=\d)")
MEASURED = re.compile(r"\d*\.\d+|\d{2,}")  # numbers that no mathematics needs
SHARE = re.compile(r"\d+\.\d|\d+\s*(\\,|~)?\s*(\\?%|percent|per cent)|[a-z-]+[ -](percent|per cent)\b")
COUNTING = re.compile(r"twice|thrice|doubl|halv|triple", re.IGNORECASE)
# Cyrillic and Greek letters that look like Latin ones.
LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһкмнвтАВЕКМНОРСТХІЈЅοαρνκτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijsdhkmhbtABEKMHOPCTXIJSoapvktABEZHIKMNOPTYX",
)
MIXED = re.compile(r"[A-Za-z]+[\u0370-\u03ff\u0400-\u052f]+|[\u0370-\u03ff\u0400-\u052f]+[A-Za-z]+")
INVISIBLE = re.compile(r"(?<=[A-Za-z\d])[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u034f\u180e]+(?=[A-Za-z\d])")


@dataclass(frozen=True)
class Found:
    """Something that a text asserts, where, and whether it compares, which a verdict may."""

    offset: int
    why: str
    compares: bool = False


def plain(text: str) -> str:
    """The text, letter for letter, with ours in place of what looks like them and digits for number signs."""
    return "".join(map(_plain, text)).translate(LOOKALIKES) if not text.isascii() else text


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if unicodedata.category(letter) in ("Nd", "Nl", "No"):
        return str(int(unicodedata.numeric(letter, 0)) % 10)
    same = unicodedata.normalize("NFKC", letter)
    return same if len(same) == 1 else letter


def found(text: str) -> Iterator[Found]:
    """All that a text in LaTeX asserts by itself."""
    for match in INVISIBLE.finditer(text):
        yield Found(match.start(), "a character that is not seen stands inside a word")
    for match in MIXED.finditer(text):
        yield Found(match.start(), f"{match[0]!r} mixes alphabets, which hides it")
    text = plain(text)
    for match in DISPLAYED.finditer(text):
        yield Found(match.start(), "a displayed formula is typed that no derivation proves")
    outside = _blanked(MATHS, text)
    for pattern in _WORD, _BROKEN:
        for match in pattern.finditer(outside):
            yield Found(match.start(), f"{match[0]!r} splits a word, which hides it")
    for match in MATHS.finditer(text):
        body = match["body"] or match["inline"] or ""
        if FORMULA.search(body):
            shown = " ".join(body.split()).replace(GAP, "...")
            yield Found(match.start(), f"the formula ${shown}$ is typed")
            continue
        letters = re.search(r"[A-Za-z]", FONT.sub("", body))
        body = JOINED.sub("", body)
        if number := (MEASURED if letters or GAP in body else re.compile(r"\d[\d.,]*")).search(body):
            yield Found(match.start(), f"the number {number[0]!r} is typed")
    for match in COUNTED.finditer(text):
        yield Found(match.start(), f"{match[0]} prints a number that LaTeX counts")
    outside = _blanked(HARMLESS, outside)
    yield from words(outside)


def words(text: str) -> Iterator[Found]:
    """The same of a text without mathematics or commands, of one in a figure say."""
    text = plain(text)
    for match in COMPARING.finditer(text):
        yield Found(match.start(), f"{' '.join(match[0].split())!r} compares", compares=True)
    for match in NUMBER.finditer(text):
        roman = set(match[0]) <= set("IVXLC")
        if not roman or not ROMAN_AFTER.search(text[: match.start()]):
            yield Found(match.start(), f"the number {match[0].rstrip('.,')!r} is typed")


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """The text with what matches made blank; lines and offsets stay."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def boast(text: str, *, numbers: bool = True) -> str:
    """What a short text boasts of, "" if of nothing: a comparison, or (numbers) a share or a fraction.

    For what is no prose (titles, labels, sides of claims, rules of derivations, comments), where a whole
    number or a formula is a setting, "twice" is mathematics, and "its best" is a curve's own.
    """
    bare = _blanked(HARMLESS, _blanked(MATHS, text))
    for one in words(bare):
        before, after = bare[: one.offset], plain(bare[one.offset :])
        if one.compares and not COUNTING.match(after) and not before.endswith("its "):
            return one.why
        if numbers and SHARE.match(after):
            return one.why
    return ""
