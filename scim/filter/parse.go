package filter

import (
	"slices"
	"strings"
	"unicode/utf8"

	fp "github.com/scim2/filter-parser/v2"

	"scimd/scim/quirk"
	"scimd/scim/resource"
	"scimd/scim/scimerr"
)

// Parse reads a filter. The tree is filter-parser's, so that the library can
// stand as the oracle in tests; its own parser takes a thousand times as long
// and overflows the stack on nested parentheses. Every error is invalidFilter
// and names the position and the word at fault.
func Parse(src string, lim Limits, q quirk.Set) (fp.Expression, error) {
	p, err := newParser(src, lim, q)
	if err != nil {
		return nil, err
	}
	if p.done() {
		return nil, scimerr.InvalidFilter("the filter is empty")
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, p.fail("the end, and or or")
	}
	return e, nil
}

type parser struct {
	src    string
	pos    int
	lim    Limits
	quirks quirk.Set
	depth  int
	terms  int
	inside bool // of brackets
}

func newParser(src string, lim Limits, q quirk.Set) (*parser, error) {
	if len(src) > lim.Bytes {
		return nil, scimerr.InvalidFilter("the filter has %d bytes, more than %d", len(src), lim.Bytes)
	}
	if !utf8.ValidString(src) {
		return nil, scimerr.InvalidFilter("the filter is not valid UTF-8")
	}
	return &parser{src: strings.Trim(src, " \t\r\n"), lim: lim, quirks: q}, nil
}

func (p *parser) done() bool { return p.pos == len(p.src) }

// peek gives the next byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.done() {
		return 0
	}
	return p.src[p.pos]
}

func (p *parser) take(c byte) bool {
	if p.peek() != c || p.done() {
		return false
	}
	p.pos++
	return true
}

// takeWord takes a keyword in any case that is followed by end.
func (p *parser) takeWord(word string, end byte) bool {
	n := len(word)
	rest := p.src[p.pos:]
	if len(rest) <= n || rest[n] != end || !resource.EqualName(rest[:n], word) {
		return false
	}
	p.pos += n + 1
	return true
}

// fail says what was expected where the parser stands, and what is there.
func (p *parser) fail(want string) error {
	if p.done() {
		return scimerr.InvalidFilter("the filter ends early: %s expected at position %d", want, p.pos+1)
	}
	return scimerr.InvalidFilter("%s expected at position %d instead of %q", want, p.pos+1, p.offender())
}

// offender is the word at the parser's position, short enough for a message.
func (p *parser) offender() string {
	const most = 40
	word := strings.TrimLeft(p.src[p.pos:], " ")
	if end := strings.IndexAny(word, " ()[]\""); end > 0 {
		word = word[:end]
	} else if end == 0 {
		word = word[:1]
	}
	if len(word) > most {
		word = word[:most]
	}
	return strings.ToValidUTF8(word, "")
}

func (p *parser) or() (fp.Expression, error) {
	return p.chain(" or", fp.OR, (*parser).and)
}

func (p *parser) and() (fp.Expression, error) {
	return p.chain(" and", fp.AND, (*parser).primary)
}

// chain reads one or more operands and groups them to the left.
func (p *parser) chain(word string, op fp.LogicalOperator, operand func(*parser) (fp.Expression, error)) (fp.Expression, error) {
	left, err := operand(p)
	if err != nil {
		return nil, err
	}
	for p.takeWord(word, ' ') {
		right, err := operand(p)
		if err != nil {
			return nil, err
		}
		left = &fp.LogicalExpression{Left: left, Right: right, Operator: op}
	}
	return left, nil
}

func (p *parser) primary() (fp.Expression, error) {
	if p.peek() == '(' {
		return p.group()
	}
	start := p.pos
	if p.takeWord("not", '(') {
		p.pos-- // the parenthesis belongs to the group
		return p.negation()
	}
	if p.takeWord("not", ' ') {
		if p.peek() == '(' {
			return p.negation()
		}
		p.pos = start // an attribute may be called not
	}
	return p.term()
}

func (p *parser) negation() (fp.Expression, error) {
	e, err := p.group()
	if err != nil {
		return nil, err
	}
	return &fp.NotExpression{Expression: e}, nil
}

func (p *parser) group() (fp.Expression, error) {
	if p.depth++; p.depth > p.lim.Depth {
		return nil, scimerr.InvalidFilter("more than %d parentheses are nested at position %d", p.lim.Depth, p.pos+1)
	}
	p.pos++
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.take(')') {
		return nil, p.fail("a closing parenthesis, and or or")
	}
	p.depth--
	return e, nil
}

// term reads a comparison, or a value path with an optional sub-attribute
// behind the brackets.
func (p *parser) term() (fp.Expression, error) {
	path, ok := p.attributePath()
	if !ok {
		return nil, p.fail("an attribute")
	}
	if p.peek() != '[' {
		return p.comparison(path)
	}
	if p.inside {
		return nil, scimerr.InvalidFilter("brackets within brackets at position %d", p.pos+1)
	}
	inner, err := p.brackets()
	if err != nil {
		return nil, err
	}
	if p.take('.') {
		// emails[type eq "work"].value eq "x" tests one and the same value, so
		// it is one more term within the brackets.
		name, ok := p.name()
		if !ok {
			return nil, p.fail("a sub-attribute")
		}
		last, err := p.comparison(fp.AttributePath{AttributeName: name})
		if err != nil {
			return nil, err
		}
		inner = &fp.LogicalExpression{Left: inner, Right: last, Operator: fp.AND}
	}
	return &fp.ValuePath{AttributePath: path, ValueFilter: inner}, nil
}

// brackets reads "[filter]".
func (p *parser) brackets() (fp.Expression, error) {
	p.pos++
	p.inside = true
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	p.inside = false
	if !p.take(']') {
		return nil, p.fail("a closing bracket, and or or")
	}
	return e, nil
}

var operators = [...]fp.CompareOperator{
	fp.EQ, fp.NE, fp.CO, fp.SW, fp.EW, fp.GT, fp.GE, fp.LT, fp.LE,
}

// comparison reads " op value" or " pr" behind an attribute.
func (p *parser) comparison(path fp.AttributePath) (fp.Expression, error) {
	if p.terms++; p.terms > p.lim.Terms {
		return nil, scimerr.InvalidFilter("the filter has more than %d terms", p.lim.Terms)
	}
	if !p.take(' ') {
		return nil, p.fail("a blank and an operator")
	}
	rest := p.src[p.pos:]
	if len(rest) >= 2 && resource.EqualName(rest[:2], "pr") && (len(rest) == 2 || strings.IndexByte(" )]", rest[2]) >= 0) {
		p.pos += 2
		return &fp.AttributeExpression{AttributePath: path, Operator: fp.PR}, nil
	}
	for _, op := range operators {
		if p.takeWord(string(op), ' ') {
			v, err := p.literal()
			if err != nil {
				return nil, err
			}
			return &fp.AttributeExpression{AttributePath: path, Operator: op, CompareValue: v}, nil
		}
	}
	if len(rest) == 2 && isOperator(rest) {
		p.pos += 2
		return nil, p.fail("a value")
	}
	return nil, p.fail("an operator (eq, ne, co, sw, ew, pr, gt, ge, lt, le)")
}

func isOperator(word string) bool {
	return slices.ContainsFunc(operators[:], func(op fp.CompareOperator) bool {
		return resource.EqualName(word, string(op))
	})
}
