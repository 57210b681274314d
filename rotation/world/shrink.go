package world

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Shrink makes a walk that fails smaller, as long as it fails the same invariant: it drops strikes, then acts, then makes
// the scenario simpler, until nothing more can go. tries bounds how many walks it may take.
func Shrink(walk Walk, fails func(Walk) bool, tries int) Walk {
	try := func(smaller Walk) bool {
		if tries--; tries < 0 || !fails(smaller) {
			return false
		}
		walk = smaller
		return true
	}
	for again := true; again && tries > 0; {
		again = false
		for i := len(walk.Strikes) - 1; i >= 0; i-- {
			smaller := walk
			smaller.Strikes = slices.Delete(slices.Clone(walk.Strikes), i, i+1)
			again = try(smaller) || again
		}
		for i := len(walk.Acts) - 1; i >= 0; i-- {
			smaller := walk
			smaller.Acts = slices.Delete(slices.Clone(walk.Acts), i, i+1)
			again = try(smaller) || again
		}
		again = simplify(&walk, try) || again
		for i := range walk.Strikes {
			for _, edit := range []func(*Strike){func(s *Strike) { s.Nth = 0 }, func(s *Strike) { s.Nth /= 2 }, func(s *Strike) { s.N = 0 }, func(s *Strike) { s.N /= 2 }} {
				smaller := walk
				smaller.Strikes = slices.Clone(walk.Strikes)
				edit(&smaller.Strikes[i])
				if smaller.Strikes[i] != walk.Strikes[i] {
					again = try(smaller) || again
				}
			}
		}
	}
	return walk
}

// simplify sets each field of the scenario to its zero, where the walk still fails.
func simplify(walk *Walk, try func(Walk) bool) (any bool) {
	for i := range reflect.TypeFor[Scenario]().NumField() {
		smaller := *walk
		smaller.Scenario = walk.Scenario.clone()
		field := reflect.ValueOf(&smaller.Scenario).Elem().Field(i)
		if field.IsZero() {
			continue
		}
		if field.Kind() == reflect.Slice && field.Len() > 1 {
			for j := field.Len() - 1; j >= 0 && len(walk.Scenario.Places) > 1; j-- {
				fewer := *walk
				fewer.Scenario = walk.Scenario.clone()
				fewer.Scenario.Places = slices.Delete(fewer.Scenario.Places, j, j+1)
				any = try(fewer) || any
			}
			continue
		}
		field.SetZero()
		any = try(smaller) || any
	}
	return any
}

// Literal is the walk as Go writes it, without what is zero.
func (walk Walk) Literal() string { return goLiteral(walk) }

func goLiteral(v any) string {
	var b strings.Builder
	literal(&b, reflect.ValueOf(v))
	return b.String()
}

func literal(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		b.WriteString(v.Type().Name() + "{")
		first := true
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				continue
			}
			if !first {
				b.WriteString(", ")
			}
			first = false
			b.WriteString(v.Type().Field(i).Name + ": ")
			literal(b, v.Field(i))
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString("[]" + v.Type().Elem().Name() + "{")
		for i := range v.Len() {
			if i > 0 {
				b.WriteString(", ")
			}
			literal(b, v.Index(i))
		}
		b.WriteString("}")
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		if d, ok := v.Interface().(time.Duration); ok {
			b.WriteString(durationLiteral(d))
			return
		}
		fmt.Fprintf(b, "%v", v.Interface())
	}
}

func durationLiteral(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "time.Hour"}, {time.Minute, "time.Minute"}, {time.Second, "time.Second"}, {time.Millisecond, "time.Millisecond"}} {
		if d%unit.of == 0 {
			return fmt.Sprintf("%d * %s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%d", int64(d))
}
