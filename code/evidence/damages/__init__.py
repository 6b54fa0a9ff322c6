"""Damages to this report by what they change; each module lists its own."""
