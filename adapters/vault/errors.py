"""What the vault refuses.

VaultError
├── UnknownKey      sealed under a key that this process was not given
├── NotOpened       damaged, or sealed for another place: account, table, row or revision differ
└── GrantMissing    no such grant, or its tokens were destroyed

None of them says anything about the content.
"""

from uuid import UUID


class VaultError(Exception):
    """Something could not be sealed, opened or found."""


class UnknownKey(VaultError):
    """`key_id` is not on the keyring; it has to be added to the configured keys."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        super().__init__(f"sealed under the key {key_id!r}, which is not among the configured keys")


class NotOpened(VaultError):
    """The seal does not fit: damaged bytes, or bytes that belong to another place."""


class GrantMissing(VaultError):
    """The grant is unknown, or its tokens were destroyed."""

    def __init__(self, grant_id: UUID) -> None:
        self.grant_id = grant_id
        super().__init__(f"no tokens are held for the grant {grant_id}")
