CREATE TABLE IF NOT EXISTS once (
	caller     TEXT NOT NULL,
	name       TEXT NOT NULL,
	body       TEXT NOT NULL,
	id         TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	PRIMARY KEY (caller, name)
);
CREATE INDEX IF NOT EXISTS once_expiring ON once (expires_at);
