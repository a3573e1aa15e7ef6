package declare

import (
	"cmp"
	"maps"
	"slices"

	"scimd/provision"
	"scimd/store"
)

func (c *comparison) directories() {
	for i, want := range c.want.Directories {
		if want.wrong {
			continue
		}
		j := slices.IndexFunc(c.have.Directories, func(d Directory) bool { return d.Name == want.Name })
		if j < 0 {
			c.newDirectory(want, at("directories[%d]", i))
			continue
		}
		c.directory(c.have.Directories[j], want, at("directories[%d]", i))
	}
}

func (c *comparison) newDirectory(want Directory, path string) {
	if cmp.Or(want.Kind, string(store.KindSCIM)) != string(store.KindSCIM) {
		c.faults.add(path+".kind", "directory %s: a file makes directories of kind scim only: create this one first (scimd directory create --kind %s)", want.Name, want.Kind)
		return
	}
	in := provision.DirectoryInput{Name: want.Name}
	if want.Profile != nil {
		in.Profile = *want.Profile
	}
	c.add(connecting, path, "directory "+want.Name+" is created", provision.Step{CreateDirectory: &in})
	c.directory(Directory{Name: want.Name, Profile: want.Profile, Quirks: &map[string]bool{}, Attached: new(true)}, want, path)
}

func (c *comparison) directory(have, want Directory, path string) {
	if kind := cmp.Or(have.Kind, string(store.KindSCIM)); want.Kind != "" && want.Kind != kind {
		c.faults.add(path+".kind", "directory %s is of kind %s, which cannot be changed", want.Name, kind)
	}
	ref := provision.DirectoryRef{Directory: want.Name}
	said := says("directory " + want.Name)
	in := provision.DirectoryChange{Profile: change(have.Profile, want.Profile), Quirks: quirks(have.Quirks, want.Quirks)}
	moved(said, "profile", have.Profile, in.Profile)
	for _, name := range slices.Sorted(maps.Keys(in.Quirks)) {
		said.add("quirk "+name, quirk(*have.Quirks, name), quirk(*want.Quirks, name))
	}
	if len(said.parts) > 0 {
		c.add(connecting, path, said.text(), provision.Step{Directory: &provision.DirectoryStep{DirectoryRef: ref, DirectoryChange: in}})
	}
	switch attached := change(have.Attached, want.Attached); {
	case attached == nil:
	case *attached:
		c.add(connecting, path, "directory "+want.Name+" is attached again", provision.Step{Attach: &ref})
	default:
		c.keepsUnlisted(want, path)
		text := "directory " + want.Name + " is detached"
		if want.Members != "" {
			text += ", members: " + want.Members
		}
		c.add(detaching, path, text, provision.Step{Detach: &provision.Detachment{DirectoryRef: ref, Members: want.Members}})
	}
}

// quirks gives what to switch, nil of what goes back to the profile.
func quirks(have, want *map[string]bool) map[string]*bool {
	if want == nil {
		return nil
	}
	out := map[string]*bool{}
	for name := range *have {
		if _, stays := (*want)[name]; !stays {
			out[name] = nil
		}
	}
	for name, on := range *want {
		if was, set := (*have)[name]; !set || was != on {
			out[name] = &on
		}
	}
	return out
}

func quirk(switches map[string]bool, name string) string {
	if on, set := switches[name]; set {
		return word(on)
	}
	return "as the profile has it"
}

// keepsUnlisted refuses to keep people by pins where the same document says
// that there are no other pins than its own: the next time it would take them
// out.
func (c *comparison) keepsUnlisted(want Directory, path string) {
	if want.Members != provision.KeepMembers {
		return
	}
	for _, o := range c.want.Orgs {
		if o.Pins != nil && !slices.Contains([]string{"manual", "jit"}, *o.mode(c.have)) {
			c.faults.add(path+".members", "directory %s: members: keep pins people in org %s, of which the file lists all pins: leave its pins out, and export them afterwards", want.Name, o.Name)
		}
	}
}
