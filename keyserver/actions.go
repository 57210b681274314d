package keyserver

import (
	"database/sql"
)

// newKey is a key that the caller creates now, in its own contract, environment and project.
func (c *call) newKey(name string) *record {
	now := c.now.UnixMilli()
	return &record{Service: c.who.Service, Environment: c.who.Environment, Name: name,
		Project: c.who.Project, ProjectName: c.who.ProjectName, Enabled: true,
		CreatedAt: now, UpdatedAt: now, CreatedBy: c.actor(), UpdatedBy: c.actor()}
}

// actor names the caller in created_by and updated_by.
func (c *call) actor() string {
	if c.who.session {
		return "detent"
	}
	return c.who.ID
}

// remove deletes a key of the caller's contract and environment. Its secret and its tokens are
// refused from the next request on, since the store is asked at each.
func (c *call) remove(id string) error {
	return c.store.change(c.ctx, func(tx *sql.Tx) error {
		k, err := keyOf(c.ctx, tx, c.who.Service, c.who.Environment, id)
		if err != nil {
			return err
		}
		if err := c.keepLast(c.ctx, tx, c.who, k, nil, c.now); err != nil {
			return err
		}
		return deleteKey(c.ctx, tx, id)
	})
}
