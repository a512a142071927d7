"""What the projections' tables share: their metadata, and the type of a moment. Migrations create them."""

from typing import Final

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import TIMESTAMP

METADATA: Final = MetaData(schema="app")
TIME: Final = TIMESTAMP(timezone=True)
