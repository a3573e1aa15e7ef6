// Package people owns who is in a seeded directory: user i and group g are pure
// functions of a number, so that the loader writes them and the driver asks for
// them without a list between the two.
package people

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Crowd is the people of one directory. Equal values are equal people.
type Crowd struct {
	Seed  uint64 `json:"seed"`
	Users int    `json:"users"` // on the ladder; some more are not, see Spare
}

// User is one person as an identity provider knows them.
type User struct {
	UserName, ExternalID, Email string
	Given, Family               string
	Department, Location, Team  int // groups of the kind
}

// The sizes of the groups by which people are spread: departments and locations
// are few and large, teams many and small.
const (
	departments = 20
	locations   = 50
	teamSize    = 25
)

var (
	givens = strings.Fields(`Ada Ålan Amina Anders Beatriz Bogdan Chen Chiara Dana Dmitri Elif Émile Fatima Femi Georg Grace
		Hana Hugo Ines Ivan Jana João Kaito Karin Lars Leila Liam Łucja Maria Mateo Mei Miriam Nadia Nils Noor Olga
		Omar Pedro Petra Priya Quentin Rahel Ravi Rosa Samir Sofia Søren Tariq Tomás Uma Valérie Viktor Wei Yara Yusuf Zoë`)
	families = strings.Fields(`Abebe Almeida Andersson Bauer Becker Bianchi Castro Chandra Cohen Costa Dubois Eriksen Fischer
		Garcia Green Haddad Hansen Ito Ivanova Jansen Johnson Kaya Kim Kowalski Kumar Larsen Li López Marino Martin Meyer
		Mikkelsen Müller Nakamura Nguyen Novák Okafor Olsen Patel Pereira Popescu Rossi Sato Schmidt Silva Singh Smith
		Suzuki Tanaka Torres Vasquez Wagner Weber Williams Wójcik Wong Yilmaz Zhang`)
	titles = strings.Fields(`Engineer Analyst Manager Designer Accountant Director Consultant Scientist Architect Specialist`)
	cities = strings.Fields(`Lisbon Oslo Berlin Nairobi Toronto Osaka Mumbai Denver Kraków Auckland`)
)

// User gives user i, of 0 to Total-1; those beyond are people yet to come.
func (c Crowd) User(i int) User {
	r := rand.New(rand.NewPCG(c.Seed, uint64(i))) //nolint:gosec // the same people each time is the point
	u := User{
		Given: givens[r.IntN(len(givens))], Family: families[r.IntN(len(families))],
		Location: r.IntN(locations), Team: i / teamSize,
	}
	// The square has large departments and small ones.
	place := r.Float64()
	u.Department = int(place * place * departments)
	u.Email = fmt.Sprintf("%s.%s.%d@acme.example", ascii(u.Given), ascii(u.Family), i)
	u.UserName = u.Email
	u.ExternalID = fmt.Sprintf("00u%016x", r.Uint64())
	return u
}

// ascii is the local part that people with such names are given.
func ascii(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r < 128 {
			return r
		}
		return -1
	}, name))
}

// JSON is the user as pushed: an enterprise user of about 1.4 kB once stored.
func (c Crowd) JSON(i int) string {
	u := c.User(i)
	r := rand.New(rand.NewPCG(c.Seed+1, uint64(i))) //nolint:gosec // likewise
	phone := 1_000_000 + i
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"externalId":%q,"userName":%q,"name":{"formatted":"%s %s","familyName":%q,"givenName":%q},"displayName":"%s %s","nickName":%q,`+
		`"profileUrl":"https://people.acme.example/profiles/%s","title":"Senior %s","userType":"Employee","preferredLanguage":"en-GB","locale":"en-GB",`+
		`"timezone":"Europe/Berlin","active":true,`+
		`"emails":[{"value":%q,"type":"work","primary":true},{"value":"home.%d@mail.example","type":"home"}],`+
		`"phoneNumbers":[{"value":"tel:+49-30-%d","type":"work"}],`+
		`"addresses":[{"formatted":"%d Long Street, Floor %d, %s","streetAddress":"%d Long Street, Floor %d","locality":%q,"postalCode":"%05d","country":"DE","type":"work"}],`+
		`"photos":[{"value":"https://people.acme.example/photos/%s/large.jpg","type":"photo"},{"value":"https://people.acme.example/photos/%s/small.jpg","type":"thumbnail"}],`+
		`"roles":[{"value":"employee","display":"Employee","type":"hr","primary":true}],`+
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"%08d","costCenter":"CC-%04d","organization":"Acme Industries",`+
		`"division":"Division %d","department":"Department %d"}}`,
		u.ExternalID, u.UserName, u.Given, u.Family, u.Family, u.Given, u.Given, u.Family, u.Given,
		u.UserName, titles[r.IntN(len(titles))], u.Email, i, phone,
		i%400, i%40, cities[u.Location%len(cities)], i%400, i%40, cities[u.Location%len(cities)], i%100_000, u.UserName, u.UserName,
		i, u.Department*10+i%10, u.Department%7, u.Department)
}

// Group is one group of the crowd.
type Group struct {
	Name string
	// Size is the number of members; 0 for the kinds that people spread over.
	Size int
	// Mapped groups give a role in each org of the parent.
	Mapped bool
}

// Everyone is the group of all users, by which they are in each org; Tenth has
// every tenth.
const (
	Everyone = "everyone"
	Tenth    = "every tenth"
)

// Rung names the ladder group of a size. There are groups of 10, 100, ... Users
// members, and each gives the same role in each org.
func Rung(size int) string { return fmt.Sprintf("ladder %d", size) }

// Rungs are the sizes of the ladder groups.
func (c Crowd) Rungs() []int {
	var sizes []int
	for size := 10; size < c.Users; size *= 10 {
		sizes = append(sizes, size)
	}
	return append(sizes, c.Users)
}

// Spare is the number of those beyond Users who are in no ladder group: adding
// one of them to any does the same to the person.
func (c Crowd) Spare() int { return min(max(c.Users/5, 20), 2000) }

// Total counts everyone.
func (c Crowd) Total() int { return c.Users + c.Spare() }

// Groups are all groups in order: their numbers are what GroupsOf gives.
func (c Crowd) Groups() []Group {
	groups := []Group{{Everyone, c.Total(), true}, {Tenth, (c.Total() + 9) / 10, true}}
	for _, size := range c.Rungs() {
		groups = append(groups, Group{Rung(size), size, true})
	}
	for i := range departments {
		groups = append(groups, Group{Name: fmt.Sprintf("Department %d", i)})
	}
	for i := range locations {
		groups = append(groups, Group{Name: fmt.Sprintf("Location %d", i)})
	}
	for i := range (c.Total() + teamSize - 1) / teamSize {
		groups = append(groups, Group{Name: fmt.Sprintf("Team %d", i)})
	}
	return groups
}

// GroupsOf lists the groups of user i by number, in order: five for most.
func (c Crowd) GroupsOf(i int) []int {
	u := c.User(i)
	in := []int{0}
	if i%10 == 0 {
		in = append(in, 1)
	}
	n := 2
	for _, size := range c.Rungs() {
		if i < size {
			in = append(in, n)
		}
		n++
	}
	return append(in, n+u.Department, n+departments+u.Location, n+departments+locations+u.Team)
}
