package cli

import (
	"path/filepath"

	"detent/rotation"
)

// journalDir is where the journals of rotations lie; the demo has its own.
func (a *app) journalDir() (string, error) {
	if a.flags.demo {
		dir, err := a.tempDir()
		return filepath.Join(dir, "state"), err
	}
	dir, err := a.env.StateDir()
	return dir, usage(err)
}

// rotating are the ids of the keys that open rotations of a profile concern.
func (a *app) rotating(profile string) (map[string]bool, error) {
	dir, err := a.journalDir()
	if err != nil {
		return nil, err
	}
	views, err := rotation.List(dir)
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, v := range views {
		if v.Err == nil && v.State == rotation.Open && v.Profile == profile {
			ids[v.Old.ID] = true
			if v.New != nil {
				ids[v.New.ID] = true
			}
		}
	}
	return ids, nil
}
