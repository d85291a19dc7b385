"""Words of strangers (commit messages, names, reasons) as they may be shown anywhere."""

from itertools import chain

# Characters that HTML forbids, and those that turn the reading direction around: with one of them a
# name or a reason can make the words beside it say something else.
_FORBIDDEN = dict.fromkeys(
    chain(
        (*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF),
        (*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)),
    )
)


def plain(words: str) -> str:
    """The same words without control characters (tabs and line ends stay) and overrides."""
    return words.translate(_FORBIDDEN)


def one_line(words: str, most: int) -> str:
    """The same words on one line of at most `most` characters."""
    line = " ".join(plain(words).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
