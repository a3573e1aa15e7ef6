package sqlstore

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	"scimd/store"
)

const memberColumns = "parent, org, account, role, tier, state, source, want, waiting_since, joined, changed, cause, hold"

var putMember = upsert("member", "parent, org, account", memberColumns+", guard")

// waiting is the one state that takes no seat (S-1).
const waiting = "waiting"

func scanMember(s scanner) (m store.Member, err error) {
	var since sql.NullInt64
	var joined, changed int64
	var cause string
	var hold sql.NullString
	err = s.Scan(&m.Parent, &m.Org, &m.Account, &m.Role, &m.Tier, &m.State, &m.Source, &m.Want, &since, &joined, &changed, &cause, &hold)
	if err != nil {
		return m, err
	}
	m.WaitingSince, m.Joined, m.Changed = fromOptional(since), fromMicros(joined), fromMicros(changed)
	if hold.Valid {
		err = json.Unmarshal([]byte(hold.String), &m.Hold)
	}
	return m, errors.Join(err, json.Unmarshal([]byte(cause), &m.Cause))
}

func (t *tx) Member(parent, org, account int64) (store.Member, error) {
	return one(t, scanMember, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}

func (t *tx) MembersOfOrg(parent, org, after int64, limit int) ([]store.Member, error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	return many(t, scanMember, "SELECT "+memberColumns+` FROM member
		WHERE parent = ? AND org = ? AND account > ? ORDER BY account LIMIT ?`, parent, org, after, limit)
}

func (t *tx) MembersBriefly(parent, org, after int64, limit int) ([]store.Member, error) {
	out := make([]store.Member, 0, limit)
	shapes := map[string]store.Member{}
	err := each(t, scanBrief, func(b brief) bool {
		m, known := shapes[b.shape]
		if !known {
			m = b.member()
			m.Parent, m.Org = parent, org
			shapes[b.shape] = m
		}
		m.Account = b.account
		out = append(out, m)
		return true
	}, `SELECT account, format(CAST(? AS text), role, tier, state, source, want, guard,
			CASE WHEN hold IS NULL THEN '' ELSE `+t.dialect.Field("hold", "action")+` END, CASE WHEN hold IS NULL THEN '' ELSE `+t.dialect.Field("hold", "basis")+` END)
		FROM member WHERE parent = ? AND org = ? AND account > ? ORDER BY account LIMIT ?`, briefly, parent, org, after, limit)
	return out, err
}

// briefly joins what is read by a character that no name has.
var briefly = strings.Join(slices.Repeat([]string{"%s"}, 8), "\x1f")

// brief is a member as one value: an org has few of them, and a million
// members are read in a sync.
type brief struct {
	account int64
	shape   string
}

func scanBrief(s scanner) (b brief, err error) {
	err = s.Scan(&b.account, &b.shape)
	return b, err
}

func (b brief) member() (m store.Member) {
	part := strings.Split(b.shape, "\x1f")
	m.Role, m.Tier, m.State, m.Source, m.Want = part[0], part[1], part[2], part[3], part[4]
	m.Hold.Guard, m.Hold.Action, m.Hold.Basis = part[5], part[6], part[7]
	return m
}

// MembersOfAccount, HeldMembers, ActiveMembers and inClass take the keys from an index
// that has all that is asked of it, and then the rows by their key: without
// statistics both databases may walk every member of the parent or of the org
// rather than go from an index to the rows.
func (t *tx) MembersOfAccount(parent, account int64) ([]store.Member, error) {
	orgs, err := many(t, scanKey, "SELECT org FROM member WHERE parent = ? AND account = ?", parent, account)
	if err != nil || len(orgs) == 0 {
		return nil, err
	}
	return many(t, scanMember, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND "+t.dialect.In("org")+" AND account = ? ORDER BY org",
		parent, t.dialect.List(orgs), account)
}

// membersByKey gives members of an org by account key.
func (t *tx) membersByKey(parent, org int64, accounts []int64) ([]store.Member, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	return many(t, scanMember, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND org = ? AND "+t.dialect.In("account")+" ORDER BY account",
		parent, org, t.dialect.List(accounts))
}

func (t *tx) HeldMembers(parent, org int64, guard string, after int64, limit int) ([]store.Member, error) {
	by, args := "", []any{parent, org}
	if guard != "" {
		by, args = "AND guard = ?", append(args, guard)
	}
	held, err := many(t, scanKey, "SELECT account FROM member WHERE parent = ? AND org = ? AND state = 'held' "+by+" AND account > ? ORDER BY account LIMIT ?",
		append(args, after, limit)...)
	if err != nil {
		return nil, err
	}
	return t.membersByKey(parent, org, held)
}

// ActiveMembers asks for each role alone: together they would all be read
// and sorted before the first is given.
func (t *tx) ActiveMembers(parent, org int64, roles []string, limit int) ([]store.Member, error) {
	roles = slices.Clone(roles)
	slices.Sort(roles)
	var active []int64
	for _, role := range slices.Compact(roles) {
		found, err := many(t, scanKey, "SELECT account FROM member WHERE parent = ? AND org = ? AND role = ? AND state = 'active' ORDER BY account LIMIT ?",
			parent, org, role, limit)
		if err != nil {
			return nil, err
		}
		active = append(active, found...)
	}
	slices.Sort(active)
	return t.membersByKey(parent, org, active[:min(limit, len(active))])
}

// Line steps from class to class in the index, so that it costs the number of
// classes and not the length of the line. SQLite would walk all that is equal
// before it finds what is greater than a row of three values: it is asked for
// one value at a time.
func (t *tx) Line(parent, org int64, first int) ([]store.Member, error) {
	var line []store.Member
	c, err := t.class(parent, org, "want > ''")
	for ; err == nil; c, err = t.nextClass(parent, org, c) {
		members, err := t.inClass(parent, org, c, first)
		if err != nil {
			return nil, err
		}
		line = append(line, members...)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	slices.SortFunc(line, func(a, b store.Member) int {
		return cmp.Or(a.WaitingSince.Compare(b.WaitingSince), cmp.Compare(a.Account, b.Account))
	})
	return line, nil
}

// lineClass is what those in line have in common who take the same seats.
type lineClass struct{ want, state, tier string }

func scanLineClass(s scanner) (c lineClass, err error) {
	err = s.Scan(&c.want, &c.state, &c.tier)
	return c, err
}

func (t *tx) nextClass(parent, org int64, c lineClass) (lineClass, error) {
	next, err := t.class(parent, org, "want = ? AND state = ? AND tier > ?", c.want, c.state, c.tier)
	if errors.Is(err, store.ErrNotFound) {
		next, err = t.class(parent, org, "want = ? AND state > ?", c.want, c.state)
	}
	if errors.Is(err, store.ErrNotFound) {
		next, err = t.class(parent, org, "want > ?", c.want)
	}
	return next, err
}

func (t *tx) class(parent, org int64, where string, args ...any) (lineClass, error) {
	return one(t, scanLineClass, `SELECT want, state, tier FROM member
		WHERE parent = ? AND org = ? AND want <> '' AND state <> 'held' AND `+where+`
		ORDER BY want, state, tier LIMIT 1`, append([]any{parent, org}, args...)...)
}

func (t *tx) inClass(parent, org int64, c lineClass, first int) ([]store.Member, error) {
	accounts, err := many(t, scanKey, `SELECT account FROM member
		WHERE parent = ? AND org = ? AND want = ? AND state = ? AND tier = ? AND want <> '' AND state <> 'held'
		ORDER BY waiting_since, account LIMIT ?`, parent, org, c.want, c.state, c.tier, first)
	if err != nil {
		return nil, err
	}
	return t.membersByKey(parent, org, accounts)
}

func (t *tx) PlaceInLine(m store.Member) (int, error) {
	n, err := one(t, scanKey, `SELECT count(*) + 1 FROM member
		WHERE parent = ? AND org = ? AND want = ? AND want <> '' AND state <> 'held' AND (waiting_since, account) < (?, ?)`,
		m.Parent, m.Org, m.Want, micros(m.WaitingSince), m.Account)
	return int(n), err
}

func (t *tx) PutMember(m store.Member) error {
	if err := t.vacate(m.Parent, m.Org, m.Account); err != nil {
		return err
	}
	if m.State != waiting {
		if err := t.takeSeats(m.Parent, m.Org, m.Tier, 1); err != nil {
			return err
		}
	}
	cause, err := toJSON(m.Cause)
	if err != nil {
		return err
	}
	hold, err := holdJSON(m.Hold)
	if err != nil {
		return err
	}
	return t.exec(putMember,
		m.Parent, m.Org, m.Account, m.Role, m.Tier, m.State, m.Source, m.Want, optional(m.WaitingSince),
		micros(m.Joined), micros(m.Changed), cause, hold, m.Hold.Guard)
}

// holdJSON is NULL for no hold.
func holdJSON(h store.Hold) (sql.NullString, error) {
	if h == (store.Hold{}) {
		return sql.NullString{}, nil
	}
	b, err := toJSON(h)
	return sql.NullString{String: b, Valid: true}, err
}

// vacate gives back the seat of a member that is about to change or go.
func (t *tx) vacate(parent, org, account int64) error {
	m, err := t.Member(parent, org, account)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || m.State == waiting {
		return err
	}
	return t.takeSeats(parent, org, m.Tier, -1)
}

func (t *tx) RemoveMember(parent, org, account int64) error {
	if err := t.vacate(parent, org, account); err != nil {
		return err
	}
	return t.execOne("DELETE FROM member WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}
