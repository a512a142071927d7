"""The first tables: clock, event log, outbox and lanes, sealed side tables, vault, contacts, projections."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CLOCK = """
CREATE SCHEMA app;
CREATE TABLE app.virtual_clock (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT virtual_clock_only_row_check CHECK (only_row),
    shift interval NOT NULL
);
CREATE FUNCTION app.virtual_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT clock_timestamp() + coalesce((SELECT shift FROM app.virtual_clock), interval '0') $$;
CREATE FUNCTION app.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(
    nullif(current_setting('app.now', true), '')::timestamptz,
    CASE current_setting('app.clock', true) WHEN 'virtual' THEN app.virtual_now() ELSE clock_timestamp() END
) $$;
"""

EVENT_LOG = """
CREATE SCHEMA es;
CREATE SEQUENCE es.notification_id_seq;
CREATE TABLE es.sync_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigint NOT NULL DEFAULT nextval('es.notification_id_seq'),
    recorded_at timestamptz NOT NULL DEFAULT app.now(),
    CONSTRAINT sync_events_pkey PRIMARY KEY (originator_id, originator_version)
) WITH (autovacuum_vacuum_threshold = 100000000, autovacuum_vacuum_scale_factor = 0.5,
        autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.01);
CREATE UNIQUE INDEX sync_events_notification_id_idx ON es.sync_events (notification_id);
CREATE FUNCTION es.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the event log is append-only: % is refused', TG_OP; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON es.sync_events
    FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change();
CREATE TYPE es.stored_event_uuid AS (originator_id uuid, originator_version bigint, topic text, state bytea);
"""

OUTBOX = """
CREATE TABLE app.lane (
    connection_id uuid PRIMARY KEY,
    account_id text NOT NULL,
    gate text NOT NULL DEFAULT 'closed' CONSTRAINT lane_gate_check CHECK (gate IN ('open', 'closed')),
    tokens numeric(12, 4) NOT NULL DEFAULT 3,
    refilled_at timestamptz NOT NULL DEFAULT app.now(),
    started bigint NOT NULL DEFAULT 0,
    promised bigint,
    window_over_at timestamptz,
    promised_today bigint,
    day_over_at timestamptz,
    day_most integer NOT NULL DEFAULT 0,
    paused_until timestamptz,
    paused_for text,
    failures_in_row integer NOT NULL DEFAULT 0,
    newest_at_failure bigint NOT NULL DEFAULT 0,
    begins_again boolean NOT NULL DEFAULT false,
    served_at timestamptz,
    last_activity_at timestamptz,
    organisation_id text
);
CREATE TABLE app.whole_app (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT whole_app_only_row_check CHECK (only_row),
    app_left integer,
    heard_at timestamptz,
    paused_until timestamptz,
    paused_for text,
    resting boolean NOT NULL DEFAULT false,
    failed_probes integer NOT NULL DEFAULT 0,
    probe_until timestamptz,
    probe_by uuid
);
INSERT INTO app.whole_app DEFAULT VALUES;
CREATE TABLE app.clock_seen (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT clock_seen_only_row_check CHECK (only_row),
    at timestamptz NOT NULL DEFAULT app.now()
);
INSERT INTO app.clock_seen DEFAULT VALUES;
CREATE TABLE app.outbox (
    id bigserial PRIMARY KEY,
    connection_id uuid NOT NULL,
    kind text NOT NULL,
    stream_id uuid NOT NULL,
    seq bigint NOT NULL,
    effect_key text NOT NULL CONSTRAINT outbox_effect_key_key UNIQUE,
    organisation_id text,
    state text NOT NULL CONSTRAINT outbox_state_check CHECK (state IN
        ('WAITING', 'PENDING', 'LEASED', 'AMBIGUOUS', 'DONE', 'REJECTED', 'CONFLICT', 'DEAD', 'WITHDRAWN')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT app.now(),
    lease_token uuid,
    lease_until timestamptz,
    delivery_id uuid,
    grp uuid,
    cause text,
    created_at timestamptz NOT NULL DEFAULT app.now(),
    closed_at timestamptz,
    first_tried_at timestamptz,
    deaths integer NOT NULL DEFAULT 0,
    asked boolean NOT NULL DEFAULT false,
    deaths_alone integer NOT NULL DEFAULT 0,
    searches integer NOT NULL DEFAULT 0,
    searching_since timestamptz,
    search_grp uuid,
    attempts_alone integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE UNIQUE INDEX outbox_one_live_entry_per_stream ON app.outbox (stream_id)
    WHERE state IN ('PENDING', 'LEASED', 'AMBIGUOUS');
CREATE INDEX outbox_open_of_stream ON app.outbox (stream_id) WHERE closed_at IS NULL;
CREATE INDEX outbox_pending ON app.outbox (connection_id, id) WHERE state = 'PENDING';
CREATE INDEX outbox_asked ON app.outbox (connection_id) WHERE asked AND state = 'PENDING';
CREATE INDEX outbox_ambiguous ON app.outbox (connection_id, due_at) WHERE state = 'AMBIGUOUS';
CREATE INDEX outbox_leased ON app.outbox (connection_id, lease_until) WHERE lease_token IS NOT NULL;
CREATE INDEX outbox_removals ON app.outbox (connection_id)
    WHERE kind = 'remove_connection' AND (closed_at IS NULL OR state = 'DEAD');
CREATE INDEX outbox_closed ON app.outbox (closed_at) WHERE closed_at IS NOT NULL;
CREATE TABLE app.claim_begun (
    token uuid PRIMARY KEY,
    connection_id uuid NOT NULL,
    entry_ids bigint[] NOT NULL
);
CREATE INDEX claim_begun_connection ON app.claim_begun (connection_id);
CREATE TABLE app.delivery (
    id uuid PRIMARY KEY,
    connection_id uuid NOT NULL,
    kind text NOT NULL,
    purpose text NOT NULL CONSTRAINT delivery_purpose_check CHECK (purpose IN ('send', 'look_up', 'read')),
    body_sha bytea,
    entries integer NOT NULL,
    lease_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app.now(),
    finished_at timestamptz,
    http_status integer,
    outcome text,
    xero_correlation_id text
);
CREATE INDEX delivery_in_flight ON app.delivery (connection_id, lease_until) WHERE finished_at IS NULL;
CREATE TABLE app.delivery_fragment (
    delivery_id uuid NOT NULL CONSTRAINT delivery_fragment_delivery_id_fkey REFERENCES app.delivery (id),
    position integer NOT NULL,
    entry_id bigint NOT NULL,
    stream_id uuid NOT NULL,
    account_id text NOT NULL,
    fragment bytea,
    fragment_sha text NOT NULL,
    facts jsonb NOT NULL,
    CONSTRAINT delivery_fragment_pkey PRIMARY KEY (delivery_id, position)
);
CREATE INDEX delivery_fragment_stream ON app.delivery_fragment (stream_id);
CREATE TABLE app.idempotency (
    account_id text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app.now(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (account_id, key)
);
CREATE TABLE app.invoice_identity (
    account_id text NOT NULL,
    name text NOT NULL,
    stream_id uuid NOT NULL,
    CONSTRAINT invoice_identity_pkey PRIMARY KEY (account_id, name)
);
"""

SEALED = """
CREATE TABLE app.invoice_text (
    stream_id uuid NOT NULL,
    revision integer NOT NULL,
    account_id text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT invoice_text_pkey PRIMARY KEY (stream_id, revision)
);
CREATE TABLE app.answer_text (
    answer_id uuid PRIMARY KEY,
    stream_id uuid NOT NULL,
    account_id text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app.now()
);
CREATE INDEX answer_text_stream ON app.answer_text (stream_id);
CREATE TABLE app.kyrios_contact (
    account_id text NOT NULL,
    kyrios_contact_id text NOT NULL,
    revision bigint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT kyrios_contact_pkey PRIMARY KEY (account_id, kyrios_contact_id)
);
CREATE TABLE app.linked_contact (
    account_id text NOT NULL,
    kyrios_contact_id text NOT NULL,
    xero_contact_id text,
    CONSTRAINT linked_contact_pkey PRIMARY KEY (account_id, kyrios_contact_id)
);
CREATE INDEX linked_contact_by_xero ON app.linked_contact (account_id, xero_contact_id);
"""

VAULT = """
CREATE TABLE app.organisation_binding (
    organisation_id text PRIMARY KEY,
    account_id text NOT NULL,
    bound_at timestamptz NOT NULL DEFAULT app.now()
);
CREATE INDEX organisation_binding_account ON app.organisation_binding (account_id);
CREATE TABLE app.account_key (
    account_id text PRIMARY KEY,
    sealed_key bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app.now()
);
CREATE TABLE app.xero_grant (
    grant_id uuid PRIMARY KEY,
    account_id text NOT NULL,
    xero_user_id text NOT NULL,
    sealed_tokens bytea,
    previous_sealed_tokens bytea,
    previous_until timestamptz,
    access_expires_at timestamptz NOT NULL,
    token_version bigint NOT NULL DEFAULT 1,
    refused_version bigint,
    refresh_lease_until timestamptz,
    auth_event_id text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT app.now()
);
CREATE TABLE app.oauth_state (
    consent_id uuid PRIMARY KEY,
    account_id text NOT NULL,
    begun_role text NOT NULL,
    begun_by text NOT NULL,
    ticket_hash bytea NOT NULL,
    departed_at timestamptz,
    state_hash bytea,
    browser_hash bytea,
    sealed_verifier bytea,
    redirect_uri text,
    returned_at timestamptz,
    result text,
    expires_at timestamptz NOT NULL,
    CONSTRAINT oauth_state_ticket_hash_key UNIQUE (ticket_hash),
    CONSTRAINT oauth_state_state_hash_key UNIQUE (state_hash)
);
CREATE TABLE app.connection_probe (
    connection_id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz
);
CREATE TABLE app.log_copy (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT log_copy_only_row_check CHECK (only_row),
    account_id text NOT NULL,
    last_position bigint NOT NULL,
    copied_at timestamptz NOT NULL DEFAULT app.now()
);
CREATE TABLE app.heartbeat (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT heartbeat_only_row_check CHECK (only_row),
    beat_at timestamptz NOT NULL,
    running_since timestamptz NOT NULL
);
CREATE TABLE app.reference_data (
    connection_id uuid NOT NULL,
    organisation_id text NOT NULL,
    kind text NOT NULL,
    said jsonb,
    read_at timestamptz,
    asked_at timestamptz,
    CONSTRAINT reference_data_pkey PRIMARY KEY (connection_id, organisation_id, kind)
);
"""

CONTACTS = """
CREATE TABLE app.contact_directory (
    connection_id uuid NOT NULL,
    organisation_id text NOT NULL,
    xero_contact_id text NOT NULL,
    status text NOT NULL,
    merged_to text NOT NULL,
    contact_number text NOT NULL,
    revision bigint NOT NULL,
    sealed bytea,
    fingerprint text NOT NULL,
    email_hmac text,
    name_hmac text,
    like_name_hmac text,
    updated_at timestamptz,
    feed_seq bigint,
    CONSTRAINT contact_directory_pkey PRIMARY KEY (connection_id, organisation_id, xero_contact_id)
);
CREATE INDEX contact_directory_email ON app.contact_directory (email_hmac) WHERE email_hmac IS NOT NULL;
CREATE INDEX contact_directory_name ON app.contact_directory (name_hmac) WHERE name_hmac IS NOT NULL;
CREATE INDEX contact_directory_like_name ON app.contact_directory (like_name_hmac) WHERE like_name_hmac IS NOT NULL;
CREATE UNIQUE INDEX contact_directory_feed ON app.contact_directory (connection_id, feed_seq)
    WHERE feed_seq IS NOT NULL;
CREATE TABLE app.contact_feed (
    connection_id uuid PRIMARY KEY,
    last_seq bigint NOT NULL DEFAULT 0
);
CREATE TABLE app.contact_reading (
    connection_id uuid NOT NULL,
    organisation_id text NOT NULL,
    watermark timestamptz,
    read_since timestamptz,
    read_fully_since timestamptz,
    began_at timestamptz,
    moved_at timestamptz,
    next_page integer,
    fully boolean NOT NULL DEFAULT false,
    newest timestamptz,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    archived integer NOT NULL DEFAULT 0,
    lease_token uuid,
    lease_until timestamptz,
    hinted_at timestamptz,
    CONSTRAINT contact_reading_pkey PRIMARY KEY (connection_id, organisation_id)
);
"""

PROJECTIONS = """
CREATE TABLE app.invoice_status (
    stream_id uuid PRIMARY KEY,
    connection_id uuid NOT NULL,
    account_id text NOT NULL,
    kyrios_invoice_id text NOT NULL,
    number text NOT NULL,
    date date NOT NULL,
    currency text NOT NULL,
    total numeric(16, 2) NOT NULL,
    status text NOT NULL,
    causes jsonb NOT NULL,
    reviews jsonb NOT NULL,
    xero_invoice_id text,
    accepted_at_position bigint NOT NULL,
    changed_at_position bigint NOT NULL,
    queued_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX invoice_status_list ON app.invoice_status (connection_id, accepted_at_position);
CREATE INDEX invoice_status_by_status ON app.invoice_status (connection_id, status, accepted_at_position);
CREATE INDEX invoice_status_changes ON app.invoice_status (connection_id, changed_at_position);
CREATE INDEX invoice_status_number ON app.invoice_status (connection_id, number);
CREATE INDEX invoice_status_with_causes ON app.invoice_status (connection_id, accepted_at_position)
    WHERE causes <> '[]'::jsonb OR reviews <> '[]'::jsonb;
CREATE TABLE app.blocked_by (
    connection_id uuid NOT NULL,
    cause text NOT NULL,
    key text NOT NULL,
    accepted_at_position bigint NOT NULL,
    stream_id uuid NOT NULL,
    CONSTRAINT blocked_by_pkey PRIMARY KEY (connection_id, cause, key, accepted_at_position)
);
CREATE INDEX blocked_by_stream ON app.blocked_by (stream_id);
CREATE TABLE app.connection_status (
    connection_id uuid PRIMARY KEY,
    account_id text NOT NULL,
    status text NOT NULL,
    organisation_id text,
    confirmed boolean NOT NULL,
    base_currency text NOT NULL,
    held_by jsonb NOT NULL,
    opened_before boolean NOT NULL,
    connected_at timestamptz,
    disconnected_at timestamptz,
    disconnected_for text,
    contact_poll bigint NOT NULL,
    changed_at_position bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE app.inactivity_clock (
    connection_id uuid PRIMARY KEY,
    days text NOT NULL,
    warn text NOT NULL,
    due_at timestamptz
);
CREATE INDEX inactivity_clock_due ON app.inactivity_clock (due_at);
CREATE TABLE app.counters (
    connection_id uuid NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    invoices bigint NOT NULL,
    total numeric(20, 2) NOT NULL,
    CONSTRAINT counters_pkey PRIMARY KEY (connection_id, currency, status)
);
CREATE TABLE app.checkpoints (
    projection text PRIMARY KEY,
    position bigint NOT NULL
);
"""


def upgrade() -> None:
    """Create everything, in the order things lean on each other."""
    for statements in (CLOCK, EVENT_LOG, OUTBOX, SEALED, VAULT, CONTACTS, PROJECTIONS):
        op.execute(statements)


def downgrade() -> None:
    """There is no way back from the first tables: dropping the log would destroy the books' history."""
    raise NotImplementedError("the event log is never dropped by a migration")
