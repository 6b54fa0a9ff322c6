"""PDF/UA-1 and PDF/A-2a, judged by a program that has nothing to do with the one that made the PDF."""

import re

import page as validator

PROFILES = "ua1", "2a"
MISTAKEN = "PDFA2A-STREAM-LENGTH-001"
STREAM = re.compile(rb"/Length (\d+)(?:(?!endobj).)*?>>\s*stream\r?\n", re.DOTALL)


def failures(pdf: bytes, profile: str) -> list[str]:
    """What the validator finds wrong.

    Version 0.11.0 takes a stream whose last byte is a carriage return for one byte shorter than its /Length
    says; of this rule our own count decides.
    """
    found = validator.validate_pdf_bytes(pdf, profile=profile).failures
    return [one.message for one in found if one.rule_id != MISTAKEN or not lengths_are_right(pdf)]


def lengths_are_right(pdf: bytes) -> bool:
    """Whether each stream ends right after as many bytes as its /Length says."""
    streams = list(STREAM.finditer(pdf))
    ends = (pdf[one.end() + int(one[1]) :][:12] for one in streams)
    return bool(streams) and all(re.match(rb"\r?\nendstream", end) for end in ends)
