package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"scimd/provision"
	"scimd/store"
)

// DirectoryView is a directory as it is shown.
type DirectoryView struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Parent  string          `json:"parent" doc:"the parent's name"`
	Kind    string          `json:"kind" doc:"who writes it: scim or workos"`
	WorkOS  *workosView     `json:"workos,omitempty"`
	Profile string          `json:"profile"`
	Quirks  map[string]bool `json:"quirks,omitempty"`
	Created time.Time       `json:"created"`
	// What is pushed to a detached one is stored all the same.
	Detached *time.Time `json:"detached,omitempty" doc:"since then it entitles nobody (P-8)"`
}

func viewDirectory(r store.Reader, d store.Directory) (DirectoryView, error) {
	p, err := r.Parent(d.Parent)
	return DirectoryView{d.ID, d.Name, p.Name, string(d.Kind), viewWorkOS(d), d.Profile, d.Quirks, d.Created, unlessZero(d.Detached)}, err
}

// DirectoryPath names a directory.
type DirectoryPath struct {
	Directory string `path:"directory" doc:"id or name"`
}

type newDirectory struct {
	Parent  string `json:"parent" doc:"id or name"`
	Name    string `json:"name"`
	Profile string `json:"profile,omitempty" doc:"interop (default) or strict"`
	Kind    string `json:"kind,omitempty" doc:"scim (default) or workos"`
	// Of kind workos.
	WorkOSDirectory string `json:"workosDirectory,omitempty" doc:"workos: WorkOS's id of the directory"`
	Secret          string `json:"secret,omitempty" doc:"workos: what WorkOS signs with; empty: a new one"`
}

type newDirectoryView struct {
	DirectoryView
	Secret string `json:"secret,omitempty" doc:"workos: what signs deliveries; shown this once"`
}

type directoryChange struct {
	Profile *string          `json:"profile,omitempty" doc:"interop or strict"`
	Quirks  map[string]*bool `json:"quirks,omitempty" doc:"by name; null: as the profile has it"`
}

// PageQuery asks for a page as SCIM does, from 1.
type PageQuery struct {
	DirectoryPath
	StartIndex int `query:"startIndex" minimum:"1" default:"1"`
	Count      int `query:"count" minimum:"0" maximum:"1000" default:"100"`
}

func (q PageQuery) query(d store.Directory, typ store.ResourceType) store.Query {
	return store.Query{Directory: d.Key, Type: typ, Offset: q.StartIndex - 1, Limit: q.Count}
}

type page[T any] struct {
	Items      []T `json:"items"`
	Total      int `json:"total"`
	StartIndex int `json:"startIndex"`
}

type userView struct {
	ID         string `json:"id"`
	UserName   string `json:"userName"`
	ExternalID string `json:"externalId,omitempty"`
	Active     bool   `json:"active"`
}

type groupView struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	ExternalID  string `json:"externalId,omitempty"`
	MemberCount *int   `json:"memberCount,omitempty" doc:"direct members, when asked for"`
}

func (a *API) directories() {
	read(a, "/directories", "list directories", func(ctx context.Context, in *struct {
		Parent string `query:"parent" doc:"id or name; empty: of every parent"`
	}) (out list[DirectoryView], err error) {
		err = a.view(ctx, func(r store.Reader) error {
			out.Items, err = directoriesOf(r, in.Parent)
			return err
		})
		return out, err
	})
	create(a, "/directories", "create a directory", func(ctx context.Context, in *struct{ Body newDirectory }) (out newDirectoryView, err error) {
		d, secret, err := a.createDirectory(ctx, in.Body)
		if err != nil {
			return out, err
		}
		out.Secret = secret
		out.DirectoryView, err = a.directory(ctx, d.ID)
		return out, err
	})
	read(a, "/directories/{directory}", "show a directory", func(ctx context.Context, in *DirectoryPath) (DirectoryView, error) {
		return a.directory(ctx, in.Directory)
	})
	change(a, "/directories/{directory}", "change how a directory speaks SCIM", func(ctx context.Context, in *struct {
		DirectoryPath
		Body directoryChange
	}) (DirectoryView, error) {
		d, err := a.Provision.ChangeDirectory(ctx, in.Directory, provision.DirectoryChange(in.Body), cause(ctx))
		if err != nil {
			return DirectoryView{}, err
		}
		return a.directory(ctx, d.ID)
	})
	read(a, "/directories/{directory}/users", "list users of a directory", a.users)
	a.passwords()
	read(a, "/directories/{directory}/groups", "list groups of a directory", a.groups)
}

func (a *API) createDirectory(ctx context.Context, in newDirectory) (d store.Directory, secret string, err error) {
	switch store.DirectoryKind(in.Kind) {
	case "", store.KindSCIM:
		d, err = a.Provision.CreateDirectory(ctx, in.Parent, in.Name, in.Profile, cause(ctx))
		return d, "", err
	case store.KindWorkOS:
		return a.Provision.CreateWorkOSDirectory(ctx, provision.WorkOSInput{
			Parent: in.Parent, Name: in.Name, Profile: in.Profile, Directory: in.WorkOSDirectory, Secret: in.Secret,
		}, cause(ctx))
	}
	return d, "", &provision.Error{Reason: provision.Invalid, Field: "kind", Text: fmt.Sprintf("kind %q is not one of scim, workos", in.Kind)}
}

func (a *API) users(ctx context.Context, in *PageQuery) (page[userView], error) {
	out := page[userView]{Items: []userView{}, StartIndex: in.StartIndex}
	err := a.viewDirectory(ctx, in.Directory, func(r store.Reader, d store.Directory) error {
		found, err := r.Find(in.query(d, store.User))
		out.Total = found.Total
		for _, u := range found.Resources {
			// The column is folded; people know the name as it was sent.
			var sent struct {
				UserName string `json:"userName"`
			}
			if err := json.Unmarshal(u.Document, &sent); err != nil {
				return err
			}
			out.Items = append(out.Items, userView{u.ID, sent.UserName, u.ExternalID, u.Active})
		}
		return err
	})
	return out, err
}

func (a *API) groups(ctx context.Context, in *struct {
	PageQuery
	MemberCount bool `query:"memberCount" doc:"count the direct members too"`
}) (page[groupView], error) {
	out := page[groupView]{Items: []groupView{}, StartIndex: in.StartIndex}
	err := a.viewDirectory(ctx, in.Directory, func(r store.Reader, d store.Directory) error {
		q := in.query(d, store.Group)
		q.WithoutDocument = true
		found, err := r.Find(q)
		if err != nil {
			return err
		}
		out.Total = found.Total
		for _, g := range found.Resources {
			v := groupView{ID: g.ID, DisplayName: g.Display, ExternalID: g.ExternalID}
			if in.MemberCount {
				n, err := r.CountMembers(d.Key, g.Key, 0)
				if err != nil {
					return err
				}
				v.MemberCount = &n
			}
			out.Items = append(out.Items, v)
		}
		return nil
	})
	return out, err
}

func (a *API) directory(ctx context.Context, idOrName string) (out DirectoryView, err error) {
	err = a.viewDirectory(ctx, idOrName, func(r store.Reader, d store.Directory) error {
		out, err = viewDirectory(r, d)
		return err
	})
	return out, err
}

// viewDirectory runs a read that is about one directory.
func (a *API) viewDirectory(ctx context.Context, idOrName string, fn func(store.Reader, store.Directory) error) error {
	return a.view(ctx, func(r store.Reader) error {
		d, err := r.FindDirectory(idOrName)
		if err != nil {
			return missing(err, "directory", idOrName)
		}
		return fn(r, d)
	})
}

func directoriesOf(r store.Reader, parent string) ([]DirectoryView, error) {
	parents, err := parentsNamed(r, parent)
	if err != nil {
		return nil, err
	}
	out := []DirectoryView{}
	for _, p := range parents {
		directories, err := r.Directories(p.Key)
		if err != nil {
			return nil, err
		}
		for _, d := range directories {
			v, err := viewDirectory(r, d)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	return out, nil
}
