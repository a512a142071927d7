"""Commands that show invoices: lists, and the story of one."""

from typing import Annotated, Any, cast, get_args

import msgspec
import typer
from rich.console import Console

from domain.causes import CATALOGUE, words
from domain.explain import CauseInWords
from domain.invoice import Status
from domain.refusals import Fault, InvalidInput
from domain.streams import connection_id
from projections import checkpoints, invoice_list
from projections.invoice_list import Listed, ListedInvoice, Page
from projections.snapshot import snapshot
from services.account_status import in_words, status_of
from services.cli import console
from services.invoice_story import InvoiceStory, tell

app = typer.Typer(help="Show invoices.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="the Kyrios account")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]
STATUSES = (*get_args(Status), "waiting")
MOST_AT_ONCE = 1_000
