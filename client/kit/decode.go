package kit

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// decoder makes a declaration of a table of TOML, and collects all that does not fit: the decoder of the TOML package stops at the first
// one, and calls fields by what they are in Go.
type decoder struct {
	refuse func(field, format string, args ...any)
}

// What a field may be, for people.
const (
	wantsText   = `must be text, in quotes`
	wantsFlag   = `must be true or false, without quotes`
	wantsNumber = `must be a whole number, without quotes`
	wantsSpan   = `must be a span of time, in quotes: "60s", "10m", "24h", "30d"`
	wantsTable  = `must be a table: { … }`
)

// wantsTexts is what a list of texts looks like, by one that this field may have.
func wantsTexts(field string) string {
	field, _, _ = strings.Cut(field, "[")
	example, known := exampleTexts[field]
	if member, row := strings.CutPrefix(field, "row."); row && !known {
		example, _, _ = strings.Cut(member, ".")
	} else if !known {
		example = "…"
	}
	return fmt.Sprintf("must be a list of texts: [%q]", example)
}

// exampleTexts are of the lists that have words of their own, or paths.
var exampleTexts = map[string]string{"refusals.own": "text", "refusals.with": "errors", "refusals.foreign": "timestamp", "refusals.members": "error", "settings": "create", "access": "role",
	"environments": "live", "types": "sk", "list.rows": "data", "create.key": "data", "update.key": "data", "create.fields": "name", "update.fields": "name", "row.as_named": "created_at",
	"row.undocumented": "created_at", "row.absent_is_none": "permissions", "row.copied": "quota", "row.inside": "attributes", "list.queries": "limit=100", "update.omit": "id"}

// maxText bounds every text of a declaration.
const maxText = 1000

// table fills a struct. Fields of it that a table does not have are left as they are.
func (d *decoder) table(field string, raw any, out reflect.Value) {
	table, ok := raw.(map[string]any)
	if !ok {
		d.refuse(field, wantsTable)
		return
	}
	fields := fieldsOf(out.Type())
	for _, name := range slices.Sorted(maps.Keys(table)) {
		at := join(field, name)
		if index, known := fields[name]; known {
			d.value(at, table[name], out.FieldByIndex(index))
		} else {
			d.refuse(at, "there is no such field; here are %s%s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "), atTheTop(field, name))
		}
	}
}

// atTheTop is what to do about a field of the whole file that stands below the header of a table, which takes it for one of its own.
func atTheTop(field, name string) string {
	if _, known := fieldsOf(reflect.TypeFor[Declaration]())[name]; field == "" || !known {
		return ""
	}
	return fmt.Sprintf("; %s is a field of the whole file: move it above the first [table]", name)
}

func join(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

// fieldsOf are the indexes of a struct's fields by their names in TOML, those of what it embeds among them.
func fieldsOf(t reflect.Type) map[string][]int {
	if known, ok := knownFields.Load(t); ok {
		return known.(map[string][]int)
	}
	out := make(map[string][]int, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		switch name := cmp.Or(f.Tag.Get("toml"), strings.ToLower(f.Name)); {
		case f.Anonymous:
			for name, inner := range fieldsOf(f.Type) {
				out[name] = slices.Concat(f.Index, inner)
			}
		case name != "-":
			out[name] = f.Index
		}
	}
	knownFields.Store(t, out)
	return out
}

// knownFields are those of the types that were asked for: a declaration has dozens of tables of one type.
var knownFields sync.Map

func (d *decoder) value(field string, raw any, out reflect.Value) {
	if span, ok := out.Addr().Interface().(*Span); ok {
		text, _ := raw.(string)
		if span.UnmarshalText([]byte(text)) != nil || span.Duration < 0 {
			d.refuse(field, wantsSpan)
		}
		return
	}
	switch out.Kind() {
	case reflect.Pointer:
		out.Set(reflect.New(out.Type().Elem()))
		d.value(field, raw, out.Elem())
	case reflect.Struct:
		d.table(field, raw, out)
	case reflect.String:
		if text, ok := d.text(field, raw, wantsText); ok {
			out.SetString(text)
		}
	case reflect.Bool:
		if flag, ok := raw.(bool); ok {
			out.SetBool(flag)
		} else {
			d.refuse(field, wantsFlag)
		}
	case reflect.Int:
		if n, ok := raw.(int64); ok && n >= -1<<31 && n < 1<<31 {
			out.SetInt(n)
		} else {
			d.refuse(field, wantsNumber)
		}
	case reflect.Slice:
		d.list(field, raw, out)
	case reflect.Map:
		d.named(field, raw, out)
	default: // what is sent as it stands
		d.printable(field, raw)
		out.Set(reflect.ValueOf(raw))
	}
}

func (d *decoder) text(field string, raw any, wants string) (text string, ok bool) {
	if text, ok = raw.(string); !ok {
		d.refuse(field, "%s", wants)
		return "", false
	}
	if text != "" && strings.TrimSpace(text) == "" {
		d.refuse(field, "is blank: leave it out")
		return "", false
	}
	return text, d.printable(field, text)
}

// printable refuses what no service has in its words, and what makes a file look like another one than it is.
func (d *decoder) printable(field string, raw any) bool {
	switch raw := raw.(type) {
	case string:
		switch at := strings.IndexFunc(raw, func(r rune) bool { return !unicode.IsPrint(r) || invisible(r) }); {
		case at >= 0:
			d.refuse(field, "has a character that cannot be shown")
			return false
		case len(raw) > maxText:
			d.refuse(field, "is over %d characters", maxText)
			return false
		}
	case []any:
		for i, item := range raw {
			if !d.printable(fmt.Sprintf("%s[%d]", field, i), item) {
				return false
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			if at := join(field, name); !d.printable(at, name) || !d.printable(at, raw[name]) {
				return false
			}
		}
	}
	return true
}

// list is one of texts, or of tables.
func (d *decoder) list(field string, raw any, out reflect.Value) {
	list, ok := raw.([]any)
	spans := out.Type().Elem() == reflect.TypeFor[Span]()
	tables := out.Type().Elem().Kind() == reflect.Struct && !spans
	switch {
	case !ok && tables:
		d.refuse(field, "must be a list of tables: [[%s]]", field)
		return
	case !ok && spans:
		d.refuse(field, `must be a list of spans of time: ["30d", "90d"]`)
		return
	case !ok:
		d.refuse(field, "%s", wantsTexts(field))
		return
	}
	out.Set(reflect.MakeSlice(out.Type(), len(list), len(list)))
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if tables || spans {
			d.value(at, item, out.Index(i))
		} else if text, ok := d.text(at, item, wantsTexts(at)); ok {
			out.Index(i).SetString(text)
		}
	}
}

// named are texts, lists of texts, or anything, by names that the declaration chooses.
func (d *decoder) named(field string, raw any, out reflect.Value) {
	table, ok := raw.(map[string]any)
	if !ok {
		d.refuse(field, wantsTable)
		return
	}
	out.Set(reflect.MakeMap(out.Type()))
	for _, name := range slices.Sorted(maps.Keys(table)) {
		at := join(field, name)
		if !d.printable(at, name) {
			continue
		}
		value := reflect.New(out.Type().Elem()).Elem()
		d.value(at, table[name], value)
		out.SetMapIndex(reflect.ValueOf(name).Convert(out.Type().Key()), value)
	}
}

// invisible reports whether a character cannot be seen, looks like a blank and is none, or changes how the text around it looks. A tab
// is a blank in TOML.
func invisible(r rune) bool {
	switch {
	case r == '\t' || r >= ' ' && r <= '~':
		return false
	case r == 0x2800: // the empty Braille pattern
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
