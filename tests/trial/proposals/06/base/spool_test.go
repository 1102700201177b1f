package spool

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// at returns a spool whose transport returns these errors in turn, and its
// clock.
func at(errs ...error) (*Spool, *time.Time) {
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := New(func(*Message) error {
		if len(errs) == 0 {
			return nil
		}
		err := errs[0]
		errs = errs[1:]
		return err
	})
	s.now = func() time.Time { return clock }
	return s, &clock
}

func add(t *testing.T, s *Spool, m *Message) *Message {
	t.Helper()
	if err := s.Add(m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDelivered(t *testing.T) {
	s, _ := at()
	add(t, s, &Message{ID: "1", To: "a"})
	if s.Add(&Message{ID: "1", To: "b"}) == nil {
		t.Error("an id was taken twice")
	}
	if s.Run() != 1 || s.Len() != 0 {
		t.Errorf("%d wait", s.Len())
	}
}

func TestLaterAndLater(t *testing.T) {
	soft := errors.New("no route")
	s, clock := at(soft, soft, soft)
	m := add(t, s, &Message{ID: "1", To: "a"})
	for _, want := range []time.Duration{1, 2, 4} {
		s.Run()
		if got := m.Next.Sub(*clock); got != want*time.Minute {
			t.Errorf("after %d attempts: %v", m.Attempts, got)
		}
		*clock = m.Next
	}
	if s.Run() != 1 {
		t.Error("not delivered in the end")
	}
}

func TestGivenUp(t *testing.T) {
	var why string
	s, _ := at(fmt.Errorf("no such user: %w", ErrPermanent))
	s.Bounce = func(_ *Message, text string) { why = text }
	add(t, s, &Message{ID: "1", To: "a"})
	if s.Run() != 0 || s.Len() != 0 || !strings.Contains(why, "no such user") {
		t.Errorf("%d wait, %q", s.Len(), why)
	}
}

func TestBusy(t *testing.T) {
	s, clock := at(&BusyError{After: time.Hour})
	m := add(t, s, &Message{ID: "1", To: "a"})
	s.Run()
	if got := m.Next.Sub(*clock); got != time.Hour {
		t.Errorf("tried again after %v", got)
	}
}
