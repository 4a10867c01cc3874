"""Fingerprints of term files."""

import hashlib


def fingerprint_of(text: str) -> str:
    """Return the SHA-256 of the text as UTF-8; approvals and the live version refer to it."""
    return hashlib.sha256(text.encode()).hexdigest()
