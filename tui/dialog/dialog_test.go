package dialog

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"detent/client"
	"detent/tui/ui"
)

func newEnv() *ui.Env {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(termenv.Ascii)
	return &ui.Env{Styles: ui.StylesOf(r, ui.Look{}), Keys: ui.NewKeys(), Now: func() time.Time { return time.Unix(1e9, 0) }, Zone: time.UTC}
}

func keyOf(s string) tea.KeyMsg {
	switch s {
	case "esc":
		return tea.KeyMsg{Type: tea.KeyEsc}
	case "enter":
		return tea.KeyMsg{Type: tea.KeyEnter}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)}
}

func TestEveryFailureSaysWhatToDo(t *testing.T) {
	for _, kind := range []client.Kind{client.Unauthorized, client.Forbidden, client.RateLimited, client.Unavailable, client.Unreachable, client.BadTLS, client.Timeout, client.BadAnswer} {
		parts := Explain(fmt.Errorf("wrapped: %w", &client.Error{Op: "list keys", Kind: kind, Outcome: client.NotDone}))
		labels := ""
		for _, p := range parts {
			labels += p.Label + " "
		}
		if labels != "WHAT HAPPENED WHAT IS CERTAIN WHAT TO DO " {
			t.Errorf("%s: %s", kind, labels)
		}
	}
}

func TestAnErrorNamesWhatIsMissingAndWhatIsNotKnown(t *testing.T) {
	e := NewError(newEnv(), "Could not create ci", &client.Error{
		Op: "create key", Kind: client.Forbidden, Status: 403, Code: "API.INSUFFICIENT_PERMISSIONS", Message: "no\x1b[2J way",
		Permission: "ApiKeys.createApiKey", Outcome: client.Unknown, Hint: "Ask the account's owner.",
	})
	e.SetSize(80, 30)
	for _, want := range []string{"403 (forbidden) API.INSUFFICIENT_PERMISSIONS", "not known whether this happened", "Missing: ApiKeys.createApiKey. Ask the account's owner."} {
		if !strings.Contains(e.View(), want) {
			t.Errorf("%q is not in\n%s", want, e.View())
		}
	}
	if strings.ContainsRune(e.View(), '\x1b') {
		t.Error("the service's text drives the terminal")
	}
	if parts := Explain(errors.New("config.toml:3: token: not set")); len(parts) != 1 || parts[0].Text != "config.toml:3: token: not set" {
		t.Errorf("a plain error is explained as %v", parts)
	}
}

func TestALongErrorScrollsInItsBox(t *testing.T) {
	e := NewError(newEnv(), "x", errors.New(strings.Repeat("word ", 400)+"END"))
	e.SetSize(60, 8)
	if n := strings.Count(e.View(), "\n") + 1; n > 8 || !strings.Contains(e.View(), "more lines") {
		t.Fatalf("%d lines:\n%s", n, e.View())
	}
	e.Update(keyOf("G"))
	if !strings.Contains(e.View(), "END") {
		t.Fatalf("the end is not reached:\n%s", e.View())
	}
}

func TestTheQuestionBeforeQuittingStaysUnlessItIsAYes(t *testing.T) {
	for press, want := range map[string]string{"y": "ui.Quit", "n": "ui.Pop", "esc": "ui.Pop", "enter": "ui.Pop", "q": "ui.Pop", "x": "<nil>"} {
		q := NewQuit(newEnv(), 2)
		q.SetSize(60, 10)
		got := "<nil>"
		if cmd := q.Update(keyOf(press)); cmd != nil {
			got = fmt.Sprintf("%T", cmd())
		}
		if got != want {
			t.Errorf("%s gives %s, want %s", press, got, want)
		}
	}
}

func TestAProfileIsTestedOnceAtATimeAndOnlyItsOwnAnswerCounts(t *testing.T) {
	rows := []ui.Profile{{Name: "a", Service: "prosopo"}, {Name: "b", Service: "generic"}}
	p := NewProfiles(newEnv(), func() []ui.Profile { return rows }, "b", ProfileForms{})
	p.SetSize(70, 20)
	ask := p.Update(keyOf("t"))().(ui.TestProfile)
	if ask.Name != "b" {
		t.Fatalf("%q is tested, the cursor is on b", ask.Name)
	}
	if p.Update(keyOf("t")) != nil {
		t.Fatal("a second test began before the first was done")
	}
	p.Update(ui.ProfileTested{Ticket: ask.Ticket + 1, Name: "b", Keys: 99})
	if strings.Contains(p.View(), "99") {
		t.Fatal("an answer to somebody else was taken")
	}
	p.Update(ui.ProfileTested{Ticket: ask.Ticket, Name: "b", Err: &client.Error{Kind: client.Unauthorized, Status: 401}})
	if !strings.Contains(p.View(), "does not work") || !strings.Contains(p.View(), "401") {
		t.Fatal(p.View())
	}
	p.Update(keyOf("k"))
	if !strings.Contains(p.View(), "not tested yet") {
		t.Fatal(p.View())
	}
}

func TestProfilesWithoutARowOrAWayToAddOneSayWhy(t *testing.T) {
	p := NewProfiles(newEnv(), func() []ui.Profile { return nil }, "", ProfileForms{No: "profiles are edited on the server"})
	p.SetSize(70, 20)
	if _, closed := p.Update(keyOf("enter"))().(ui.Pop); !closed {
		t.Error("enter does not close what has nothing to choose")
	}
	for _, press := range []string{"t", "j", "k", "G"} {
		if cmd := p.Update(keyOf(press)); cmd != nil {
			t.Errorf("%s does %T without a profile", press, cmd())
		}
	}
	for _, press := range []string{"a", "e", "m"} {
		if toast, ok := p.Update(keyOf(press))().(ui.ProfileRefused); !ok || toast.Why != "profiles are edited on the server" {
			t.Errorf("%s says %+v", press, toast)
		}
	}
	if !strings.Contains(p.View(), "There is no profile.") {
		t.Error(p.View())
	}
}

func TestTheProfileUnderTheCursorIsEditedUnlessItIsBuiltIn(t *testing.T) {
	rows := []ui.Profile{{Name: "a", Service: "prosopo"}, {Name: "local/x", Service: "generic", Embedded: true}}
	var edited []string
	p := NewProfiles(newEnv(), func() []ui.Profile { return rows }, "a", ProfileForms{Edit: func(p ui.Profile) ui.Screen {
		edited = append(edited, p.Name)
		return nil
	}})
	p.SetSize(70, 20)
	ask := p.Update(keyOf("t"))().(ui.TestProfile)
	p.Update(ui.ProfileTested{Ticket: ask.Ticket, Name: "a", Keys: 7})
	if _, ok := p.Update(keyOf("e"))().(ui.Push); !ok || len(edited) != 1 || edited[0] != "a" {
		t.Errorf("edited %v", edited)
	}
	if p.Update(ui.ProfileSaved{Name: "a"}); !strings.Contains(p.View(), "not tested yet") {
		t.Error("the test of before stands for what was changed since: " + p.View())
	}
	p.Update(keyOf("j"))
	if toast, ok := p.Update(keyOf("e"))().(ui.Toast); !ok || !strings.Contains(toast.Text, "built in") || len(edited) != 1 {
		t.Errorf("%+v, edited %v", toast, edited)
	}
	rows = nil
	if cmd := p.Update(keyOf("e")); cmd != nil {
		t.Errorf("e does %T without a profile", cmd())
	}
}

func TestManyProfilesScroll(t *testing.T) {
	var rows []ui.Profile
	for i := range 60 {
		rows = append(rows, ui.Profile{Name: fmt.Sprintf("profile-%02d-中文", i), Service: "prosopo", URL: "https://api.example"})
	}
	p := NewProfiles(newEnv(), func() []ui.Profile { return rows }, "profile-00-中文", ProfileForms{})
	p.SetSize(50, 12)
	for i := range 60 {
		if !strings.Contains(p.View(), fmt.Sprintf("profile-%02d", i)) {
			t.Fatalf("the cursor on %d is out of view:\n%s", i, p.View())
		}
		lines := strings.Split(p.View(), "\n")
		if len(lines) > 12 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, line := range lines {
			if ansi.StringWidth(line) > 50 {
				t.Fatalf("a line of %d cells", ansi.StringWidth(line))
			}
		}
		p.Update(keyOf("j"))
	}
}
