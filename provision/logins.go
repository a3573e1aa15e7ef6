package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"scimd/mapping"
	"scimd/store"
)

// LoginInput is what the application knows of someone who logs in. Exactly one
// of Org and Parent is set.
type LoginInput struct {
	Org, Parent string
	Claims
}

// Claims are what the identity provider says of the person at a login.
type Claims struct {
	Subject               string // what the issuer calls the person for good
	UserName, Email, Name string
	Groups                []string
	Assigned              *bool // to the application; nil: yes, or there would be no login
}

// LoginReason says why a login is allowed or refused.
type LoginReason string

// The reasons.
const (
	LoginAllowed     LoginReason = "allowed"
	LoginNoMember    LoginReason = "not_a_member"
	LoginNoSeat      LoginReason = "no_seat" // S-3
	LoginPaused      LoginReason = "paused"  // P-7: nobody comes in meanwhile
	LoginNotAssigned LoginReason = LoginReason(mapping.NotAssigned)
	LoginNoGroup     LoginReason = LoginReason(mapping.NoGroup)
	LoginDeactivated LoginReason = LoginReason(mapping.Deactivated)
	LoginNotPresent  LoginReason = LoginReason(mapping.NotPresent)
	LoginOutside     LoginReason = LoginReason(mapping.Outside)
	LoginBarred      LoginReason = LoginReason(mapping.Barred)
)

// LoginAnswer is what a login comes to in one org.
type LoginAnswer struct {
	Org     store.Org
	Allowed bool
	Reason  LoginReason
	Outside bool            // let in, but outside of the verified domains (C-4)
	Account *store.Account  // nil: unknown, and stays so
	Member  *store.Member   // nil: no member
	Place   int             // in line, from 1; 0: not in line
	Before  *store.Standing // of the member, if the login changed it
	Changed bool
}

// Login decides who logs in to an org, or to every org of a parent: on jit it
// lets people in, moves them and takes them out; on the other modes it tells
// what they are. Two first logins at once make one member.
func (s *Service) Login(ctx context.Context, in LoginInput, cause store.Cause) (answers []LoginAnswer, err error) {
	if in.UserName == "" && in.Subject == "" {
		return nil, refuse(Invalid, "userName", "", "a login needs a userName or a subject")
	}
	find := s.findParent
	name := in.Parent
	if in.Org != "" {
		find, name = s.parentOf, in.Org
	}
	parent, err := find(ctx, name)
	if err != nil {
		return nil, err
	}
	cause.Kind = ByLogin
	err = s.push(ctx, parent, cause, func(w *work) error {
		l := login{work: w, claims: in.Claims}
		if err := l.begin(in.Org); err != nil {
			return err
		}
		w.then = append(w.then, func() error {
			answers, err = l.answers()
			return err
		})
		return nil
	})
	return answers, err
}

// login is one login under way.
type login struct {
	*work
	claims  Claims
	orgs    []*org
	account *store.Account // nil: unknown to the parent
	who     *person
}

func (l *login) begin(orgName string) error {
	if err := l.scope(orgName); err != nil {
		return err
	}
	if err := l.identify(); err != nil {
		return err
	}
	if err := l.gather(); err != nil {
		return err
	}
	if l.account == nil {
		if welcome := slices.ContainsFunc(l.orgs, l.welcomes); !welcome {
			return nil
		}
		if err := l.register(); err != nil {
			return err
		}
	}
	if l.claims.Subject != "" {
		if err := l.tx.SetSubject(l.parent.Key, l.claims.Subject, l.account.Key); err != nil {
			return err
		}
	}
	l.people[l.account.Key] = l.who
	for _, o := range l.orgs {
		if o.settings.Mode == mapping.JIT {
			l.touchIn(o.Key, l.account.Key)
		}
	}
	return nil
}

func (l *login) scope(orgName string) (err error) {
	if l.orgs, err = l.loadOrgs(); err != nil || orgName == "" {
		return err
	}
	o, err := l.org(orgName)
	l.orgs = []*org{o}
	return err
}

// identify finds the account: by subject, else the one that a directory user of
// the userName is linked to, else as a new directory user would be linked (I-1).
func (l *login) identify() error {
	found, err := store.Account{}, store.ErrNotFound
	if l.claims.Subject != "" {
		found, err = l.tx.AccountBySubject(l.parent.Key, l.claims.Subject)
	}
	if errors.Is(err, store.ErrNotFound) && l.claims.UserName != "" {
		found, err = l.byDirectoryUser()
	}
	if errors.Is(err, store.ErrNotFound) && l.claims.UserName != "" {
		found, err = l.tx.AccountByUserName(l.parent.Key, Fold(l.claims.UserName))
	}
	if errors.Is(err, store.ErrNotFound) && l.claims.Email != "" {
		accounts, all := l.tx.AccountsByEmail(l.parent.Key, Fold(l.claims.Email))
		if all != nil {
			return all
		}
		if len(accounts) == 1 {
			found, err = accounts[0], nil
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil && found.Into != 0 {
		found, err = l.tx.Account(l.parent.Key, found.Into)
	}
	l.account = &found
	return err
}

// byDirectoryUser finds whom the directories know by the userName, if they are
// one person: an account has one name, its users may have several (I-2, I-4).
func (l *login) byDirectoryUser() (none store.Account, err error) {
	directories, err := l.tx.Directories(l.parent.Key)
	if err != nil {
		return none, err
	}
	var found []int64
	for _, d := range directories {
		page, err := l.tx.Find(store.Query{
			Directory: d.Key, Type: store.User, Limit: 1, WithoutDocument: true,
			Where: store.Compare{Column: store.ByName, Op: store.Eq, Value: Fold(l.claims.UserName)},
		})
		if err != nil {
			return none, err
		}
		for _, u := range page.Resources {
			if !slices.Contains(found, u.Account) {
				found = append(found, u.Account)
			}
		}
	}
	if len(found) != 1 {
		return none, store.ErrNotFound
	}
	return l.tx.Account(l.parent.Key, found[0])
}

// gather puts what the directories say beside what the login says.
func (l *login) gather() (err error) {
	l.who = &person{}
	if l.account != nil {
		if l.who, err = factsOf(l.tx, l.parent, l.account.Key); err != nil {
			return err
		}
	} else if refusesOutside(l.parent) {
		l.who.Outside = outside(l.parent, l.claims.account())
	}
	assigned := l.claims.Assigned == nil || *l.claims.Assigned
	l.who.Login = &mapping.Login{Assigned: assigned}
	for _, g := range l.claims.Groups {
		l.who.Login.Groups = append(l.who.Login.Groups, Fold(g))
	}
	if l.account == nil {
		return nil
	}
	l.who.barred = map[int64]bool{}
	for _, o := range l.orgs {
		if l.who.barred[o.Key], err = l.tx.Barred(l.parent.Key, o.Key, l.account.Key); err != nil {
			return err
		}
		if l.who.barred[o.Key] && !assigned {
			// Seen unassigned: the next assignment is a new one (P-8).
			if err := l.tx.Unbar(l.parent.Key, o.Key, l.account.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c Claims) account() store.Account {
	return store.Account{
		UserName: cmp.Or(c.UserName, c.Subject), Email: c.Email, Display: cmp.Or(c.Name, c.UserName),
		FoldedUserName: Fold(cmp.Or(c.UserName, c.Subject)), FoldedEmail: Fold(c.Email),
	}
}

// welcomes tells whether a login makes a member of one whom nobody knew.
func (l *login) welcomes(o *org) bool {
	return o.settings.Mode == mapping.JIT && !o.Paused && mapping.Decide(o.product, o.settings, l.who.in(o.Key)).Entitled
}

func (l *login) register() error {
	a := l.claims.account()
	a.Parent, a.ID, a.Created = l.parent.Key, l.s.NewID(), l.now
	if err := l.tx.AddAccount(&a); err != nil {
		return err
	}
	l.account = &a
	return nil
}

func (l *login) answers() ([]LoginAnswer, error) {
	out := make([]LoginAnswer, len(l.orgs))
	for i, o := range l.orgs {
		a, err := l.answer(o)
		if err != nil {
			return nil, err
		}
		out[i] = a
	}
	return out, nil
}

func (l *login) answer(o *org) (LoginAnswer, error) {
	a := LoginAnswer{Org: o.Org, Account: l.account}
	if l.account == nil {
		a.Reason = l.refusal(o)
		return a, nil
	}
	m, err := l.member(o.Key, l.account.Key)
	if err != nil {
		return a, err
	}
	a.Member = m.member
	if a.Changed = m.changed(); a.Changed {
		a.Before = m.before
	}
	a.Reason = l.reason(o, m.member)
	a.Allowed = a.Reason == LoginAllowed
	a.Outside = a.Allowed && outside(l.parent, *l.account)
	if m.member != nil && m.member.Want != "" {
		a.Place, err = l.tx.PlaceInLine(*m.member)
	}
	return a, err
}

func (l *login) reason(o *org, m *store.Member) LoginReason {
	switch {
	case m == nil:
		return l.refusal(o)
	case o.settings.Mode != mapping.Manual && !l.who.Login.Assigned && m.State != Held:
		// The push that takes them out is under way, or the org is paused; they
		// are out already. One whom a guard holds keeps access.
		return LoginNotAssigned
	case m.State == Waiting:
		return LoginNoSeat
	}
	return LoginAllowed
}

// refusal says why one is no member.
func (l *login) refusal(o *org) LoginReason {
	if o.settings.Mode == mapping.Manual {
		return LoginNoMember
	}
	d := mapping.Decide(o.product, o.settings, l.who.in(o.Key))
	if d.Entitled && o.Paused {
		return LoginPaused
	}
	return LoginReason(d.Basis)
}
