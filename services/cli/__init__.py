"""The command line: parse, call a use case, render. Every command that shows something also speaks JSON."""

import typer

from services.cli import (
    alerts,
    audit,
    books,
    changes,
    configuration,
    connections,
    contact_commands,
    contacts,
    erase,
    invoice_commands,
    invoices,
    keys,
    local,
    older_invoices,
    peoples_actions,
    previews,
    processes,
    proof,
    replay,
    simulator,
    status,
    taxes,
)

app = typer.Typer(
    name="kyrios-xero",
    help="Carries Kyrios invoices into Xero exactly once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (local, processes, simulator, status, changes, books, replay, proof):
    room.register(app)
invoice_commands.register(invoices.app)
peoples_actions.register(invoices.app)
previews.register(invoices.app)
older_invoices.register(invoices.app)
contact_commands.register(contacts.app)
erase.register(contacts.app)
app.add_typer(invoices.app, name="invoices")
app.add_typer(connections.app, name="connections")
app.add_typer(taxes.app, name="taxes")
app.add_typer(audit.app, name="audit")
app.add_typer(contacts.app, name="contacts")
app.add_typer(alerts.app, name="alerts")
app.add_typer(keys.app, name="keys")
app.add_typer(configuration.app, name="config")
