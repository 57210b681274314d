// Package store keeps keys in SQLite or PostgreSQL: the tables and their migrations, how a statement is run and tried again, the
// rows, and the ids and secrets that rows are made with. It knows no rule of a service: who may do what with a key is asked above.
package store
