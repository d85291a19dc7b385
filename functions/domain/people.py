"""Who stands behind a link, a button or a decision."""

from __future__ import annotations

from dataclasses import dataclass

SHARED = "*"
"""The address in a link that several people share (mail through SNS): it asks for a name."""

_LONGEST_NAME = 80


class NameRequiredError(Exception):
    """A shared link was used to decide and nobody said who they are."""


def normal_address(address: str) -> str:
    """One spelling per mail address, so that `Ada@Example.com ` and `ada@example.com` match."""
    return address.strip().casefold()


def mailbox(address: str) -> str:
    """The mailbox behind an address: `Ada <Ada+git@example.com>` is `ada@example.com`.

    What comes after a plus sign is the owner's own word in most mail systems. It is left out where
    two addresses of one person must not count as two, and nowhere else.
    """
    plain = normal_address(address.rpartition("<")[2].rstrip("> "))
    local, at, host = plain.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{host}"


@dataclass(frozen=True)
class Person:
    """A person as a link names them.

    `address` is a mail address, or `"*"` for a shared link; `name` is what was typed into
    the form of a shared link and is empty for a personal one.
    """

    address: str
    name: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether the link alone does not say who the person is."""
        return self.address == SHARED

    @property
    def label(self) -> str:
        """What is shown and recorded: the address, or the name typed into a shared link."""
        return self.name if self.is_shared else normal_address(self.address)

    def named(self, name: str) -> Person:
        """This person with the name typed into a form; personal links keep their own.

        Raises NameRequiredError when a shared link comes without a usable name.
        """
        if not self.is_shared:
            return self
        tidy = " ".join("".join(c if c.isprintable() else " " for c in name).split())
        if not tidy:
            raise NameRequiredError("this link is shared by several people: say who you are")
        return Person(self.address, tidy[:_LONGEST_NAME])
