package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"detent/apikey"
	"detent/config"
	"detent/rotation"
	"detent/table"
)

func (a *app) rotationsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use: "rotations", Short: "List open and past rotations, and what is certain about each", Args: cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error { return a.listRotations(format) }),
	}
	outputFlag(cmd, &format)
	return cmd
}

// rotationObject is a rotation as docs/REFERENCE.md writes it; new is absent before create.
type rotationObject struct {
	ID      string           `json:"id"`
	State   string           `json:"state"`
	Step    string           `json:"step"`
	Old     table.Row        `json:"old"`
	New     *table.Row       `json:"new,omitempty"`
	Certain []string         `json:"certain"`
	Unknown []string         `json:"unknown"`
	Claims  []rotation.Claim `json:"claims"`
}

func rotationJSON(v rotation.View, p config.Profile) rotationObject {
	one := func(k apikey.Key) table.Row { return keyRow(p, k, nil) }
	out := rotationObject{ID: v.ID, State: string(v.State), Step: v.PublicStep(),
		Old: one(v.Old), Certain: table.NotNil(v.Certain), Unknown: table.NotNil(v.Unknown), Claims: table.NotNil(v.Claims)}
	if fresh := v.NewAtService(); fresh != nil {
		k := one(*fresh)
		out.New = &k
	}
	return out
}

func (a *app) listRotations(format string) error {
	asJSON, err := wantsJSON(format)
	if err != nil {
		return err
	}
	views, err := a.host.Rotations()
	if err != nil {
		return err
	}
	var unreadable []string
	objects := []rotationObject{}
	for _, v := range views {
		if v.Err != nil {
			unreadable = append(unreadable, v.Err.Error())
			continue
		}
		objects = append(objects, rotationJSON(v, config.Profile{Name: v.Profile, Service: v.Service}))
	}
	if asJSON {
		err = table.JSON(a.out, objects)
	} else {
		err = a.writeRotations(views)
	}
	if err == nil && len(unreadable) > 0 {
		err = fmt.Errorf("%s", strings.Join(unreadable, "; "))
	}
	return err
}

// outcome is in a few words what is certain about a rotation that is over: the first thing that was seen of each key.
func outcome(v rotation.View) string {
	if v.State == rotation.Open {
		if v.Mode == rotation.Compromised {
			return "COMPROMISED, see below"
		}
		return "see below"
	}
	if len(v.Certain) == 0 {
		return "nothing was seen of either key"
	}
	out := v.Certain[0]
	if v.State == rotation.Aborted && len(v.Certain) > 1 {
		out += "; " + v.Certain[1]
	}
	return out
}

// writeRotations writes a table, and under it what is certain about the open ones.
func (a *app) writeRotations(views []rotation.View) error {
	if len(views) == 0 {
		a.say("no rotation was begun here: detent rotate KEY begins one")
		return nil
	}
	var rows [][]string
	for _, v := range views {
		if v.Err == nil {
			rows = append(rows, []string{v.ID, string(v.State), v.PublicStep(), v.Old.Called(), v.Profile, v.Started.UTC().Format("2006-01-02T15:04:05Z"), outcome(v)})
		}
	}
	if err := table.Write(a.out, []string{"ID", "STATE", "STEP", "KEY", "PROFILE", "BEGUN", "CERTAIN"}, rows); err != nil {
		return err
	}
	var b strings.Builder
	for _, v := range views {
		if v.Err != nil || v.State != rotation.Open {
			continue
		}
		fmt.Fprintf(&b, "\n%s %s\n", v.ID, v.Old.Called())
		for _, line := range v.Certain {
			fmt.Fprintf(&b, "  certain    %s\n", line)
		}
		for _, line := range v.Unknown {
			fmt.Fprintf(&b, "  not known  %s\n", line)
		}
		if v.Operator != "" {
			fmt.Fprintf(&b, "  last by    %s, over SSH\n", v.Operator)
		}
		if v.Holder != nil {
			fmt.Fprintf(&b, "  held by    %s\n", v.Holder)
		}
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}
