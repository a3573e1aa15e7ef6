package api

import (
	"context"
	"time"

	"scimd/provision"
	"scimd/store"
)

type accessView struct {
	Account  string      `json:"account"`
	UserName string      `json:"userName"`
	Email    string      `json:"email"`
	Name     string      `json:"name,omitempty"`
	Role     string      `json:"role"`
	Tier     string      `json:"tier,omitempty"`
	State    string      `json:"state" doc:"one who waits had no access"`
	Since    time.Time   `json:"since"`
	Cause    store.Cause `json:"cause"`
	Why      string      `json:"why"`
}

var accessColumns = []string{"account", "userName", "email", "name", "role", "tier", "state", "since", "cause", "actor", "request", "why"}

func (v accessView) cells() []string {
	return []string{
		v.Account, v.UserName, v.Email, v.Name, v.Role, v.Tier, v.State, stamp(v.Since), v.Cause.Kind, v.Cause.Actor, v.Cause.Request, v.Why,
	}
}

func (a *API) access() {
	sheet(a, "/orgs/{org}/access", "report who had which role in an org", accessColumns, accessView.cells, func(ctx context.Context, in *struct {
		OrgPath
		At string `query:"at" doc:"a time, or a date: the end of that day, UTC; absent: now"`
		SheetQuery
	}, row func(accessView) error) error {
		at := a.Provision.Now()
		if in.At != "" {
			var err error
			if at, err = moment("at", in.At); err != nil {
				return err
			}
		}
		return a.Provision.ReportAccess(ctx, in.Org, at, func(x provision.Access) error {
			return row(accessView{
				Account: x.Account.ID, UserName: x.Account.UserName, Email: x.Account.Email, Name: x.Account.Display,
				Role: x.Standing.Role, Tier: x.Standing.Tier, State: x.Standing.State, Since: x.Since, Cause: x.Cause, Why: x.Why,
			})
		})
	})
}
