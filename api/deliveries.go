package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

// workosView is what ties a directory to WorkOS.
type workosView struct {
	Directory string `json:"directory" doc:"WorkOS's id of the directory"`
	State     string `json:"state" doc:"linked; unlinked once it is gone in WorkOS: its people stay"`
}

func viewWorkOS(d store.Directory) *workosView {
	if d.Kind != store.KindWorkOS {
		return nil
	}
	return &workosView{d.Source.ID, string(d.Source.State)}
}

type deliveryView struct {
	Seq     int64     `json:"seq"`
	Event   string    `json:"event,omitempty"`
	Type    string    `json:"type,omitempty"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome" doc:"applied, skipped, duplicate, unknown or failed"`
	Reason  string    `json:"reason,omitempty"`
	Body    string    `json:"body,omitempty" doc:"as received"`
}

func viewDelivery(d store.Delivery) deliveryView {
	return deliveryView{d.Seq, d.Event, d.Type, d.At, string(d.Outcome), d.Reason, string(d.Body)}
}

type deliveryPage struct {
	Items []deliveryView `json:"items"`
	Next  int64          `json:"next,omitempty" doc:"before= of the next page; absent on the last"`
}

type newSecret struct {
	Secret  string `json:"secret,omitempty" doc:"what WorkOS signs with; empty: a new one"`
	Overlap string `json:"overlap,omitempty" doc:"how long the secret before it stays live, as in 24h (default); 0s ends it at once"`
}

type newSecretView struct {
	Secret        string     `json:"secret" doc:"shown this once"`
	PreviousUntil *time.Time `json:"previousUntil,omitempty" doc:"when the secret before it ends; absent: it has ended"`
}

// defaultOverlap leaves a day to enter a new secret wherever it is used.
const defaultOverlap = "24h"

func (a *API) deliveries() {
	read(a, "/directories/{directory}/deliveries", "list deliveries to a directory", func(ctx context.Context, in *struct {
		DirectoryPath
		Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Before int64 `query:"before" minimum:"0" doc:"next of the page before; the newest come first"`
	}) (out deliveryPage, err error) {
		err = a.viewDirectory(ctx, in.Directory, func(r store.Reader, d store.Directory) error {
			rows, err := r.Deliveries(d.Key, in.Before, in.Limit+1)
			if len(rows) > in.Limit {
				rows = rows[:in.Limit]
				out.Next = rows[in.Limit-1].Seq
			}
			out.Items = listOf(rows, viewDelivery).Items
			return err
		})
		return out, err
	})
	create(a, "/directories/{directory}/secrets", "rotate the signing secret of a directory", func(ctx context.Context, in *struct {
		DirectoryPath
		Body newSecret
	}) (newSecretView, error) {
		return a.rotateSecret(ctx, in.Directory, in.Body)
	})
}

func (a *API) rotateSecret(ctx context.Context, directory string, in newSecret) (out newSecretView, err error) {
	if in.Overlap == "" {
		in.Overlap = defaultOverlap
	}
	overlap, err := time.ParseDuration(in.Overlap)
	if err != nil {
		return out, &provision.Error{Reason: provision.Invalid, Field: "overlap", Text: "overlap is a duration such as 24h"}
	}
	secret, until, err := a.Provision.RotateSecret(ctx, directory, in.Secret, overlap, cause(ctx))
	out.Secret = secret
	if overlap > 0 {
		out.PreviousUntil = &until
	}
	return out, err
}
