package filter

import (
	"strings"

	fp "github.com/scim2/filter-parser/v2"
)

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameByte(c byte) bool { return isAlpha(c) || isDigit(c) || c == '-' || c == '_' || c == '$' }

// isName: a letter, or "$" as in $ref, then letters, digits, "-" and "_".
func isName(s string) bool {
	if s == "" || !isAlpha(s[0]) && s[0] != '$' || s == "$" {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isNameByte(s[i]) || s[i] == '$' {
			return false
		}
	}
	return true
}

// name reads a name without URN or sub-attribute.
func (p *parser) name() (string, bool) {
	start := p.pos
	for !p.done() && isNameByte(p.peek()) {
		p.pos++
	}
	if name := p.src[start:p.pos]; isName(name) {
		return name, true
	}
	p.pos = start
	return "", false
}

// attributePath reads [URN ":"] name ["." name]. The characters of a URN
// (RFC 8141) other than those of a name count only once a colon was seen:
// before it, a parenthesis is one.
func (p *parser) attributePath() (fp.AttributePath, bool) {
	start, colon := p.pos, -1
	end := start
	for ; end < len(p.src); end++ {
		c := p.src[end]
		if c == ':' {
			colon = end
		} else if !isNameByte(c) && c != '.' && (colon < 0 || strings.IndexByte("~!&'()*+,;=@%/?#", c) < 0) {
			break
		}
	}
	path, ok := splitPath(p.src[start:end], colon-start)
	if ok {
		p.pos = end
	}
	return path, ok
}

// splitPath splits at the last colon, which is negative if there is none. An
// extension's URN alone is a path too (RFC 7644 §3.10); its last part stands
// as the name, and the resolver puts it together again.
func splitPath(s string, colon int) (fp.AttributePath, bool) {
	var path fp.AttributePath
	rest := s
	if colon >= 0 {
		urn := s[:colon]
		if !isURN(urn) {
			return path, false
		}
		path.URIPrefix = &urn
		rest = s[colon+1:]
	}
	name, sub, dotted := strings.Cut(rest, ".")
	switch {
	case isName(name) && !dotted:
		path.AttributeName = name
	case isName(name) && isName(sub):
		path.AttributeName, path.SubAttribute = name, &sub
	case colon >= 0 && isVersion(rest):
		path.AttributeName = rest
	default:
		return path, false
	}
	return path, true
}

// isURN wants a scheme and something behind it.
func isURN(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	return ok && isName(scheme) && rest != "" && !strings.HasPrefix(rest, ":") && !strings.HasSuffix(rest, ":")
}

// isVersion: digits and dots, the usual end of a URN.
func isVersion(s string) bool {
	return s != "" && isDigit(s[0]) && isDigit(s[len(s)-1]) && strings.Trim(s, "0123456789.") == "" && !strings.Contains(s, "..")
}
