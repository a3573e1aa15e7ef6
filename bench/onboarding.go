package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"scimd/bench/people"
)

// absent asks for someone as an identity provider does before it creates them.
func absent(c *conn, attribute, value string) error {
	got, err := c.do("GET", "/Users?filter="+url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, value)), "")
	return wantHolding(got, err, `"totalResults":0,`)
}

// onboard lets people come in as each identity provider does it: figures are
// for each person.
func (w *world) onboard(ctx context.Context) error {
	return errors.Join(w.onboardOkta(ctx), w.onboardEntra(ctx), w.onboardBulk(ctx))
}

func (w *world) onboardOkta(ctx context.Context) error {
	const name = "onboarding by Okta: lookup, POST"
	var a arrivals
	err := w.rate(ctx, name, budget{}, func(c *conn, _, _ int) error {
		number := w.newcomer()
		if err := absent(c, "userName", w.User(number).UserName); err != nil {
			return err
		}
		id, err := c.create("/Users", w.JSON(number))
		if err == nil {
			a.add(id, number)
		}
		return err
	})
	return errors.Join(err, named(name, w.arrived(&a)))
}

// onboardEntra puts everyone into the group of all, which lets them into each
// org, by one request for each person.
func (w *world) onboardEntra(ctx context.Context) error {
	const name = "onboarding by Entra: two lookups, POST, PATCH group"
	group, err := w.group(people.Everyone)
	if err != nil {
		return named(name, err)
	}
	var a arrivals
	err = w.rate(ctx, name, budget{}, func(c *conn, _, _ int) error {
		number := w.newcomer()
		u := w.User(number)
		if err := errors.Join(absent(c, "externalId", u.ExternalID), absent(c, "userName", u.UserName)); err != nil {
			return err
		}
		id, err := c.create("/Users", w.JSON(number))
		if err != nil {
			return err
		}
		a.add(id, number)
		got, err := c.do("PATCH", "/Groups/"+group+"?excludedAttributes=members", patch(`{"op":"Add","path":"members","value":[{"value":"`+id+`"}]}`))
		return want(got, err, http.StatusOK, http.StatusNoContent)
	})
	return errors.Join(err, named(name, w.arrived(&a, group)))
}

// bulkSize is the people of one bulk request.
const bulkSize = 50

func (w *world) onboardBulk(ctx context.Context) error {
	name := fmt.Sprintf("onboarding by bulk: %d in a request", bulkSize)
	var a arrivals
	f, err := w.beside(ctx, w.scim, func(c *conn, _, _ int) error { return w.pushBulk(c, &a) })
	f.rate *= bulkSize
	w.add(row{name: name, figures: f, ratio: w.ofCeiling(f.rate)})
	return named(name, errors.Join(err, w.arrived(&a)))
}

func (w *world) pushBulk(c *conn, a *arrivals) error {
	var body strings.Builder
	body.WriteString(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`)
	numbers := map[string]int{}
	for i := range bulkSize {
		number := w.newcomer()
		bulkID := strconv.Itoa(number)
		numbers[bulkID] = number
		if i > 0 {
			body.WriteByte(',')
		}
		body.WriteString(`{"method":"POST","path":"/Users","bulkId":"` + bulkID + `","data":` + w.JSON(number) + `}`)
	}
	got, err := c.do("POST", "/Bulk", body.String()+"]}")
	if err := want(got, err, http.StatusOK); err != nil {
		return err
	}
	var answered struct {
		Operations []struct{ BulkID, Location, Status string }
	}
	if err := json.Unmarshal(got.body, &answered); err != nil {
		return err
	}
	if len(answered.Operations) != bulkSize {
		return fmt.Errorf("got %d answers to %d operations", len(answered.Operations), bulkSize)
	}
	for _, o := range answered.Operations {
		number, ours := numbers[o.BulkID]
		if o.Status != "201" || !ours {
			return fmt.Errorf("got %+v, want a user created", o)
		}
		a.add(o.Location[strings.LastIndex(o.Location, "/")+1:], number)
	}
	return nil
}
