"""All rows: (table, key) -> dict."""

store = {}
