"""The items of the rubric at which damages are caught."""

NUMBERS = "gate:every number is bound"
STALE = "gate:nothing is stale"
COMPARISONS, ABSTRACT, TABLES, FIGURES = (
    f"check:{name}" for name in ("comparisons", "abstract", "tables", "figures")
)
CAPTIONS, REFERENCES, CITATIONS = (f"check:{name}" for name in ("captions", "references", "citations"))
ACCESSIBLE, FIRST_PAGE = "check:accessible", "says:the first page"
