"""The vault put together: the keyring of the settings, and every table that is sealed under it."""

from functools import cached_property
from typing import Final

from adapters.event_store import recorded_events
from adapters.vault.account_keys import AccountKeys
from adapters.vault.grants import Grants
from adapters.vault.keyring import Keyring, NoKeys
from adapters.vault.oauth_states import OAuthStates
from adapters.vault.transaction import Begin
from services.key_file import FILE_NAME, keyring_of
from services.key_rotation import KeyRotation, KeyUse
from services.settings import Settings, SettingsError

_REPAIR: Final = "Add it behind the others; kyrios-xero keys rotate then makes it dispensable."


class Vault:
    """Tables of secrets. Whoever asks for one is refused if stored secrets need a key that is not configured."""

    def __init__(self, begin: Begin, settings: Settings) -> None:
        self._begin, self._settings = begin, settings

    @cached_property
    def account_keys(self) -> AccountKeys:
        """One key per account."""
        return AccountKeys(self._begin, self._sufficient)

    @cached_property
    def grants(self) -> Grants:
        """Tokens."""
        return Grants(self._begin, self._sufficient)

    @cached_property
    def oauth_states(self) -> OAuthStates:
        """The consents people are about to give."""
        return OAuthStates(self._begin, self._sufficient)

    @cached_property
    def rotation(self) -> KeyRotation:
        """Which keys are needed; also tells of those that are missing."""
        keyring, begin = self._keyring, self._begin
        return KeyRotation(keyring, (AccountKeys(begin, keyring), Grants(begin, keyring), OAuthStates(begin, keyring)))

    def check(self) -> None:
        """Refuse to go on, with a sentence, while stored secrets need a key that is not configured."""
        if missing := self.rotation.missing():
            raise SettingsError([self._lacks(use) for use in missing])

    @cached_property
    def _keyring(self) -> Keyring:
        with self._begin() as cursor:
            if recorded_events.is_copy(cursor):
                return NoKeys()
        return Keyring({named.key_id: named.key_bytes() for named in keyring_of(self._settings)})

    @cached_property
    def _sufficient(self) -> Keyring:
        self.check()
        return self._keyring

    def _lacks(self, use: KeyUse) -> str:
        given = self._settings.secret_keys is not None
        where = "KYRIOS_XERO_SECRET_KEYS" if given else f"The key file {self._settings.home / FILE_NAME}"
        rows = ", ".join(f"{holds}: {number:,}" for holds, number in use.rows.items() if number)
        return f"{where} lacks the key {use.key_id}, under which stored secrets are sealed ({rows}). {_REPAIR}"
