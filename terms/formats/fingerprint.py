"""Fingerprints of term files' texts."""

import hashlib


def fingerprint_of(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes, which approvals and the live version refer to."""
    return hashlib.sha256(text.encode()).hexdigest()
