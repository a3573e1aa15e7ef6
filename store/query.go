package store

// Query asks for the resources of one directory. Directory and Type always
// bound the answer, outside whatever Where says.
type Query struct {
	Directory int64
	Type      ResourceType // 0: of every type
	Where     Expr         // nil: all
	Order     Column       // ByKey unless set
	Desc      bool
	After     *Position // nil: from the start
	Offset    int       // zero-based, counted behind After
	Limit     int       // 0: only the total
	// WithoutDocument leaves Document nil.
	WithoutDocument bool
}

// Page is the answer to a Query, ordered by creation unless Order says else.
// Equal values stand in the order of creation in both directions. A missing
// ExternalID comes last, and first if Desc is set; names sort as text. Total counts all matches,
// before After as well.
type Page struct {
	Resources []Resource
	Total     int
}

// Position is a place in the order of a Query, whether or not a resource
// stands there. Value belongs to the Order's column: a string, bool or
// time.Time as in Compare, and nothing for ByKey.
type Position struct {
	Value any
	Key   int64
}

// Expr is a condition with two-valued logic: a missing value makes every
// comparison but Ne false, so that Not is the complement.
type Expr interface{ expr() }

// Column is an extracted column of a resource.
type Column int

// The columns. Name is folded; compare it with folded values.
const (
	ByKey Column = iota
	ByID
	ByName
	ByExternalID
	ByActive
	ByCreated
	ByModified
)

// Op is a comparison; the words are RFC 7644 §3.4.2.2's.
type Op int

// The comparisons.
const (
	Eq Op = iota
	Co
	Sw
	Ew
	Gt
	Ge
	Lt
	Le
	Pr
)

// The conditions.
type (
	// And holds when all hold; Or when any holds.
	And []Expr
	Or  []Expr
	Not struct{ Expr Expr }
	// Compare tests a column. Value is a string, bool or time.Time, by column.
	Compare struct {
		Column Column
		Op     Op
		Value  any
	}
	// HasValue holds when one indexed value satisfies the test and, unless
	// Type is nil, has that (folded) type.
	HasValue struct {
		Attribute string
		Op        Op
		Value     string
		Type      *string
	}
	// OfType holds for resources of the type.
	OfType struct{ Type ResourceType }
	// HasMember holds for a group that has a direct member: of the id unless that
	// is "", of the type unless that is 0.
	HasMember struct {
		ID   string
		Type ResourceType
	}
	// InGroup holds for a member of the group, directly or through nesting.
	InGroup struct{ ID string }
)

func (And) expr()       {}
func (Or) expr()        {}
func (Not) expr()       {}
func (Compare) expr()   {}
func (HasValue) expr()  {}
func (OfType) expr()    {}
func (HasMember) expr() {}
func (InGroup) expr()   {}
