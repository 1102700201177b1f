// Package spool keeps messages until they are delivered.
package spool

import (
	"errors"
	"time"
)

// ErrPermanent is wrapped by errors of a transport that no retry mends.
var ErrPermanent = errors.New("permanent error")

// BusyError is what a transport returns if the other side said when to come
// back.
type BusyError struct {
	After time.Duration
}

func (e *BusyError) Error() string {
	return "busy for " + e.After.String()
}

// Message is one message with what became of it so far.
type Message struct {
	ID       string
	To       string
	Body     string
	Created  time.Time
	Expires  time.Time // zero: never
	Attempts int
	Next     time.Time // not before
	LastErr  string
}

// Transport delivers one message.
type Transport func(m *Message) error
