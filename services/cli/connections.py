"""The group of commands that connect an account to Xero and set it up, step by step; one file per step."""

import typer

from services.cli import (
    account_settings,
    connect,
    disconnect,
    ledger_accounts,
    organisations,
    references,
    removals,
    set_up_steps,
)

app = typer.Typer(help="Connect an account to Xero and set it up.", no_args_is_help=True)
set_up_steps.register(app)
connect.register(app)
organisations.register(app)
ledger_accounts.register(app)
references.register(app)
account_settings.register(app)
disconnect.register(app)
removals.register(app)
