-- How far the tables are. Each migration ends with a row of its own, so it does not matter which tool runs it.
CREATE TABLE polyseal_migrations (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row an order and party. The contract is that of `polyseal::ledger`.
CREATE TABLE polyseal_orders (
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    owner bytea NOT NULL CHECK (octet_length(owner) BETWEEN 1 AND 512),
    -- An order of its own, so that no upgrade of a locale reorders the index.
    role text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    -- In seconds since 1970.
    issued_at bigint NOT NULL,
    expires bigint NOT NULL,
    stage text COLLATE "C" NOT NULL,
    -- Secret.
    state bytea NOT NULL,
    PRIMARY KEY (digest, owner, role)
);

-- Most of a state is sealed: to compress it would take time and save nothing.
ALTER TABLE polyseal_orders ALTER COLUMN state SET STORAGE EXTERNAL;

CREATE INDEX polyseal_orders_by_expiry ON polyseal_orders (expires);

-- Of millions of orders few are open. The stages are `polyseal::ledger::CLOSED_STAGES`.
CREATE INDEX polyseal_orders_open ON polyseal_orders (role, stage, issued_at)
    WHERE stage NOT IN ('delivered', 'declined', 'cancelled');

-- One row. Neither time ever sinks.
CREATE TABLE polyseal_times (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    floor bigint NOT NULL,
    mark bigint NOT NULL
);

INSERT INTO polyseal_times (floor, mark) VALUES (0, 0);

INSERT INTO polyseal_migrations (version) VALUES (1);
