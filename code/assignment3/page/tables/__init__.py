"""The report's tables: heads and rows, formatted; the templates give them captions and places."""
