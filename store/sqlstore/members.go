package sqlstore

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"scimd/store"
)

const memberColumns = "parent, org, account, role, tier, state, source, want, waiting_since, joined, changed, cause, hold"

var (
	putMember       = upsert("member", "parent, org, account", memberColumns+", guard")
	addMember, _, _ = strings.Cut(putMember, " ON CONFLICT")
)

// Of many who are alike.
const alikeMembers = "INSERT INTO member(" + memberColumns + `, guard)
		SELECT CAST(? AS bigint), CAST(? AS bigint), k.key, ?, ?, ?, ?, ?, CAST(? AS bigint), k.value, CAST(? AS bigint), ?, ?, ? FROM `

// waiting is the one state that takes no seat (S-1).
const waiting = "waiting"

func scanMember(s scanner) (store.Member, error) { return new(memberScan).scan(s) }

// memberScan reads members one after another.
type memberScan struct {
	cause jsonValue[store.Cause]
	hold  jsonValue[store.Hold]
}

func (c *memberScan) scan(s scanner) (m store.Member, err error) {
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
		if m.Hold, err = c.hold.value(hold.String); err != nil {
			return m, err
		}
	}
	m.Cause, err = c.cause.value(cause)
	return m, err
}

func (t *tx) Member(parent, org, account int64) (store.Member, error) {
	return one(t, scanMember, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND org = ? AND account = ?", parent, org, account)
}

func (t *tx) MembersOfOrg(parent, org, after int64, limit int) ([]store.Member, error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	return many(t, new(memberScan).scan, "SELECT "+memberColumns+` FROM member
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

// MembersOfAccount, HeldMembers, ActiveMembers and Line take the keys from an index
// that has all that is asked of it, and then the rows by their key: without
// statistics both databases may walk every member of the parent or of the org
// rather than go from an index to the rows.
func (t *tx) MembersOfAccount(parent, account int64) ([]store.Member, error) {
	orgs, err := many(t, scanKey, "SELECT org FROM member WHERE parent = ? AND account = ?", parent, account)
	if err != nil || len(orgs) == 0 {
		return nil, err
	}
	return many(t, new(memberScan).scan, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND "+t.dialect.In("org")+" AND account = ? ORDER BY org",
		parent, t.dialect.List(orgs), account)
}

func (t *tx) MembersByKey(parent, org int64, accounts []int64) ([]store.Member, error) {
	if len(accounts) == 0 {
		return nil, nil
	}
	if len(accounts) == 1 {
		return many(t, new(memberScan).scan, "SELECT "+memberColumns+" FROM member WHERE parent = ? AND org = ? AND account = ?", parent, org, accounts[0])
	}
	account, since, joined, changed := integers.of("account"), integers.of("since"), integers.of("joined"), integers.of("changed")
	shape := texts.of("shape")
	n, err := t.gather([]*column{account, since, joined, changed, shape}, `SELECT r.account, coalesce(r.waiting_since, 0) AS since, r.joined, r.changed,
			format(CAST(? AS text), r.role, r.tier, r.state, r.source, r.want, r.cause, coalesce(r.hold, '')) AS shape FROM `+t.dialect.Keys+
		t.dialect.Lookup("member", "r", "r.parent = ? AND r.org = ? AND r.account = k.value")+" ORDER BY r.account",
		wholly, t.dialect.List(accounts), parent, org)
	if err != nil || n == 0 {
		return nil, err
	}
	shapes := map[string]store.Member{}
	out := make([]store.Member, n)
	for i := range out {
		text := shape.text()
		m, known := shapes[text]
		if !known {
			if m, err = wholeMember(text); err != nil {
				return nil, err
			}
			m.Parent, m.Org = parent, org
			shapes[text] = m
		}
		m.Account, m.Joined, m.Changed = account.integer(), fromMicros(joined.integer()), fromMicros(changed.integer())
		if us := since.integer(); us != 0 {
			m.WaitingSince = fromMicros(us)
		}
		out[i] = m
	}
	return out, nil
}

// wholly is briefly of a whole member but for the numbers.
var wholly = strings.Join(slices.Repeat([]string{"%s"}, 7), "\x1f")

func wholeMember(shape string) (m store.Member, err error) {
	part := strings.Split(shape, "\x1f")
	m.Role, m.Tier, m.State, m.Source, m.Want = part[0], part[1], part[2], part[3], part[4]
	if err := json.Unmarshal([]byte(part[5]), &m.Cause); err != nil || part[6] == "" {
		return m, err
	}
	return m, json.Unmarshal([]byte(part[6]), &m.Hold)
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
	return t.MembersByKey(parent, org, held)
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
	return t.MembersByKey(parent, org, active[:min(limit, len(active))])
}

// LineClasses steps from class to class in the index, so that it costs their
// number and not the length of the line. SQLite would walk all that is equal
// before it finds what is greater than a row of three values: it is asked for
// one value at a time.
func (t *tx) LineClasses(parent, org int64) ([]store.LineClass, error) {
	var classes []store.LineClass
	c, err := t.class(parent, org, "want > ''")
	for ; err == nil; c, err = t.nextClass(parent, org, c) {
		classes = append(classes, c)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return classes, nil
}

func scanLineClass(s scanner) (c store.LineClass, err error) {
	err = s.Scan(&c.Want, &c.State, &c.Tier)
	return c, err
}

func (t *tx) nextClass(parent, org int64, c store.LineClass) (store.LineClass, error) {
	next, err := t.class(parent, org, "want = ? AND state = ? AND tier > ?", c.Want, c.State, c.Tier)
	if errors.Is(err, store.ErrNotFound) {
		next, err = t.class(parent, org, "want = ? AND state > ?", c.Want, c.State)
	}
	if errors.Is(err, store.ErrNotFound) {
		next, err = t.class(parent, org, "want > ?", c.Want)
	}
	return next, err
}

func (t *tx) class(parent, org int64, where string, args ...any) (store.LineClass, error) {
	return one(t, scanLineClass, `SELECT want, state, tier FROM member
		WHERE parent = ? AND org = ? AND want <> '' AND state <> 'held' AND `+where+`
		ORDER BY want, state, tier LIMIT 1`, append([]any{parent, org}, args...)...)
}

func (t *tx) Line(parent, org int64, c store.LineClass, behind store.Place, limit int) ([]store.Member, error) {
	accounts, err := many(t, scanKey, `SELECT account FROM member
		WHERE parent = ? AND org = ? AND want = ? AND state = ? AND tier = ? AND want <> '' AND state <> 'held'
			AND (waiting_since, account) > (?, ?)
		ORDER BY waiting_since, account LIMIT ?`, parent, org, c.Want, c.State, c.Tier, micros(behind.Since), behind.Account, limit)
	if err != nil {
		return nil, err
	}
	line, err := t.MembersByKey(parent, org, accounts)
	slices.SortFunc(line, func(a, b store.Member) int { return a.Place().Compare(b.Place()) })
	return line, err
}

func (t *tx) PlaceInLine(m store.Member) (int, error) {
	n, err := one(t, scanKey, `SELECT count(*) + 1 FROM member
		WHERE parent = ? AND org = ? AND want = ? AND want <> '' AND state <> 'held' AND (waiting_since, account) < (?, ?)`,
		m.Parent, m.Org, m.Want, micros(m.WaitingSince), m.Account)
	return int(n), err
}

func (t *tx) PutMembers(members ...store.Member) error {
	for len(members) > 0 {
		parent, org := members[0].Parent, members[0].Org
		n := slices.IndexFunc(members, func(m store.Member) bool { return m.Parent != parent || m.Org != org })
		if n < 0 {
			n = len(members)
		}
		if err := t.putIn(parent, org, members[:n]); err != nil {
			return err
		}
		members = members[n:]
	}
	return nil
}

func (t *tx) putIn(parent, org int64, members []store.Member) error {
	accounts := make([]int64, 0, len(members))
	seats := map[string]int{}
	for _, m := range members {
		accounts = append(accounts, m.Account)
		if m.State != waiting {
			seats[m.Tier]++
		}
	}
	if err := t.moveSeats(parent, org, accounts, seats); err != nil {
		return err
	}
	return t.writeMembers(putMember, members)
}

// writeMembers is a statement for each of members, which inserts them.
func (t *tx) writeMembers(statement string, members []store.Member) error {
	var rest []any
	for _, some := range alike(members) {
		values, err := memberValues(some[0])
		if err != nil {
			return err
		}
		if len(some) >= severalAlike {
			if err := t.writeAlike(statement, some, values); err != nil {
				return err
			}
			continue
		}
		for _, m := range some {
			values[accountAt], values[joinedAt] = m.Account, micros(m.Joined)
			rest = append(rest, values...)
		}
	}
	return t.execRows(statement, rest)
}

// alike puts those together who differ in who they are and since when alone: of
// people who change together there are many.
func alike(members []store.Member) [][]store.Member {
	var out [][]store.Member
	place := map[store.Member]int{}
	for _, m := range members {
		shape := m
		shape.Account, shape.Joined = 0, time.Time{}
		i, known := place[shape]
		if !known {
			i = len(out)
			place[shape], out = i, append(out, nil)
		}
		out[i] = append(out[i], m)
	}
	return out
}

// Where the columns stand in which they differ.
var (
	accountAt = slices.Index(strings.Split(memberColumns, ", "), "account")
	joinedAt  = slices.Index(strings.Split(memberColumns, ", "), "joined")
)

// memberValues are those of memberColumns and the guard.
func memberValues(m store.Member) ([]any, error) {
	by, err := toJSON(m.Cause)
	if err != nil {
		return nil, err
	}
	held := sql.NullString{Valid: m.Hold != (store.Hold{})}
	if held.Valid {
		if held.String, err = toJSON(m.Hold); err != nil {
			return nil, err
		}
	}
	return []any{
		m.Parent, m.Org, m.Account, m.Role, m.Tier, m.State, m.Source, m.Want, optional(m.WaitingSince),
		micros(m.Joined), micros(m.Changed), by, held, m.Hold.Guard,
	}, nil
}

// writeAlike is writeMembers for those who are alike, with the values of one of them.
func (t *tx) writeAlike(statement string, members []store.Member, values []any) error {
	accounts, joined := make([]int64, len(members)), make([]int64, len(members))
	for i, m := range members {
		accounts[i], joined[i] = m.Account, micros(m.Joined)
	}
	values = slices.Delete(values, joinedAt, joinedAt+1)
	values = slices.Delete(values, accountAt, accountAt+1)
	return t.exec(alikeMembers+t.dialect.Pairs+" WHERE true"+strings.TrimPrefix(statement, addMember), append(values, t.dialect.ListPairs(accounts, joined)...)...)
}

func (t *tx) AddToOrg(members ...store.Member) error {
	if len(members) == 0 {
		return nil
	}
	type pool struct {
		parent, org int64
		tier        string
	}
	taken := map[pool]int{}
	var pools []pool
	for _, m := range members {
		if m.State == waiting {
			continue
		}
		p := pool{m.Parent, m.Org, m.Tier}
		if taken[p]++; taken[p] == 1 {
			pools = append(pools, p)
		}
	}
	seats := make([]any, 0, 4*len(pools))
	for _, p := range pools {
		seats = append(seats, p.parent, p.org, p.tier, taken[p])
	}
	if err := t.execRows(`INSERT INTO seat(parent, org, tier, owned, used) VALUES(?, ?, ?, NULL, ?)
		ON CONFLICT(parent, org, tier) DO UPDATE SET used = seat.used + excluded.used`, seats); err != nil {
		return err
	}
	return t.writeMembers(addMember, members)
}

// moveSeats gives back the seats of members that are about to change or go, and
// takes others in their place: fewer first, so that no pool is over meanwhile.
func (t *tx) moveSeats(parent, org int64, accounts []int64, taken map[string]int) error {
	var seats map[string]int
	var err error
	if len(accounts) == 1 {
		seats, err = t.tierCounts("SELECT tier, 1 FROM member WHERE parent = ? AND org = ? AND account = ? AND state <> ?", parent, org, accounts[0], waiting)
	} else {
		seats, err = t.tierCounts("SELECT r.tier, count(*) FROM "+t.dialect.Keys+
			t.dialect.Lookup("member", "r", "r.parent = ? AND r.org = ? AND r.account = k.value")+" WHERE r.state <> ? GROUP BY r.tier",
			t.dialect.List(accounts), parent, org, waiting)
	}
	if err != nil {
		return err
	}
	for tier, n := range seats {
		seats[tier] = -n
	}
	for tier, n := range taken {
		seats[tier] += n
	}
	for _, tier := range slices.SortedFunc(maps.Keys(seats), func(a, b string) int { return cmp.Compare(seats[a], seats[b]) }) {
		if seats[tier] == 0 {
			continue
		}
		if err := t.takeSeats(parent, org, tier, seats[tier]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) RemoveFromOrg(parent, org int64, accounts ...int64) error {
	if len(accounts) == 0 {
		return nil
	}
	query, args := "DELETE FROM member WHERE parent = ? AND org = ? AND account = ?", []any{parent, org, accounts[0]}
	if len(accounts) > 1 {
		query, args = t.dialect.DeleteKeys("member", "account", "r.parent = ? AND r.org = ?"), []any{t.dialect.List(accounts), parent, org}
	}
	if !t.dialect.Returning {
		if err := t.moveSeats(parent, org, accounts, nil); err != nil {
			return err
		}
		n, err := t.affected(query, args...)
		if err == nil && n != int64(len(accounts)) {
			err = store.ErrNotFound
		}
		return err
	}
	gone, err := many(t, scanSeatHeld, query+" RETURNING tier, state", args...)
	if err != nil {
		return err
	}
	if len(gone) != len(accounts) {
		return store.ErrNotFound
	}
	free := map[string]int{}
	for _, s := range gone {
		if s.state != waiting {
			free[s.tier]++
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(free)) {
		if err := t.takeSeats(parent, org, tier, -free[tier]); err != nil {
			return err
		}
	}
	return nil
}

type seatHeld struct{ tier, state string }

func scanSeatHeld(s scanner) (h seatHeld, err error) {
	err = s.Scan(&h.tier, &h.state)
	return h, err
}
