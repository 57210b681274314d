package tui

import (
	"fmt"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"detent/tui/keylist"
	"detent/tui/ui"
)

// The figures of a keystroke: Update and View at 120x40 with the detail open. A filter or sort of
// many keys leaves Update for a command; its time is counted too.
func benchmark(b *testing.B, keys ...string) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newClock()
			d := start(b, 120, 40, withKeys(fakeKeys(n, c.Now())))
			d.press("j")
			msgs := make([]tea.KeyMsg, len(keys))
			for i, k := range keys {
				msgs[i] = keyMsg(k)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				d.clock.pass(time.Second)
				_, cmd := d.app.Update(msgs[i%len(msgs)])
				for cmd != nil {
					msg := cmd()
					if msg == nil {
						break
					}
					if batch, ok := msg.(tea.BatchMsg); ok {
						msg = nil
						for _, one := range batch {
							if one != nil {
								msg = one()
							}
						}
					}
					_, cmd = d.app.Update(msg)
				}
				sink = d.app.View()
			}
		})
	}
}

var sink string

func BenchmarkMove(b *testing.B) { benchmark(b, "j", "k") }
func BenchmarkScroll(b *testing.B) {
	benchmark(b, "pgdown", "j", "j", "j", "j", "j", "j", "j", "pgup")
}
func BenchmarkPage(b *testing.B)   { benchmark(b, "pgdown", "pgdown", "pgup", "pgup") }
func BenchmarkSort(b *testing.B)   { benchmark(b, "s") }
func BenchmarkFilter(b *testing.B) { benchmark(b, "/", "p", "a", "y", "backspace", "1", "esc") }

func BenchmarkReload(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newClock()
			keys := fakeKeys(n, c.Now())
			list := keylist.New(&ui.Env{Styles: ui.StylesOf(renderer(0, true), ui.Look{}), Keys: ui.NewKeys(), Now: c.Now, Zone: time.UTC})
			list.SetSize(80, 40)
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				list.Begin()
				var cmds []tea.Cmd
				for from := 0; from < n; from += 1000 {
					cmds = append(cmds, list.Add(keylist.NewBatch(keys[from:min(from+1000, n)])))
				}
				cmds = append(cmds, list.End(true))
				for _, cmd := range cmds {
					for cmd != nil {
						cmd = list.Update(cmd())
					}
				}
				sink = list.View()
			}
		})
	}
}
