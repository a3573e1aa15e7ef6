package declare

import (
	"slices"

	"scimd/provision"
)

// same tells whether two rows are one; one whose group was not found is none.
func (m Mapping) same(o Mapping) bool {
	return m.group == o.group && m.Claim == o.Claim && m.Role == o.Role && m.Tier == o.Tier && (m.group != "" || m.Claim != "")
}

func (m Mapping) String() string {
	name := "claim " + m.Claim
	if m.Claim == "" {
		name = "group " + m.Group
		if m.Directory != "" {
			name += " of " + m.Directory
		}
	}
	if m.Tier != "" {
		return name + " → tier " + m.Tier
	}
	return name + " → role " + m.Role
}

func (c *comparison) mappings(have, want Org, path string) {
	for i, row := range *want.Mappings {
		if slices.ContainsFunc(*have.Mappings, row.same) || row.Group != "" && row.group == "" {
			continue
		}
		c.add(admitting, at("%s.mappings[%d]", path, i), "org "+want.Name+": mapping added: "+row.String(),
			provision.Step{AddMapping: &provision.MappingInput{Org: want.Name, Group: row.group, Claim: row.Claim, Role: row.Role, Tier: row.Tier}})
	}
	for _, row := range *have.Mappings {
		if !slices.ContainsFunc(*want.Mappings, row.same) {
			c.add(withdrawing, path+".mappings", "org "+want.Name+": mapping removed: "+row.String(),
				provision.Step{RemoveMapping: &provision.MappingRef{Org: want.Name, ID: row.id}})
		}
	}
}
