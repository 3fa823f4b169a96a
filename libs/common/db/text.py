"""Text as PostgreSQL can store it."""

import unicodedata


def is_text(value: str) -> bool:
    """Whether ``value`` holds no control character and no lone surrogate, so that PostgreSQL can store it."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in value)
