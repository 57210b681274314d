CREATE TABLE IF NOT EXISTS detent_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
	id           TEXT PRIMARY KEY,
	service      TEXT NOT NULL,
	environment  TEXT NOT NULL,
	name         TEXT NOT NULL,
	type         TEXT NOT NULL,
	role         TEXT NOT NULL,
	project      TEXT NOT NULL,
	project_name TEXT NOT NULL,
	permissions  TEXT NOT NULL,
	restrictions TEXT NOT NULL,
	extra        TEXT NOT NULL,
	hash         TEXT NOT NULL,
	value        TEXT NOT NULL,
	enabled      BIGINT NOT NULL,
	admin        BIGINT NOT NULL,
	mints        BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL,
	expires_at   BIGINT NOT NULL,
	last_used_at BIGINT NOT NULL,
	created_by   TEXT NOT NULL,
	updated_by   TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS keys_in_order ON keys (service, created_at, id);
CREATE INDEX IF NOT EXISTS keys_expiring ON keys (service, expires_at) WHERE expires_at > 0;
CREATE INDEX IF NOT EXISTS keys_minting ON keys (service) WHERE mints = 1;
CREATE INDEX IF NOT EXISTS keys_public ON keys (project, name) WHERE type = 'pk';
CREATE TABLE IF NOT EXISTS users (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	email      TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS signers (
	kid        TEXT PRIMARY KEY,
	public     TEXT NOT NULL,
	expires_at BIGINT NOT NULL
);
