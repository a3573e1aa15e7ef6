package scim

import (
	"fmt"
	"net/http"
	"time"

	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// serviceProviderConfig is RFC 7643 §5 with the pagination of RFC 9865 §4.
func (h *Handler) serviceProviderConfig(q *request) error {
	if err := q.noFilter(); err != nil {
		return err
	}
	o, err := resource.Parse(fmt.Appendf(nil, `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
		"patch": {"supported": true},
		"bulk": {"supported": true, "maxOperations": %d, "maxPayloadSize": %d},
		"filter": {"supported": true, "maxResults": %d},
		"changePassword": {"supported": %t},
		"sort": {"supported": true},
		"etag": {"supported": true},
		"pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": %d, "maxPageSize": %d, "cursorTimeout": %d},
		"authenticationSchemes": [{"type": "oauthbearertoken", "name": "OAuth Bearer Token",
			"description": "A bearer token of the directory in the Authorization header", "specUri": "https://www.rfc-editor.org/info/rfc6750", "primary": true}]
	}`, h.Bulk.operations(), h.Bulk.payload(), h.maxResults(), h.Passwords != nil,
		h.defaultPage(), h.maxResults(), h.cursorTimeout()/time.Second))
	if err != nil {
		return err
	}
	return q.discovered(withMeta(o, "ServiceProviderConfig", q.base+"/ServiceProviderConfig"))
}

func withMeta(o *resource.Object, kind, location string) *resource.Object {
	meta := &resource.Object{}
	meta.Set("resourceType", kind)
	meta.Set("location", location)
	o.Set("meta", meta)
	return o
}

func (q *request) discovered(o *resource.Object) error {
	q.write(http.StatusOK, o.AppendJSON(nil))
	return nil
}

func (h *Handler) resourceTypes(q *request) error {
	all := resource.Array{}
	for _, t := range q.registry.Types {
		o := &resource.Object{}
		o.Set("schemas", resource.Array{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"})
		o.Set("id", t.Name)
		o.Set("name", t.Name)
		o.Set("endpoint", t.Endpoint)
		if t.Description != "" {
			o.Set("description", t.Description)
		}
		o.Set("schema", t.Schema.ID)
		var extensions resource.Array
		for _, e := range t.Extensions {
			x := &resource.Object{}
			x.Set("schema", e.Schema.ID)
			x.Set("required", e.Required)
			extensions = append(extensions, x)
		}
		if len(extensions) > 0 {
			o.Set("schemaExtensions", extensions)
		}
		all = append(all, withMeta(o, "ResourceType", q.base+"/ResourceTypes/"+t.Name))
	}
	return q.discover(all)
}

func (h *Handler) schemas(q *request) error {
	all := resource.Array{}
	for _, s := range q.registry.Schemas {
		o, err := resource.Parse(s.JSON)
		if err != nil {
			return err
		}
		all = append(all, withMeta(o, "Schema", q.base+"/Schemas/"+s.ID))
	}
	return q.discover(all)
}

// noFilter: discovery ignores every query parameter but a filter, which it
// refuses (RFC 7644 §4).
func (q *request) noFilter() error {
	if q.params.Has("filter") {
		return scimerr.Status(http.StatusForbidden, "this endpoint does not filter")
	}
	return nil
}

// discover answers all or one of the documents.
func (q *request) discover(all resource.Array) error {
	if err := q.noFilter(); err != nil {
		return err
	}
	if q.resource == "" {
		return q.discovered(listResponse(all))
	}
	for _, v := range all {
		if o := v.(*resource.Object); resource.EqualName(text(o, "id"), q.resource) {
			return q.discovered(o)
		}
	}
	return scimerr.Status(http.StatusNotFound, "no such resource")
}
