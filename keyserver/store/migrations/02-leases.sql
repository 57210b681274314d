CREATE TABLE IF NOT EXISTS leases (
	work       TEXT PRIMARY KEY,
	holder     TEXT NOT NULL,
	expires_at BIGINT NOT NULL
);
