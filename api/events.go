package api

import (
	"context"
	"encoding/json"
	"time"

	"scimd/provision"
	"scimd/store"
)

// maxWait bounds a long poll, so that proxies in between do not.
const maxWait = time.Minute

type eventView struct {
	Seq  int64           `json:"seq"`
	ID   string          `json:"id"`
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func viewEvent(e store.Event) eventView {
	return eventView{e.Seq, e.ID, e.At, e.Type, e.Data}
}

type eventPage struct {
	Items []eventView `json:"items"`
	Next  int64       `json:"next" doc:"after= of the next call"`
}

type eventQuery struct {
	Parent string `query:"parent" doc:"id or name; may be left out when there is exactly one"`
	After  int64  `query:"after" minimum:"0" doc:"the last sequence number seen"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Wait   string `query:"wait" doc:"how long to wait for the first event, as in 30s; at most 60s"`
}

func (a *API) events() {
	read(a, "/events", "read events", func(ctx context.Context, in *eventQuery) (eventPage, error) {
		parent, err := a.onlyParent(ctx, in.Parent)
		if err != nil {
			return eventPage{}, err
		}
		wait, err := in.wait()
		if err != nil {
			return eventPage{}, err
		}
		events, err := a.Feed.Read(ctx, parent, in.After, in.Limit, wait)
		out := eventPage{listOf(events, viewEvent).Items, in.After}
		if n := len(events); n > 0 {
			out.Next = events[n-1].Seq
		}
		return out, missing(err, "parent", parent)
	})
}

func (q *eventQuery) wait() (time.Duration, error) {
	if q.Wait == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(q.Wait)
	if err != nil || wait < 0 {
		return 0, &provision.Error{Reason: provision.Invalid, Field: "wait", Text: "wait is a duration such as 30s"}
	}
	return min(wait, maxWait), nil
}

func (a *API) onlyParent(ctx context.Context, named string) (string, error) {
	if named != "" {
		return named, nil
	}
	err := a.view(ctx, func(r store.Reader) error {
		parents, err := r.Parents()
		if err == nil && len(parents) != 1 {
			return &provision.Error{Reason: provision.Invalid, Field: "parent", Text: "name the parent: there is not exactly one"}
		}
		if err == nil {
			named = parents[0].ID
		}
		return err
	})
	return named, err
}
