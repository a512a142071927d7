"""How the vault gets at the database: a function that opens one transaction."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import psycopg

Row: TypeAlias = dict[str, Any]
Begin: TypeAlias = Callable[[], AbstractContextManager[psycopg.Cursor[Row]]]
"""`with begin() as cursor:` is one transaction: committed on a clean exit, rolled back otherwise."""
