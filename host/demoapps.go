package host

import (
	"path/filepath"

	"detent/config"
	"detent/keyserver"
)

// demoConfig is the configuration of the demo: the profiles that are there without a file, and where its applications read their keys.
func (h *Host) demoConfig() (*config.Config, error) {
	cfg := config.WithoutFile("")
	if h.o.DemoKeys > 0 { // for scale alone
		return cfg, nil
	}
	dir, err := h.resources.temp()
	if err != nil {
		return nil, err
	}
	for i, p := range cfg.Profiles {
		for _, a := range keyserver.DemoApps() {
			if a.Service == p.Service {
				cfg.Profiles[i].Deliver = append(cfg.Profiles[i].Deliver, config.Deliver{Name: a.Name, Keys: []string{a.Key},
					EnvFile: &config.EnvFile{Path: filepath.Join(dir, a.Name, ".env"), Variable: a.Variable}})
			}
		}
	}
	return cfg, nil
}
