package store

// Query asks for the resources of one directory. Directory and Type always
// bound the answer, outside whatever Where says.
type Query struct {
	Directory int64
	Type      ResourceType
	Where     Expr                // nil: all
	Keep      func(Resource) bool // residual test in memory, nil: none
	Offset    int                 // zero-based
	Limit     int                 // 0: only the total
	Order     Column              // ByKey unless set
	Desc      bool
	// WithoutDocument leaves Document nil where Keep does not need it.
	WithoutDocument bool
}

// Page is the answer to a Query, ordered by creation unless Order says else.
type Page struct {
	Resources []Resource
	Total     int
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
	// HasMember holds for a group that has the resource as a direct member.
	HasMember struct{ ID string }
	// InGroup holds for a resource that is a direct member of the group.
	InGroup struct{ ID string }
)

func (And) expr()       {}
func (Or) expr()        {}
func (Not) expr()       {}
func (Compare) expr()   {}
func (HasValue) expr()  {}
func (HasMember) expr() {}
func (InGroup) expr()   {}
