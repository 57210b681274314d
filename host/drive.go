package host

import (
	"context"

	"detent/rotation"
)

// Course is what becomes of a rotation between its steps, for whoever drives it: a command, the queue of a screen. What is nil is left out,
// but for Stopped.
type Course struct {
	// Before comes before each step.
	Before func(ctx context.Context) error
	// Moved is told what a step came to after which another follows at once.
	Moved func(res rotation.Result)
	// Wait returns when the rotation is to be looked at again; Stopped, when a person has answered. An error of theirs ends the drive.
	Wait    func(ctx context.Context, res rotation.Result) error
	Stopped func(ctx context.Context, res rotation.Result) error
}

// Drive does step after step of a rotation, or of its undo, until it is over. A step is done whole: a context that ends does not break it
// off half way, where nobody could tell whether it happened.
func Drive(ctx context.Context, step func(ctx context.Context) (rotation.Result, error), c Course) error {
	for {
		if c.Before != nil {
			if err := c.Before(ctx); err != nil {
				return err
			}
		}
		res, err := step(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			return err
		case res.Status == rotation.Finished:
			return nil
		case res.Status == rotation.Waiting && c.Wait != nil:
			err = c.Wait(ctx, res)
		case res.Status == rotation.Stopped:
			err = c.Stopped(ctx, res)
		case c.Moved != nil:
			c.Moved(res)
		}
		if err != nil {
			return err
		}
	}
}
