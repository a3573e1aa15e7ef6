// Package scene plays a story on a whole provision.Service, one line for one
// action, and shows what became of everyone. It must not hold any expectation
// but those that a line itself states.
//
// A line is a verb and its words; words may be "quoted", and name=value may
// stand among them in any order. People are named by userName, users and
// groups of another directory than okta as directory/name.
//
//	org acme-claude claude enterprise [parent=acme]   join an org to a parent
//	parent globex plan=team                           a customer, or its settings
//	directory entra                                   a directory of acme
//	user ann [email=] [external=] [inactive]          push a user, new or changed
//	group eng ann bob @ops                            push a group with its members
//	join eng ann @ops · leave eng ann                 one PATCH of a group
//	activate ann · deactivate ann · delete ann        push them
//	rename ann anna · rename @eng platform
//	mode acme-claude jit mappings members=keep        a change of settings
//	login acme-claude ann groups=eng -> allowed       what the answer must be
//	see acme-claude ann -> owner premium active       what came of it
//	plan mode acme-claude scim ; map acme-claude eng role=admin
//	apply                                             what the plan has shown
//
// A line that ends in "! P-6" is refused by that rule and changes nothing.
// "as ann" before a line names who acts, "knowing" acknowledges (P-6).
package scene
