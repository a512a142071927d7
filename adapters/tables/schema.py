"""What the definitions of all tables of the adapters share: where they are registered, and how they tell the time."""

from typing import Final

from sqlalchemy import MetaData, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

METADATA: Final = MetaData()
TIME: Final = TIMESTAMP(timezone=True)
APP_NOW: Final = text("app.now()")
