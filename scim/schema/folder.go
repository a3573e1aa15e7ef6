package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"scimd/scim/resource"
)

// Registries are what a folder of schemas gives to each directory.
type Registries struct {
	shared *Registry
	own    map[string]*Registry
}

// For gives the registry of a directory; "" is what every directory has.
func (r *Registries) For(directory string) *Registry {
	if own := r.own[directory]; own != nil {
		return own
	}
	return r.shared
}

// TypeNames lists the resource types of all directories.
func (r *Registries) TypeNames() []string {
	var names []string
	add := func(r *Registry) {
		for _, t := range r.Types {
			names = append(names, t.Name)
		}
	}
	add(r.shared)
	for _, own := range r.own {
		add(own)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// LoadFolder adds the documents of a folder to the core registry: *.json,
// *.yaml and *.yml are Schema or ResourceType resources (RFC 7643 §6, §7). A
// ResourceType named User or Group adds its schemaExtensions to the built-in
// type, any other is a new type. A sub-folder holds what only the directory of
// its name has, on top of the rest. The error joins every fault, each with its
// file and attribute. Without files (nil) it gives the core registry alone.
func LoadFolder(files fs.FS) (*Registries, error) {
	if files == nil {
		return &Registries{shared: Core()}, nil
	}
	shared, err := Core().extended(files, ".")
	all := []error{err}
	out := &Registries{shared: shared, own: map[string]*Registry{}}
	entries, err := fs.ReadDir(files, ".")
	all = append(all, err)
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		out.own[e.Name()], err = shared.extended(files, e.Name())
		all = append(all, err)
	}
	return out, errors.Join(all...)
}

// extended gives a copy of the registry with the documents of one folder.
func (r *Registry) extended(files fs.FS, folder string) (*Registry, error) {
	out := &Registry{Types: slices.Clone(r.Types), Schemas: slices.Clone(r.Schemas)}
	docs, err := readDocuments(files, folder)
	all := []error{err}
	// Schemas come first: a resource type may stand before them in the folder.
	for _, kind := range []struct {
		urn string
		add func(*Registry, document)
	}{{metaURN, (*Registry).addSchema}, {resourceTypeURN, (*Registry).addType}} {
		for _, d := range docs {
			if d.kind == kind.urn {
				kind.add(out, d)
			}
		}
	}
	for _, d := range docs {
		if d.kind == metaURN {
			out.checkReferences(d, docs)
		}
		all = append(all, d.err())
	}
	return out, errors.Join(all...)
}

// document is one file of a folder.
type document struct {
	*faults
	kind string // URN
	root *resource.Object
}

func readDocuments(files fs.FS, folder string) ([]document, error) {
	entries, err := fs.ReadDir(files, folder)
	all := []error{err}
	var out []document
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		switch isDocument := slices.Contains([]string{".json", ".yaml", ".yml"}, strings.ToLower(path.Ext(name))); {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() && folder != ".":
			all = append(all, (&faults{file: name}).refused("the folder of a directory holds no further folders"))
		case isDocument && !e.IsDir():
			d, err := readDocument(files, name)
			if all = append(all, err); err == nil {
				out = append(out, d)
			}
		}
	}
	return out, errors.Join(all...)
}

func (f *faults) refused(format string, args ...any) error {
	f.add(format, args...)
	return f.err()
}

func readDocument(files fs.FS, name string) (document, error) {
	d := document{faults: &faults{file: name}}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return d, err
	}
	if !strings.EqualFold(path.Ext(name), ".json") {
		if data, err = fromYAML(data); err != nil {
			return d, d.refused("%w", err)
		}
	}
	if d.root, err = resource.Parse(data); err != nil {
		return d, d.refused("%w", err)
	}
	urns := textsOf(d.root, "schemas")
	if len(urns) != 1 || urns[0] != metaURN && urns[0] != resourceTypeURN {
		return d, d.refused("schemas must be [%q] or [%q]", metaURN, resourceTypeURN)
	}
	d.kind = urns[0]
	return d, nil
}

// fromYAML gives the one document of a file as JSON.
func fromYAML(data []byte) ([]byte, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	var tree, more any
	if err := d.Decode(&tree); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file holds more than one document")
	}
	return json.Marshal(tree)
}

func (r *Registry) addSchema(d document) {
	if id := textOf(d.root, "id"); id != "" && r.Schema(id) != nil {
		d.add("id %q belongs to another schema", id)
	}
	s, err := newSchema(d.root, d.faults)
	if err != nil {
		d.add("%w", err)
	}
	if len(d.list) == 0 {
		r.Schemas = append(r.Schemas, s)
	}
}

// checkReferences holds referenceTypes to the types that there are.
func (r *Registry) checkReferences(d document, docs []document) {
	known := func(name string) bool {
		return name == "external" || name == "uri" || r.Type(name) != nil ||
			slices.ContainsFunc(docs, func(other document) bool {
				return other.kind == resourceTypeURN && textOf(other.root, "name") == name
			})
	}
	var check func(parent string, list []*resource.Object)
	check = func(parent string, list []*resource.Object) {
		for _, o := range list {
			for _, name := range textsOf(o, "referenceTypes") {
				if !known(name) {
					d.attribute(parent+textOf(o, "name"), "referenceTypes names %q, which is no resource type, external or uri", name)
				}
			}
			check(textOf(o, "name")+".", objectsOf(o, "subAttributes"))
		}
	}
	check("", objectsOf(d.root, "attributes"))
}
