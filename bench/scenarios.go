package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

	// seedBurst is the members of one seeding PATCH: large clients send up to
	// a thousand.
	seedBurst = 1000
)

// directory is what was seeded.
type directory struct {
	run string   // makes names unique
	ids []string // of the users, by number
}

func (d directory) userName(i int) string { return fmt.Sprintf("bench.%s.%d@example.com", d.run, i) }

// measureAll measures the ceiling, seeds, and runs every scenario. Rows
// measured before an error are returned with it.
func measureAll(ctx context.Context, cfg config, out io.Writer) ([]row, error) {
	top, err := hammer(ctx, "ceiling", cfg.ceiling, cfg, func(c *conn, _, _ int) error {
		got, err := c.do("GET", "/", "")
		return want(got, err, http.StatusOK)
	})
	rows := []row{top}
	if err != nil {
		return rows, err
	}
	rows[0].ratio = 1
	started := time.Now()
	d, err := seedUsers(cfg)
	if err != nil {
		return rows, fmt.Errorf("seeding: %w", err)
	}
	_, _ = fmt.Fprintf(out, "seeded %d users in %s\n", len(d.ids), time.Since(started).Round(time.Millisecond))

	add := func(r row, err error) error {
		if top.rate > 0 {
			r.ratio = r.rate / top.rate
		}
		rows = append(rows, r)
		if err == nil && r.fault != nil {
			err = fmt.Errorf("%s: %d wrong answers, the first: %w", r.name, r.faults, r.fault)
		}
		return err
	}
	var faults []error
	for _, s := range []struct {
		name string
		t    task
	}{
		{"GET by id", d.getByID},
		{"lookup by userName", d.lookup},
		{"PATCH user", d.patchUser},
		{"80 % reads, 20 % writes", d.mix},
	} {
		faults = append(faults, add(hammer(ctx, s.name, cfg.url, cfg, s.t)))
	}
	faults = append(faults, add(measurePOST(ctx, cfg, d)))
	for _, size := range cfg.sizes {
		if ctx.Err() != nil {
			break
		}
		faults = append(faults, add(measureMember(ctx, cfg, d, size)))
	}
	return rows, errors.Join(faults...)
}

func seedUsers(cfg config) (directory, error) {
	d := directory{run: strconv.FormatInt(time.Now().UnixNano(), 36), ids: make([]string, cfg.users)}
	err := each(cfg.connections, func(worker int) error {
		c, err := newConn(cfg.url, cfg.token)
		if err != nil {
			return err
		}
		defer c.close()
		for i := worker; i < cfg.users; i += cfg.connections {
			if d.ids[i], err = postUser(c, d.userName(i)); err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}

func postUser(c *conn, userName string) (id string, err error) {
	got, err := c.do("POST", "/Users", `{"schemas":["`+userSchema+`"],"userName":"`+userName+`","active":true,"displayName":"Bench User","name":{"givenName":"Bench","familyName":"User"},"emails":[{"value":"`+userName+`","type":"work","primary":true}],"title":"Engineer","externalId":"`+userName+`"}`)
	if err := want(got, err, http.StatusCreated); err != nil {
		return "", err
	}
	return readID(got)
}

func readID(got answer) (string, error) {
	var created struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(got.body, &created); err != nil {
		return "", fmt.Errorf("got %s, want a resource: %w", got, err)
	}
	if created.ID == "" {
		return "", fmt.Errorf("got %s, want an id", got)
	}
	return created.ID, nil
}

// pick spreads the workers over all users without a shared random source.
func (d directory) pick(worker, turn int) int { return (worker*7919 + turn*104_729) % len(d.ids) }

func (d directory) getByID(c *conn, worker, turn int) error {
	id := d.ids[d.pick(worker, turn)]
	got, err := c.do("GET", "/Users/"+id, "")
	return wantHolding(got, err, id)
}

func (d directory) lookup(c *conn, worker, turn int) error {
	i := d.pick(worker, turn)
	got, err := c.do("GET", "/Users?filter="+url.QueryEscape(`userName eq "`+d.userName(i)+`"`), "")
	return wantHolding(got, err, d.ids[i])
}

func (d directory) patchUser(c *conn, worker, turn int) error {
	title := fmt.Sprintf("title %d-%d", worker, turn)
	got, err := c.do("PATCH", "/Users/"+d.ids[d.pick(worker, turn)], patch(`{"op":"replace","path":"title","value":"`+title+`"}`))
	if got.status == http.StatusNoContent {
		return err
	}
	return wantHolding(got, err, title)
}

func (d directory) mix(c *conn, worker, turn int) error {
	switch turn % 10 {
	case 0, 5:
		return d.patchUser(c, worker, turn)
	case 1, 6:
		return d.lookup(c, worker, turn)
	}
	return d.getByID(c, worker, turn)
}

// measurePOST also holds the number of 201s against the growth of the
// directory, so that it must be the only writer.
func measurePOST(ctx context.Context, cfg config, d directory) (row, error) {
	const name = "POST user"
	before, err := countUsers(cfg)
	if err != nil {
		return row{name: name}, err
	}
	r, err := hammer(ctx, name, cfg.url, cfg, func(c *conn, worker, turn int) error {
		_, err := postUser(c, fmt.Sprintf("posted.%s.%d.%d@example.com", d.run, worker, turn))
		return err
	})
	if err != nil {
		return r, err
	}
	after, err := countUsers(cfg)
	if err == nil && r.faults == 0 && after-before != r.done {
		err = fmt.Errorf("%s: got %d more users, want the %d acknowledged ones", name, after-before, r.done)
	}
	return r, err
}

func countUsers(cfg config) (int, error) {
	c, err := newConn(cfg.url, cfg.token)
	if err != nil {
		return 0, err
	}
	defer c.close()
	got, err := c.do("GET", "/Users?count=0", "")
	if err := want(got, err, http.StatusOK); err != nil {
		return 0, err
	}
	var list struct {
		TotalResults int `json:"totalResults"`
	}
	err = json.Unmarshal(got.body, &list)
	return list.TotalResults, err
}

// measureMember adds and removes, on each connection, one person of its own in
// one group of the given size, and counts the members at the end.
func measureMember(ctx context.Context, cfg config, d directory, size int) (row, error) {
	name := fmt.Sprintf("PATCH one member of %d", size)
	c, err := newConn(cfg.url, cfg.token)
	if err != nil {
		return row{name: name}, err
	}
	defer c.close()
	group, err := seedGroup(c, d, size)
	if err != nil {
		return row{name: name}, fmt.Errorf("seeding a group of %d: %w", size, err)
	}
	// The answer without members is what every client can do with; the whole
	// group in each answer would measure the network.
	path := "/Groups/" + group + "?excludedAttributes=members"
	inside := make([]bool, cfg.connections)
	r, err := hammer(ctx, name, cfg.url, cfg, func(c *conn, worker, _ int) error {
		id := d.ids[size+worker]
		operation := `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`
		if inside[worker] {
			operation = `{"op":"remove","path":"members[value eq \"` + id + `\"]"}`
		}
		got, err := c.do("PATCH", path, patch(operation))
		if err := want(got, err, http.StatusOK, http.StatusNoContent); err != nil {
			return err
		}
		inside[worker] = !inside[worker]
		return nil
	})
	if err != nil {
		return r, err
	}
	expected := size
	for _, in := range inside {
		if in {
			expected++
		}
	}
	got, err := countMembers(c, group)
	if err == nil && r.faults == 0 && got != expected {
		err = fmt.Errorf("%s: got %d members at the end, want %d", name, got, expected)
	}
	return r, err
}

func seedGroup(c *conn, d directory, size int) (string, error) {
	got, err := c.do("POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"bench %s %d"}`, groupSchema, d.run, size))
	if err := want(got, err, http.StatusCreated); err != nil {
		return "", err
	}
	id, err := readID(got)
	if err != nil {
		return "", err
	}
	for start := 0; start < size; start += seedBurst {
		var members strings.Builder
		for i := start; i < min(start+seedBurst, size); i++ {
			if i > start {
				members.WriteByte(',')
			}
			members.WriteString(`{"value":"` + d.ids[i] + `"}`)
		}
		got, err := c.do("PATCH", "/Groups/"+id+"?excludedAttributes=members", patch(`{"op":"add","path":"members","value":[`+members.String()+`]}`))
		if err := want(got, err, http.StatusOK, http.StatusNoContent); err != nil {
			return "", err
		}
	}
	return id, nil
}

func countMembers(c *conn, group string) (int, error) {
	got, err := c.do("GET", "/Groups/"+group, "")
	if err := want(got, err, http.StatusOK); err != nil {
		return 0, err
	}
	var read struct {
		Members []struct{} `json:"members"`
	}
	err = json.Unmarshal(got.body, &read)
	return len(read.Members), err
}

func patch(operation string) string {
	return `{"schemas":["` + patchSchema + `"],"Operations":[` + operation + `]}`
}

func want(got answer, err error, statuses ...int) error {
	if err != nil {
		return err
	}
	for _, status := range statuses {
		if got.status == status {
			return nil
		}
	}
	return fmt.Errorf("got %s, want status %v", got, statuses)
}

// wantHolding also looks for a text only the right answer holds.
func wantHolding(got answer, err error, text string) error {
	if err := want(got, err, http.StatusOK); err != nil {
		return err
	}
	if !bytes.Contains(got.body, []byte(text)) {
		return fmt.Errorf("got %s, want an answer holding %q", got, text)
	}
	return nil
}
