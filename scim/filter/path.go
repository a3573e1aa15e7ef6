package filter

import (
	fp "github.com/scim2/filter-parser/v2"

	"scimd/scim/quirk"
	"scimd/scim/scimerr"
)

// ParsePath reads the path of a PATCH operation: an attribute, or a value path
// with an optional sub-attribute. What is wrong with the path is invalidPath,
// with the filter in its brackets invalidFilter.
func ParsePath(src string, lim Limits, q quirk.Set) (fp.Path, error) {
	none := fp.Path{}
	p, err := newParser(src, lim, q)
	if err != nil {
		return none, scimerr.InvalidPath("the path is too long or not valid UTF-8")
	}
	if p.done() {
		return none, scimerr.InvalidPath("the path is empty")
	}
	var path fp.Path
	var ok bool
	if path.AttributePath, ok = p.attributePath(); !ok {
		return none, scimerr.InvalidPath("the path %q begins with no attribute", p.offender())
	}
	if p.done() {
		return path, nil
	}
	if p.peek() != '[' {
		return none, scimerr.InvalidPath("unexpected %q at position %d of the path", p.offender(), p.pos+1)
	}
	if path.AttributePath.SubAttribute != nil {
		return none, scimerr.InvalidPath("brackets follow the sub-attribute at position %d of the path", p.pos+1)
	}
	if path.ValueExpression, err = p.pathBrackets(); err != nil {
		return none, err
	}
	if p.take('.') {
		name, ok := p.name()
		if !ok {
			return none, scimerr.InvalidPath("no sub-attribute follows the dot at position %d of the path", p.pos)
		}
		path.SubAttribute = &name
	}
	if !p.done() {
		return none, scimerr.InvalidPath("unexpected %q at position %d of the path", p.offender(), p.pos+1)
	}
	return path, nil
}

// pathBrackets tells a malformed path from a malformed filter in it.
func (p *parser) pathBrackets() (fp.Expression, error) {
	inside := p.src[p.pos+1:]
	if n := digits(inside); inside == "" || inside[n:] == "]" || n > 0 && len(inside) > n && inside[n] == ']' {
		return nil, scimerr.InvalidPath("%q at position %d of the path holds no filter", p.src[p.pos:], p.pos+1)
	}
	e, err := p.brackets()
	if err != nil && !p.inside && p.done() {
		return nil, scimerr.InvalidPath("the path ends before its closing bracket")
	}
	return e, err
}
