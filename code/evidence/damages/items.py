"""The items of the rubric at which damages are caught."""

NUMBERS = "gate:every number is bound"
STALE = "gate:nothing is stale"
COMPARISONS, ABSTRACT, TABLES, FIGURES = (
    f"check:{name}" for name in ("comparisons", "abstract", "tables", "figures")
)
CAPTIONS, REFERENCES, CITATIONS = (f"check:{name}" for name in ("captions", "references", "citations"))
ACCESSIBLE = "check:accessible"
FIRST_PAGE = "says:the first page's table says what answers each question, with its numbers, formula and page"
IN_WORDS = "says:the results in words, each number in its place"
LIMITS = "says:what of the test sets was seen when settings were chosen"
DERIVATIONS, LISTINGS, VISIBLE = "check:derivations", "check:listings", "gate:what is read can be seen"
PAGES = "gate:no page is missing"
