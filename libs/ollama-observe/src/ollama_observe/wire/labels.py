"""What an upstream says of itself, as the value of a label."""

LABEL_LIMIT_CHARACTERS = 64


def as_label(value: object) -> str:
    """The text without what cannot be printed, and not too long; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    shortened = value[:LABEL_LIMIT_CHARACTERS]
    return "".join(character for character in shortened if character.isprintable()).strip()
