package filter

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"scimd/scim/quirk"
	"scimd/scim/scimerr"
)

// maxNumber bounds a number's text: exact arithmetic on longer ones would be
// a way to burn time, and no attribute holds them.
const maxNumber = 64

// literal reads a JSON string, number, true, false or null as string,
// json.Number, bool or nil. Under UnquotedLiterals any other word is a string.
func (p *parser) literal() (any, error) {
	if p.peek() == '"' {
		return p.quoted()
	}
	start := p.pos
	for !p.done() && strings.IndexByte(" ()[]\"", p.peek()) < 0 {
		p.pos++
	}
	word := p.src[start:p.pos]
	switch word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if isNumber(word) {
		return json.Number(word), nil
	}
	if p.quirks.Has(quirk.UnquotedLiterals) && isBare(word) && (p.done() || strings.IndexByte(" )]", p.peek()) >= 0) {
		return word, nil
	}
	p.pos = start
	return nil, p.fail("a JSON string in quotes, a number, true, false or null")
}

// isBare says whether a string could have been meant without its quotes: an
// apostrophe in front is somebody's other quoting, and nobody means a control
// character.
func isBare(word string) bool {
	return word != "" && word[0] != '\'' && !strings.ContainsFunc(word, unicode.IsControl)
}

func (p *parser) quoted() (string, error) {
	rest := p.src[p.pos:]
	escaped := false
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", scimerr.InvalidFilter("an unescaped control character in the string at position %d", p.pos+1)
		case c == '"':
			s := rest[1:i]
			if escaped {
				decoded, err := jsontext.AppendUnquote(nil, rest[:i+1])
				if err != nil {
					return "", scimerr.InvalidFilter("a broken escape in the string at position %d", p.pos+1)
				}
				s = string(decoded)
			}
			if strings.IndexByte(s, 0) >= 0 {
				return "", scimerr.InvalidFilter("the string at position %d holds the character U+0000", p.pos+1)
			}
			p.pos += i + 1
			return s, nil
		}
	}
	return "", scimerr.InvalidFilter("the string at position %d is not closed", p.pos+1)
}

// isNumber follows the grammar of RFC 8259 §6.
func isNumber(s string) bool {
	if len(s) > maxNumber {
		return false
	}
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if strings.HasPrefix(s, ".") {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" {
		return true
	}
	if s[0]|0x20 != 'e' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	return s != "" && digits(s) == len(s)
}

// digits counts those that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}
