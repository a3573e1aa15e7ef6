package provision

import (
	"context"
	"errors"

	"scimd/store"
)

// Type is a resource type that a deployment defines.
type Type struct {
	Number store.ResourceType
	Name   string // as errors call it
}

// ResourceInput is a resource of such a type as a front door hands it over.
type ResourceInput struct {
	Display, ExternalID string
	Document            []byte // canonical JSON without id and meta
	Unique              []store.UniqueValue
}

func (in ResourceInput) fill(r *store.Resource) {
	r.Display, r.ExternalID, r.Active = in.Display, store.Exact(in.ExternalID), true
	r.Document, r.Unique = in.Document, in.Unique
}

// NumberTypes gives each named type the number that marks its rows; a name
// keeps its number for good.
func (s *Service) NumberTypes(ctx context.Context, names []string) (map[string]store.ResourceType, error) {
	var numbers map[string]store.ResourceType
	err := s.Store.Update(ctx, func(_ context.Context, tx store.Tx) (err error) {
		numbers = make(map[string]store.ResourceType, len(names))
		for _, name := range names {
			if numbers[name], err = tx.AddResourceType(name); err != nil {
				return err
			}
		}
		return nil
	})
	return numbers, err
}

// CreateResource adds a resource to a directory. It concerns no person. A
// unique value that another has is Taken.
func (s *Service) CreateResource(ctx context.Context, d store.Directory, t Type, in ResourceInput, cause store.Cause) (store.Resource, error) {
	var out store.Resource
	err := s.push(ctx, d.Parent, cause, func(w *work) error {
		out = store.Resource{Directory: d.Key, Type: t.Number, ID: s.NewID(), Created: w.now, Modified: w.now, Version: 1}
		in.fill(&out)
		return valueTaken(w.tx.AddResource(&out))
	})
	return out, err
}

// ChangeResource replaces a resource by what change makes of the current row,
// inside the transaction, so that no concurrent change is lost. change may run
// twice. An equal result changes nothing: version and lastModified stay.
func (s *Service) ChangeResource(ctx context.Context, d store.Directory, t Type, id string, cause store.Cause, change func(cur store.Resource) (ResourceInput, error)) (store.Resource, error) {
	var out store.Resource
	err := s.push(ctx, d.Parent, cause, func(w *work) error {
		cur, err := w.tx.Resource(d.Key, t.Number, id)
		if err != nil {
			return resourceMissing(err, t.Name, id)
		}
		in, err := change(cur)
		if err != nil {
			return err
		}
		next := cur
		in.fill(&next)
		out = cur
		if sameResource(cur, next) {
			return nil
		}
		next.Modified, next.Version = w.now, cur.Version+1
		out = next
		return valueTaken(w.setResource(cur, next))
	})
	return out, err
}

// DeleteResource removes a resource and every membership it had. check, if any,
// may refuse the row as it is then.
func (s *Service) DeleteResource(ctx context.Context, d store.Directory, t Type, id string, cause store.Cause, check func(cur store.Resource) error) error {
	return s.push(ctx, d.Parent, cause, func(w *work) error {
		cur, err := w.tx.Resource(d.Key, t.Number, id)
		if err != nil {
			return resourceMissing(err, t.Name, id)
		}
		if err := allowed(check, cur); err != nil {
			return err
		}
		return w.tx.RemoveResource(d.Key, cur.Key)
	})
}

// valueTaken names the attribute whose value another resource has.
func valueTaken(err error) error {
	var taken *store.TakenError
	if errors.As(err, &taken) {
		return refuse(Taken, taken.Attribute, "", "the value of %s is taken by another resource", taken.Attribute)
	}
	return err
}
