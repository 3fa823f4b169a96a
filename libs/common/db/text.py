"""Text that PostgreSQL can store."""

import unicodedata


def is_text(value: str) -> bool:
    """Return whether ``value`` has no control character and no lone surrogate."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in value)
