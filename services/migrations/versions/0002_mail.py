"""Mail: who gets it, what is to be sent, and whether the mail server takes anything at the moment."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MAIL = """
CREATE TABLE app.recipient (
    recipient_id uuid PRIMARY KEY,
    account_id text NOT NULL,
    sealed bytea NOT NULL,
    refused_at timestamptz,
    refused_for text
);
CREATE INDEX recipient_account ON app.recipient (account_id);
CREATE TABLE app.mail (
    id bigserial PRIMARY KEY,
    effect_key text NOT NULL CONSTRAINT mail_effect_key_key UNIQUE,
    kind text NOT NULL,
    cause_code text NOT NULL,
    connection_id uuid NOT NULL,
    account_id text NOT NULL,
    stream_id uuid NOT NULL,
    seq bigint NOT NULL,
    recipient_id uuid NOT NULL,
    state text NOT NULL CONSTRAINT mail_state_check CHECK (state IN
        ('PENDING', 'LEASED', 'AMBIGUOUS', 'DONE', 'REJECTED', 'DEAD', 'WITHDRAWN')),
    asked_at timestamptz NOT NULL DEFAULT app.now(),
    due_at timestamptz NOT NULL DEFAULT app.now(),
    attempts integer NOT NULL DEFAULT 0,
    first_tried_at timestamptz,
    lease_token uuid,
    lease_until timestamptz,
    issue integer NOT NULL DEFAULT 1,
    rendered_at timestamptz,
    told_at timestamptz,
    sealed bytea,
    cause text,
    created_at timestamptz NOT NULL DEFAULT app.now(),
    closed_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX mail_due ON app.mail (due_at) WHERE closed_at IS NULL;
CREATE INDEX mail_told ON app.mail (connection_id, kind, cause_code, recipient_id) WHERE told_at IS NOT NULL;
CREATE INDEX mail_closed ON app.mail (closed_at) WHERE closed_at IS NOT NULL;
CREATE TABLE app.mail_lane (
    lane text PRIMARY KEY,
    paused_until timestamptz,
    paused_for text,
    failures_in_row integer NOT NULL DEFAULT 0,
    taken_at timestamptz
);
"""


def upgrade() -> None:
    """Create the tables of mails."""
    op.execute(MAIL)


def downgrade() -> None:
    """There is no way back: the addresses would be lost."""
    raise NotImplementedError("addresses are never dropped by a migration")
