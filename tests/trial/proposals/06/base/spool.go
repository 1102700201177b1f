package spool

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// Spool delivers messages, again and again if need be.
type Spool struct {
	Transport   Transport
	MaxAttempts int
	FirstDelay  time.Duration
	MaxDelay    time.Duration
	Bounce      func(m *Message, why string)

	now     func() time.Time
	waiting map[string]*Message
}

// New returns a spool with the usual delays.
func New(t Transport) *Spool {
	return &Spool{
		Transport:   t,
		MaxAttempts: 8,
		FirstDelay:  time.Minute,
		MaxDelay:    4 * time.Hour,
		Bounce:      func(*Message, string) {},
		now:         time.Now,
		waiting:     map[string]*Message{},
	}
}

// Add queues a message; it is due at once.
func (s *Spool) Add(m *Message) error {
	if m.ID == "" || m.To == "" {
		return errors.New("a message needs an id and a recipient")
	}
	if _, there := s.waiting[m.ID]; there {
		return fmt.Errorf("message %s is queued already", m.ID)
	}
	m.Created = s.now()
	m.Next = m.Created
	s.waiting[m.ID] = m
	return nil
}

// Len is how many messages wait.
func (s *Spool) Len() int {
	return len(s.waiting)
}

// Due are the messages whose time has come, the oldest first.
func (s *Spool) Due() []*Message {
	var due []*Message
	now := s.now()
	for _, m := range s.waiting {
		if !m.Next.After(now) {
			due = append(due, m)
		}
	}
	sort.Slice(due, func(i, j int) bool {
		if !due[i].Created.Equal(due[j].Created) {
			return due[i].Created.Before(due[j].Created)
		}
		return due[i].ID < due[j].ID
	})
	return due
}

// Run tries all messages that are due, and returns how many were delivered.
func (s *Spool) Run() int {
	delivered := 0
	for _, m := range s.Due() {
		m.Attempts++
		err := s.Transport(m)
		if err == nil {
			delete(s.waiting, m.ID)
			delivered++
			continue
		}
		m.LastErr = err.Error()

		// Is there a next attempt, and when?
		if errors.Is(err, ErrPermanent) {
			s.giveUp(m, m.LastErr)
			continue
		}
		if m.Attempts >= s.MaxAttempts {
			s.giveUp(m, fmt.Sprintf("%d attempts; %s", m.Attempts, m.LastErr))
			continue
		}
		delay := s.FirstDelay
		for i := 1; i < m.Attempts && delay < s.MaxDelay; i++ {
			delay *= 2
		}
		if delay > s.MaxDelay {
			delay = s.MaxDelay
		}
		var busy *BusyError
		if errors.As(err, &busy) && busy.After > delay {
			delay = busy.After
		}
		next := s.now().Add(delay)
		if !m.Expires.IsZero() && next.After(m.Expires) {
			s.giveUp(m, "expires before the next attempt; "+m.LastErr)
			continue
		}
		m.Next = next
	}
	return delivered
}

func (s *Spool) giveUp(m *Message, why string) {
	delete(s.waiting, m.ID)
	s.Bounce(m, why)
}
