"""Numbers with what is counted, as people say them. Pure."""


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun, or with all that follows from it: 1 line, 2 lines; 1 entry goes, 12 entries go."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
