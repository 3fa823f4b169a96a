"""Numbers with their nouns, for messages to the operator."""


def counted(number: int, noun: str) -> str:
    """Return the number with the noun in singular or plural, such as `1 blob` or `2 blobs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
