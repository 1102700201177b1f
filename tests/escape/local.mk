# tests/escape
